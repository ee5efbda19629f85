//! The least that a client of the program under test needs.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// One HTTP connection.
pub struct Client(TcpStream);

impl Client {
    /// `None` when the emulator is gone, as everywhere here.
    pub fn connect(port: u16) -> Option<Client> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_nodelay(true).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .ok()?;
        Some(Client(stream))
    }

    /// Calls an action that must succeed if it is answered at all.
    pub fn call(&mut self, action: &str, members: &Value) -> Option<Value> {
        let body = members.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: AmazonSQS.{action}\r\n\
             content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.0.write_all((head + &body).as_bytes()).ok()?;
        let (status, answer) = self.answer()?;
        let answer: Value = if answer.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&answer).unwrap()
        };
        assert!(
            status == 200 && answer.get("Failed").is_none(),
            "{action}: {status} {answer}"
        );
        Some(answer)
    }

    /// Sends a request to S3.
    pub fn request(&mut self, method: &str, path: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.0.write_all(&[head.as_bytes(), body].concat()).ok()?;
        self.answer()
    }

    fn answer(&mut self) -> Option<(u16, Vec<u8>)> {
        let (mut bytes, mut chunk) = (Vec::new(), [0; 65536]);
        loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = std::str::from_utf8(&bytes[..end])
                    .unwrap()
                    .to_ascii_lowercase();
                let length = head
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.lines().next()?.parse().ok());
                let whole = end + 4 + length.unwrap_or(0);
                if bytes.len() >= whole {
                    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                    return Some((status, bytes[end + 4..whole].to_vec()));
                }
            }
            match self.0.read(&mut chunk) {
                Ok(0) | Err(_) => return None,
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

/// A message as it was received.
pub struct Received {
    pub name: String,
    pub handle: String,
}

/// Receives up to ten messages; what their bodies say before the first space is their name.
pub fn receive(client: &mut Client, queue: &str, visibility: u64) -> Option<Vec<Received>> {
    let ask = serde_json::json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": visibility});
    let answer = client.call("ReceiveMessage", &ask)?;
    let text = |message: &Value, member: &str| message[member].as_str().unwrap().to_owned();
    let received = answer["Messages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|message| Received {
            name: text(message, "Body").split(' ').next().unwrap().to_owned(),
            handle: text(message, "ReceiptHandle"),
        });
    Some(received.collect())
}
