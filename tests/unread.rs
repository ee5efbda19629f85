//! The programs' output is not read: the chain continues, and ends with 0 at SIGTERM.

#![allow(clippy::unwrap_used, reason = "a test")]

mod processes;

use http::{Method, StatusCode};
use processes::{BUCKET, Ports, Process, Reader, ask, eventually, free_offset, listens};

/// Enough events for every program to write more than any buffer holds, at RUST_LOG=trace.
const EVENTS: usize = 300;

async fn chain_goes_on(reader: Reader) {
    let ports = Ports::free();
    let endpoint = ports.endpoint();
    let start = |name: &str| {
        let mut command = ports.program(name, &endpoint);
        command.env("RUST_LOG", "trace");
        Process::unread(command, reader)
    };
    let emulator = start("emulator");
    listens(ports.emulator).await;
    provision(&endpoint).await;
    let others = ["gateway", "pipe", "sub", "pub"].map(start);
    for port in [
        ports.gateway,
        ports.pipe_admin,
        ports.subscriber,
        ports.publisher,
    ] {
        listens(port).await;
    }
    for number in 0..EVENTS {
        let body = format!(r#"{{"id": "event-{number}", "name": "unread"}}"#);
        let url = Ports::url(ports.gateway, "/events/sub");
        assert_eq!(
            ask(Method::POST, &url, &body).await.unwrap().status,
            StatusCode::OK,
            "event {number}"
        );
    }
    let published = ask(Method::GET, &Ports::url(ports.publisher, "/pub"), "")
        .await
        .unwrap();
    assert_eq!(published.status, StatusCode::OK);
    for number in 0..EVENTS {
        eventually(&format!("{endpoint}/{BUCKET}/event-{number}-sqs.txt")).await;
    }
    for process in others.iter().chain([&emulator]) {
        process.signal("HUP");
    }
    let url = Ports::url(ports.gateway, "/events/sub");
    assert_eq!(
        ask(Method::POST, &url, r#"{"id": "after"}"#)
            .await
            .unwrap()
            .status,
        StatusCode::OK
    );
    eventually(&format!("{endpoint}/{BUCKET}/after-sqs.txt")).await;
    others.into_iter().for_each(Process::stop);
    emulator.stop();
}

async fn provision(endpoint: &str) {
    let sdk = kit::aws::local(endpoint).await;
    let definition = kit::definition::DefinitionArgs::default()
        .load(&kit::aws::local_account(&sdk))
        .unwrap();
    tidegate::provision::provision(&definition, &sdk)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_reader_that_ended_stops_nothing() {
    chain_goes_on(Reader::Gone).await;
}

#[tokio::test]
async fn a_reader_that_reads_no_more_stops_nothing() {
    chain_goes_on(Reader::Stuck).await;
}

/// A bug in a task is no reason to end, and what reports it none to abort.
#[tokio::test]
async fn panics_that_nobody_reads_end_nothing() {
    for reader in [Reader::Gone, Reader::Stuck] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_programs"));
        command.arg("panics");
        assert_eq!(
            Process::unread(command, reader).end(),
            Some(0),
            "{reader:?}"
        );
    }
}

/// The whole chain in one process.
#[tokio::test]
async fn the_chain_in_one_process_goes_on_too() {
    for reader in [Reader::Gone, Reader::Stuck] {
        let offset = free_offset();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_programs"));
        command
            .args(["up", "--in-memory", "--port-offset", &offset.to_string()])
            .env("RUST_LOG", "trace");
        let chain = Process::unread(command, reader);
        listens(8080 + offset).await;
        for number in 0..100 {
            let body = format!(r#"{{"id": "event-{number}"}}"#);
            let url = Ports::url(8080 + offset, "/events/sub");
            assert_eq!(
                ask(Method::POST, &url, &body).await.unwrap().status,
                StatusCode::OK,
                "event {number}"
            );
        }
        chain.signal("HUP");
        eventually(&Ports::url(
            4566 + offset,
            &format!("/{BUCKET}/event-99-sqs.txt"),
        ))
        .await;
        chain.stop();
    }
}
