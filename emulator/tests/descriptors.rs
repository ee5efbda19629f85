//! A program that may open few files: connections that say nothing do not keep others from being
//! served, nor the files of the log from being opened.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// With so many descriptors 24 connections are taken at once.
const SCRIPT: &str = "ulimit -n 64; exec \"$0\" \"$@\"";

struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream
}

fn ask(stream: &mut TcpStream, action: &str, members: &Value) -> Value {
    let body = members.to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: AmazonSQS.{action}\r\n\
         content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    let (mut line, mut length, mut status) = (String::new(), 0, String::new());
    while line != "\r\n" {
        line.clear();
        assert!(
            reader.read_line(&mut line).unwrap() > 0,
            "{action}: the connection was closed"
        );
        if status.is_empty() {
            status = line.clone();
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    assert!(
        status.starts_with("HTTP/1.1 200"),
        "{action}: {status} {}",
        String::from_utf8_lossy(&body)
    );
    serde_json::from_slice(&body).unwrap_or_default()
}

#[test]
fn silent_connections_use_up_no_descriptors_that_others_need() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut child = Command::new("sh")
        .args([
            "-c",
            SCRIPT,
            env!("CARGO_BIN_EXE_emulator"),
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--data",
        ])
        .arg(folder.path())
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let _emulator = Emulator(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "Ready.");
    let mut first = connect(port);
    ask(&mut first, "CreateQueue", &json!({"QueueName": "q"}));
    let silent: Vec<TcpStream> = (0..100).map(|_| connect(port)).collect();
    // The one that says that the others wait.
    let mut said = String::new();
    BufReader::new(stderr).read_line(&mut said).unwrap();
    assert!(
        said.contains("all 24 connections that the limit of 64 open files allows are in use"),
        "{said}"
    );
    for number in 0..50 {
        ask(
            &mut first,
            "SendMessage",
            &json!({"QueueUrl": "q", "MessageBody": number.to_string()}),
        );
        let answer = ask(&mut first, "ReceiveMessage", &json!({"QueueUrl": "q"}));
        assert_eq!(answer["Messages"][0]["Body"], number.to_string());
    }
    let mut last = connect(port);
    drop(silent);
    ask(&mut last, "GetQueueUrl", &json!({"QueueName": "q"}));
}
