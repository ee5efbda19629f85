//! A backend's reply as a user writes it down: as HTTP, or as JSON.

use std::path::Path;

use anyhow::{Context as _, bail};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use kit::call::Reply;
use serde_json::Value;

use crate::cases;

/// Reads a reply from a file; an error names the file.
pub(super) fn read(file: &Path) -> anyhow::Result<Reply> {
    parse(&cases::read(file)?).with_context(|| file.display().to_string())
}

/// Reads a reply: an HTTP message, or an object with `status` (default 200), `headers` and `body`.
/// A body that is not text is written as JSON.
///
/// # Errors
/// It is neither, or something in it is not allowed in HTTP.
fn parse(text: &str) -> anyhow::Result<Reply> {
    if text.starts_with("HTTP/") {
        return message(text);
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(mut members)) => {
            let status = members.remove("status").unwrap_or(200.into());
            let mut headers = HeaderMap::new();
            match members.remove("headers") {
                None => {}
                Some(Value::Object(given)) => {
                    for (name, value) in given {
                        add(&mut headers, &name, &shown(value))?;
                    }
                }
                Some(_) => bail!("headers must be an object"),
            }
            let body = members.remove("body").map(shown).unwrap_or_default();
            if let Some(name) = members.keys().next() {
                bail!("unknown member {name}: expected status, headers and body");
            }
            reply(&status.to_string(), headers, body)
        }
        _ => bail!(
            "expected an HTTP message (HTTP/1.1 200 OK, headers, an empty line, the body) or JSON \
             such as {{\"status\": 200, \"headers\": {{}}, \"body\": \"\"}}"
        ),
    }
}

/// Reads what `curl -i` prints, `HTTP/2` and bare line feeds of an editor included, which a parser of
/// HTTP/1 refuses.
fn message(text: &str) -> anyhow::Result<Reply> {
    let mut rest = text;
    let mut line = || {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        line.strip_suffix('\r').unwrap_or(line)
    };
    let first = line();
    let status = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HeaderMap::new();
    loop {
        let header = line();
        if header.is_empty() {
            break;
        }
        let (name, value) = header
            .split_once(':')
            .with_context(|| format!("invalid header {header}: expected NAME: VALUE"))?;
        add(&mut headers, name, value.trim())?;
    }
    let body = rest.to_owned();
    reply(&status, headers, body)
}

fn reply(status: &str, headers: HeaderMap, body: String) -> anyhow::Result<Reply> {
    let code = status.parse().ok();
    let status = code
        .and_then(|code| StatusCode::from_u16(code).ok())
        .with_context(|| format!("invalid status {status}: expected 100 to 999"))?;
    Ok(Reply {
        status,
        headers,
        body: body.into(),
        complete: true,
    })
}

fn add(headers: &mut HeaderMap, name: &str, value: &str) -> anyhow::Result<()> {
    let invalid = || format!("invalid header {name}");
    let key = HeaderName::from_bytes(name.as_bytes()).with_context(invalid)?;
    headers.append(key, HeaderValue::from_str(value).with_context(invalid)?);
    Ok(())
}

fn shown(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_http_or_json() {
        let http = parse("HTTP/1.1 404 Not Found\r\nX-A: 1\r\nx-a: 2\r\n\r\nline\nline").unwrap();
        assert_eq!(http.status, 404);
        assert_eq!(http.headers.get_all("x-a").iter().count(), 2);
        assert_eq!(http.body, "line\nline");
        let bare = parse("HTTP/2 204").unwrap();
        assert_eq!((bare.status.as_u16(), bare.body.len()), (204, 0));
        let json = parse(r#"{"status": 503, "headers": {"X-A": "1"}, "body": {"a": 1}}"#).unwrap();
        assert_eq!(json.status, 503);
        assert_eq!(json.headers["x-a"], "1");
        assert_eq!(json.body, r#"{"a":1}"#);
        assert_eq!(parse(r#"{"body": "b"}"#).unwrap().status, 200);
    }

    #[test]
    fn what_is_no_reply_is_named() {
        for (text, expected) in [
            ("", "expected an HTTP message"),
            ("[]", "expected an HTTP message"),
            (r#"{"stauts": 200}"#, "unknown member stauts"),
            (r#"{"status": "x"}"#, "invalid status"),
            (r#"{"headers": []}"#, "headers must be an object"),
            ("HTTP/1.1 200 OK\nbroken\n\n", "invalid header broken"),
            ("HTTP/1.1\n\n", "invalid status"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
