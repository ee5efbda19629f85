//! How the names of an answer's headers are written in HTTP/1, for clients that compare them letter
//! by letter although HTTP does not. HTTP/2 has lower case.
//!
//! The HTTP library keeps the spelling of a message that it hands on, in an extension that only it
//! can make. So a message with the wanted names goes through it once.

use axum::body::Body;
use http::{Extensions, Request};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

/// More than a head with any names has.
const ROOM: usize = 64 * 1024;

/// The spelling of some names. All others are written `Like-This`.
#[derive(Debug, Clone)]
pub struct Spelling {
    extensions: Extensions,
    names: Vec<String>,
}

impl Spelling {
    /// These names as they are written here; `None` where one of them is no name of a header.
    pub async fn of(names: &[&str]) -> Option<Spelling> {
        let (ours, theirs) = duplex(ROOM);
        let lines: String = names.iter().map(|name| format!("{name}: x\r\n")).collect();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{lines}\r\n");
        let (mut sender, connection) = http1::Builder::new()
            .preserve_header_case(true)
            .handshake::<_, Body>(TokioIo::new(ours))
            .await
            .ok()?;
        let exchange = async {
            let asked = sender.send_request(Request::new(Body::empty()));
            let (response, answered) = tokio::join!(asked, answer(theirs, &head));
            answered.and(response.ok())
        };
        // The connection ends when its other side does.
        let (response, _ended) = tokio::join!(exchange, connection);
        let response = response?;
        let is_whole = names
            .iter()
            .all(|name| response.headers().contains_key(*name));
        is_whole.then(|| Spelling {
            extensions: response.extensions().clone(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
        })
    }

    /// A name as it is written, for answers that do not go through the HTTP library.
    pub(super) fn written(&self, name: &str) -> String {
        let mut own = self.names.iter();
        if let Some(own) = own.find(|own| own.eq_ignore_ascii_case(name)) {
            return own.clone();
        }
        let mut is_first = true;
        let letter = |c: char| {
            let written = if is_first { c.to_ascii_uppercase() } else { c };
            is_first = c == '-';
            written
        };
        name.chars().map(letter).collect()
    }

    /// What an answer carries that is written so.
    pub(super) fn extensions(&self) -> Extensions {
        self.extensions.clone()
    }
}

/// Answers a request, however it is.
async fn answer(mut stream: DuplexStream, head: &str) -> Option<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    stream.write_all(head.as_bytes()).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_names_have_a_spelling() {
        let spelling = Spelling::of(&["x-amzn-RequestId", "ETag"]).await.unwrap();
        for (name, written) in [
            ("x-amzn-requestid", "x-amzn-RequestId"),
            ("content-length", "Content-Length"),
            ("etag", "ETag"),
        ] {
            assert_eq!(spelling.written(name), written);
        }
        for wrong in ["a b", "", "a\r\nb"] {
            assert!(Spelling::of(&[wrong]).await.is_none(), "{wrong:?}");
        }
    }
}
