//! The log lines of a message: one at each hop, one for each failed attempt, and one when it dies;
//! and the lines for the gateway's operator.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "hops/dead_letters.rs"]
mod dead_letters;
#[path = "hops/logs.rs"]
mod logs;
#[path = "hops/operator.rs"]
mod operator;
mod processes;

use std::process::Command;

use http::{Method, StatusCode};
use logs::{HOPS, Logs, provision, publish};
use processes::{BUCKET, Ports, Process, ask, eventually, free_offset, listens};
use serde_json::json;

/// The index of pub in a [`chain`].
const PUB: usize = 3;

/// The chain as five processes, the emulator last; `--quiet` in either spelling.
async fn chain(logs: &Logs, ports: &Ports, is_quiet: bool) -> Vec<Process> {
    let endpoint = ports.endpoint();
    let emulator = logs.start("emulator", ports.program("emulator", &endpoint));
    listens(ports.emulator).await;
    provision(&endpoint).await;
    let mut all = Vec::new();
    for name in ["gateway", "pipe", "sub", "pub"] {
        let mut command = ports.program(name, &endpoint);
        match (is_quiet, name) {
            (true, "gateway" | "pub") => drop(command.arg("--quiet")),
            (true, _) => drop(command.env("QUIET", "1")),
            (false, _) => drop(command.env_remove("QUIET")),
        }
        all.push(logs.start(name, command));
    }
    for port in [
        ports.gateway,
        ports.gateway_admin,
        ports.pipe_admin,
        ports.subscriber,
        ports.publisher,
    ] {
        listens(port).await;
    }
    all.push(emulator);
    all
}

#[tokio::test]
async fn a_message_is_followed_by_its_ids_from_request_to_bucket() {
    let (logs, ports) = (Logs::new(), Ports::free());
    let mut chain = chain(&logs, &ports, false).await;
    let reply = publish(ports.gateway, "followed").await;
    let request_id = reply.headers["x-amzn-requestid"].to_str().unwrap();

    let queued = logs
        .says("gateway", "queued", ("request_id", request_id))
        .await;
    let message_id = queued["message_id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&queued["level"], &queued["status"]),
        (&json!("INFO"), &json!(200))
    );
    assert_eq!(
        (&queued["method"], &queued["route"]),
        (&json!("POST"), &json!("/events/{proxy+}"))
    );
    assert!(queued["ms"].is_u64(), "{queued}");
    assert!(
        queued.get("span").is_none() && queued.get("spans").is_none(),
        "{queued}"
    );

    let delivered = logs
        .says("pipe", "delivered", ("message_id", &message_id))
        .await;
    assert_eq!(
        (&delivered["level"], &delivered["pipe"]),
        (&json!("INFO"), &json!("pub-sub-pipe"))
    );
    assert_eq!(
        (&delivered["attempt"], &delivered["status"]),
        (&json!(1), &json!(200))
    );
    assert!(delivered["ms"].is_u64(), "{delivered}");
    let stored = logs
        .says("sub", "stored", ("message_id", &message_id))
        .await;
    assert_eq!(
        (&stored["level"], &stored["status"]),
        (&json!("INFO"), &json!(200))
    );

    let published = ask(Method::GET, &Ports::url(ports.publisher, "/pub"), "")
        .await
        .unwrap();
    assert_eq!(published.status, StatusCode::OK);
    // A program that ends has written all of its log.
    chain.remove(PUB).stop();
    let posted = logs.having("pub", "posted");
    for line in &posted {
        let request_id = line["request_id"].as_str().unwrap();
        let queued = logs
            .says("gateway", "queued", ("request_id", request_id))
            .await;
        logs.says(
            "sub",
            "stored",
            ("message_id", queued["message_id"].as_str().unwrap()),
        )
        .await;
    }
    chain.into_iter().for_each(Process::stop);
    let each = 1 + posted.len();
    assert!(each > 1, "pub posts something");
    assert_eq!(
        logs.count_hops("gateway"),
        [0, each, 0, 0, 0],
        "one line a request"
    );
    assert_eq!(
        logs.count_hops("pipe"),
        [0, 0, 0, each, 0],
        "one line a delivery"
    );
    assert_eq!(
        logs.count_hops("sub"),
        [0, 0, 0, 0, each],
        "one line an event"
    );
}

#[tokio::test]
async fn quiet_programs_log_what_goes_wrong_and_no_hops() {
    let (logs, ports) = (Logs::new(), Ports::free());
    let chain = chain(&logs, &ports, true).await;
    publish(ports.gateway, "quiet").await;
    let published = ask(Method::GET, &Ports::url(ports.publisher, "/pub"), "")
        .await
        .unwrap();
    assert_eq!(published.status, StatusCode::OK);
    eventually(&format!("{}/{BUCKET}/quiet-sqs.txt", ports.endpoint())).await;
    let unknown = ask(Method::POST, &Ports::url(ports.gateway, "/nowhere"), "{}")
        .await
        .unwrap();
    assert_eq!(unknown.status, StatusCode::FORBIDDEN);
    chain.into_iter().for_each(Process::stop);
    for log in ["gateway", "pipe", "sub", "pub"] {
        assert_eq!(logs.count_hops(log), [0; HOPS.len()], "{log}");
        assert!(
            logs.lines(log).iter().any(|line| line["level"] == "INFO"),
            "{log} tells other things at INFO"
        );
    }
    assert!(
        logs.lines("gateway")
            .iter()
            .any(|line| line["kind"] == "unknown route")
    );
}

#[tokio::test]
async fn a_chain_in_one_process_has_every_hop_unless_it_is_quiet() {
    for is_quiet in [false, true] {
        let (logs, offset) = (Logs::new(), free_offset());
        let mut command = Command::new(env!("CARGO_BIN_EXE_programs"));
        command
            .args(["up", "--in-memory", "--port-offset", &offset.to_string()])
            .env_remove("QUIET");
        if is_quiet {
            command.arg("--quiet");
        }
        let chain = logs.start("chain", command);
        listens(8080 + offset).await;
        publish(8080 + offset, "one").await;
        eventually(&Ports::url(
            4566 + offset,
            &format!("/{BUCKET}/one-sqs.txt"),
        ))
        .await;
        // The program ends when everything in flight is logged.
        chain.stop();
        let each = usize::from(!is_quiet);
        assert_eq!(
            logs.count_hops("chain"),
            [0, each, 0, each, each],
            "quiet: {is_quiet}"
        );
    }
}
