//! The other side of the gateway: one HTTP server that plays every service, and keeps what it gets.

use std::io::{BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use kit::lock::Mutex;
use serde_json::Value as Json;

use crate::call::Call;
use crate::client::{read_body, read_headers, read_line};
use crate::script::{self, Message, Reply};

/// What the backend has got, and what it answers next.
#[derive(Debug, Default)]
pub struct Records {
    /// Every call but those to STS.
    pub calls: Vec<Call>,
    /// The calls to STS.
    pub sts: Vec<Call>,
    /// The messages that were sent to queues.
    pub messages: Vec<Message>,
    /// What the next calls get; the last rule stays.
    script: Vec<Json>,
}

/// A server on a free port, until the process ends.
#[derive(Debug)]
pub struct Backend {
    address: SocketAddr,
    records: Arc<Mutex<Records>>,
}

impl Backend {
    /// Starts a server, with a thread for each connection.
    pub fn start() -> Backend {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let records = Arc::new(Mutex::new(Records::default()));
        let shared = records.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let records = shared.clone();
                std::thread::spawn(move || while serve(&stream, &records).is_ok() {});
            }
        });
        Backend { address, records }
    }

    /// A text of a case with the backend's address filled in.
    pub fn filled(&self, text: &str) -> String {
        let address = self.address.to_string();
        let text = text.replace("@UPSTREAM_HOST@", &address);
        text.replace("@UPSTREAM@", &format!("http://{address}"))
    }

    /// Forgets everything, and takes a rule, or a list of them, for the next calls.
    pub fn reset(&self, script: Option<&Json>) {
        let script = match script {
            None => Vec::new(),
            Some(Json::Array(rules)) => rules.clone(),
            Some(rule) => vec![rule.clone()],
        };
        *self.records.lock() = Records {
            script,
            ..Records::default()
        };
    }

    /// Looks into the records.
    pub fn look<T>(&self, look: impl FnOnce(&Records) -> T) -> T {
        look(&self.records.lock())
    }
}

/// Answers one request. An error ends the connection.
fn serve(stream: &TcpStream, records: &Mutex<Records>) -> std::io::Result<()> {
    let mut from = BufReader::new(stream);
    let line = read_line(&mut from)?;
    let mut words = line.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let headers = read_headers(&mut from)?;
    let is_framed = headers.iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name == "content-length" || name == "transfer-encoding"
    });
    let body = if is_framed {
        read_body(&mut from, &headers)?
    } else {
        Vec::new()
    };
    let call = Call {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body,
    };
    answer(stream, &call, records)
}

fn answer(stream: &TcpStream, call: &Call, records: &Mutex<Records>) -> std::io::Result<()> {
    let service = call.service().unwrap_or_default();
    let action = call.action().unwrap_or_default();
    if service == "sts" || action == "AssumeRole" {
        records.lock().sts.push(call.clone());
        return write(stream, call, &script::assumed_role());
    }
    if action == "ListQueues" {
        // The gateway asks once whether SQS answers; no case is about that.
        return write(stream, call, &script::sqs(call).0);
    }
    let rule = {
        let mut records = records.lock();
        let number = records.calls.len();
        records.calls.push(call.clone());
        records
            .script
            .get(number)
            .or(records.script.last())
            .cloned()
    };
    let Some(rule) = rule else {
        let target = call.header("x-amz-target").unwrap_or_default();
        if service != "sqs" && !target.contains("SQS") {
            return write(
                stream,
                call,
                &script::scripted(&serde_json::json!({"json": {}}), call),
            );
        }
        let (reply, messages) = script::sqs(call);
        records.lock().messages.extend(messages);
        return write(stream, call, &reply);
    };
    if let Some(seconds) = rule["delay"].as_f64() {
        std::thread::sleep(Duration::from_secs_f64(seconds));
    }
    if rule["close"] == Json::Bool(true) {
        stream.shutdown(Shutdown::Both)?;
        return Err(std::io::ErrorKind::ConnectionAborted.into());
    }
    if let Some(raw) = rule["raw"].as_str() {
        (&*stream).write_all(raw.as_bytes())?;
        stream.shutdown(Shutdown::Both)?;
        return Err(std::io::ErrorKind::ConnectionAborted.into());
    }
    write(stream, call, &script::scripted(&rule, call))
}

fn write(mut stream: &TcpStream, call: &Call, reply: &Reply) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} \r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let is_given = |name: &str| {
        reply
            .headers
            .iter()
            .any(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    if !is_given("content-length") {
        head += &format!("Content-Length: {}\r\n", reply.body.len());
    }
    let mut bytes = (head + "\r\n").into_bytes();
    if call.method != "HEAD" {
        bytes.extend_from_slice(&reply.body);
    }
    stream.write_all(&bytes)
}
