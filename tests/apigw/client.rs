//! Sends one request with exactly the headers that a case names, over a socket of its own.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::call::Call;
use crate::gateway::Gateway;
use crate::suite::shown;
use crate::{secure, sign, tokens};

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub seconds: f64,
}

/// Sends a request, and reads the answer to its end.
pub fn send(gateway: &Gateway, request: &Json) -> std::io::Result<Answer> {
    let begun = Instant::now();
    let stream = TcpStream::connect(gateway.address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.set_nodelay(true)?;
    let call = written(gateway.address, request);
    match request.get("tls") {
        None => exchange(stream, &call, begun),
        Some(tls) => exchange(
            secure::connect(stream, gateway.folder(), tls)?,
            &call,
            begun,
        ),
    }
}

fn exchange(mut stream: impl Read + Write, call: &Call, begun: Instant) -> std::io::Result<Answer> {
    let mut head = format!("{} {} HTTP/1.1\r\n", call.method, call.target);
    for (name, value) in &call.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes())?;
    // A server may answer before it has read a long body, and close.
    let _ = stream.write_all(&call.body);
    let _ = stream.flush();
    read(BufReader::new(stream), &call.method, begun)
}

fn written(to: SocketAddr, request: &Json) -> Call {
    let body = body(request);
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, values) in request["headers"].as_object().into_iter().flatten() {
        let alone = std::slice::from_ref(values);
        let values = values.as_array().map_or(alone, Vec::as_slice);
        let set = values.iter().filter(|value| !value.is_null());
        headers.extend(set.map(|value| (name.clone(), header_value(&shown(value)))));
    }
    let has = |headers: &[(String, String)], name: &str| {
        headers
            .iter()
            .any(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    if request.get("json").is_some() && !has(&headers, "content-type") {
        headers.push(("Content-Type".into(), "application/json".into()));
    }
    if !has(&headers, "host") {
        headers.insert(0, ("Host".into(), to.to_string()));
    }
    let method = request["method"].as_str().unwrap_or("GET");
    let is_framed = has(&headers, "content-length") || has(&headers, "transfer-encoding");
    match &body {
        Some(body) if !is_framed => headers.push(("Content-Length".into(), body.len().to_string())),
        None if matches!(method, "POST" | "PUT" | "PATCH") => {
            headers.push(("Content-Length".into(), "0".into()));
        }
        _ => {}
    }
    if let Some(how) = request.get("token") {
        let bearer = format!("Bearer {}", tokens::token(how));
        headers.push(("Authorization".into(), bearer));
    }
    let target = shown(&request["path"]) + &"x".repeat(count(&request["pad_path"]));
    let mut call = Call {
        method: method.to_owned(),
        target,
        headers,
        body: body.unwrap_or_default(),
    };
    if let Some(how) = request.get("sign") {
        sign::sign(how, &mut call);
    }
    call
}

fn count(json: &Json) -> usize {
    json.as_u64()
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(0)
}

/// `fill:N` stands for N letters.
fn header_value(text: &str) -> String {
    match text.strip_prefix("fill:") {
        Some(count) => "x".repeat(count.parse().expect("a number")),
        None => text.to_owned(),
    }
}

fn body(request: &Json) -> Option<Vec<u8>> {
    if let Some(length) = request.get("fill") {
        return Some(vec![b'x'; count(length)]);
    }
    if let Some(text) = request.get("b64") {
        return Some(STANDARD.decode(shown(text)).expect("base64"));
    }
    if let Some(json) = request.get("json") {
        return Some(crate::script::spaced(json).into_bytes());
    }
    request
        .get("body")
        .filter(|body| !body.is_null())
        .map(|body| shown(body).into_bytes())
}

fn read(mut from: BufReader<impl Read>, method: &str, begun: Instant) -> std::io::Result<Answer> {
    loop {
        let line = read_line(&mut from)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::other(format!("no status: {line:?}")))?;
        let headers = read_headers(&mut from)?;
        if (100..200).contains(&status) {
            continue;
        }
        let is_empty = method == "HEAD" || status == 204 || status == 304;
        let body = if is_empty {
            Vec::new()
        } else {
            read_body(&mut from, &headers)?
        };
        let seconds = begun.elapsed().as_secs_f64();
        return Ok(Answer {
            status,
            headers,
            body,
            seconds,
        });
    }
}

/// A line without its end. A connection that ends is an error.
pub fn read_line(from: &mut impl std::io::BufRead) -> std::io::Result<String> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line)
        .trim_end_matches(['\r', '\n'])
        .to_owned())
}

/// The headers up to the empty line.
pub fn read_headers(from: &mut impl std::io::BufRead) -> std::io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = read_line(from)?;
        let Some((name, value)) = line.split_once(':') else {
            return Ok(headers);
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

/// A body, by its length or in chunks; without either, all that comes.
pub fn read_body(
    from: &mut impl std::io::BufRead,
    headers: &[(String, String)],
) -> std::io::Result<Vec<u8>> {
    let value = |name: &str| {
        let found = headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_ascii_lowercase())
    };
    let mut body = Vec::new();
    if value("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        loop {
            let line = read_line(from)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(std::io::Error::other)?;
            from.take(size).read_to_end(&mut body)?;
            read_line(from)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    match value("content-length") {
        Some(length) => {
            let length = length.parse().map_err(std::io::Error::other)?;
            from.take(length).read_to_end(&mut body)?;
        }
        None => {
            from.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}
