//! Admin ports take no credentials, so a page in a browser must not reach them. A page whose own
//! name resolves to the address of this machine (DNS rebinding) gives itself away by its `Host`:
//! every program with an admin port refuses it, on every route, and does nothing.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "processes.rs"]
mod processes;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use processes::{PATIENCE, Ports, Process, free_offset, listens};
use tempfile::TempDir;

/// Names that the public DNS could hand out, as a browser sends them.
const FOREIGN: [&str; 3] = [
    "attacker.example",
    "attacker.example:PORT",
    "1.2.3.4.nip.io:PORT",
];

/// Names that belong to this machine, whoever asks.
const OWN: [&str; 3] = ["127.0.0.1:PORT", "localhost:PORT", "[::1]:PORT"];

/// Requests that show something, and requests that change something.
const GATEWAY: [&str; 3] = ["GET /healthz", "GET /readyz", "GET /metrics"];
const PIPE: [&str; 7] = [
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /filtered",
    "GET /v1/pipes",
    "GET /v1/pipes/pub-sub-pipe",
    "POST /v1/pipes/pub-sub-pipe/stop",
];

/// The status and the whole text of the answer to a request with this `Host`.
fn ask(port: u16, request: &str, host: &str) -> (u16, String) {
    let host = host.replace("PORT", &port.to_string());
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (
        status.unwrap_or_else(|| panic!("{request} {host}: {answer:?}")),
        answer,
    )
}

fn refuses_foreign_names(port: u16, requests: &[&str]) {
    for request in requests {
        for host in FOREIGN {
            let (status, answer) = ask(port, request, host);
            assert_eq!(status, 421, "{request} {host}: {answer}");
            assert!(
                answer.contains("--admin-host"),
                "the answer names the setting: {answer}"
            );
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(
                !body.contains("# HELP") && !body.contains("arn:aws"),
                "{request} {host} shows nothing: {body}"
            );
        }
    }
    for host in OWN {
        assert_eq!(ask(port, "GET /healthz", host).0, 200, "{host}");
    }
}

#[tokio::test]
async fn the_gateway_refuses_foreign_names() {
    let (ports, log) = (Ports::free(), TempDir::new().unwrap());
    let program = ports.program("gateway", &ports.endpoint());
    let _gateway = Process::into_file(program, &log.path().join("gateway"));
    listens(ports.gateway_admin).await;
    refuses_foreign_names(ports.gateway_admin, &GATEWAY);
}

#[tokio::test]
async fn the_pipe_refuses_foreign_names_and_stops_for_none_of_them() {
    let (ports, log) = (Ports::free(), TempDir::new().unwrap());
    let program = ports.program("pipe", &ports.endpoint());
    let _pipe = Process::into_file(program, &log.path().join("pipe"));
    listens(ports.pipe_admin).await;
    refuses_foreign_names(ports.pipe_admin, &PIPE);
    let (status, pipe) = ask(ports.pipe_admin, "GET /v1/pipes/pub-sub-pipe", "localhost");
    assert_eq!(status, 200, "{pipe}");
    assert!(
        pipe.contains(r#""DesiredState":"RUNNING""#),
        "nothing stopped it: {pipe}"
    );
}

#[tokio::test]
async fn a_name_that_is_set_is_accepted_and_no_other() {
    let (ports, log) = (Ports::free(), TempDir::new().unwrap());
    let mut program = ports.program("pipe", &ports.endpoint());
    program.args(["--admin-host", "pipe.example.com"]);
    let _pipe = Process::into_file(program, &log.path().join("pipe"));
    listens(ports.pipe_admin).await;
    let status = |host| ask(ports.pipe_admin, "GET /healthz", host).0;
    assert_eq!(status("pipe.example.com:PORT"), 200);
    assert_eq!(status("other.example.com:PORT"), 421);
    assert_eq!(status("attacker.pipe.example.com:PORT"), 421);
}

#[tokio::test]
async fn the_chain_in_one_process_refuses_foreign_names_on_both_admin_ports() {
    let (offset, log) = (free_offset(), TempDir::new().unwrap());
    let mut program = Command::new(env!("CARGO_BIN_EXE_programs"));
    program.args(["up", "--in-memory", "--port-offset", &offset.to_string()]);
    let _chain = Process::into_file(program, &log.path().join("up"));
    for (port, requests) in [(8081, &GATEWAY[..]), (8082, &PIPE[..])] {
        listens(port + offset).await;
        refuses_foreign_names(port + offset, requests);
    }
}
