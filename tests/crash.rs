//! kill -9 of the emulator: every event that was answered with 200 is delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::backend::Backend;
use harness::{Client, Harness};
use http::StatusCode;
use serde_json::json;

/// Kills in one story; more by `CRASH_ROUNDS`.
const ROUNDS: usize = 5;

/// Tasks that publish at the same time, so that the gateway sends batches and the emulator shares
/// syncs.
const PUBLISHERS: usize = 16;

/// Sixteen tasks publish while the emulator is killed and restarted. Each records the events that
/// were answered with 200. In the end all of these are in S3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_200_survives_a_kill() {
    let rounds = std::env::var("CRASH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(ROUNDS);
    let programs = env!("CARGO_BIN_EXE_programs");
    let mut harness = Harness::start(Backend::process(programs).await).await;
    let mut ledger = BTreeMap::new();
    for round in 0..rounds {
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|publisher| {
                tokio::spawn(publish_until_it_fails(
                    harness.client(),
                    format!("crash-{round}-{publisher}"),
                ))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(fastrand::u64(50..600))).await;
        harness.backend_mut().kill();
        for publisher in publishers {
            ledger.extend(publisher.await.expect("no publisher panics"));
        }
        harness.backend_mut().restart(programs).await;
    }
    assert!(
        ledger.len() >= rounds * PUBLISHERS,
        "too few messages for a story: {}",
        ledger.len()
    );
    let stored = wait_for_all(&harness, &ledger).await;
    for (key, body) in &ledger {
        assert_eq!(
            stored.get(key),
            Some(body),
            "{key} was answered 200 and is gone"
        );
    }
    println!("{rounds} kills, {} answered 200 and stored", ledger.len());
    assert_eq!(harness.dead_letters().await, 0);
    harness.end().await;
}

/// Publishes events until one is not accepted, because the emulator is dead.
async fn publish_until_it_fails(client: Client, name: String) -> BTreeMap<String, String> {
    let mut accepted = BTreeMap::new();
    for number in 0.. {
        let id = format!("{name}-{number}");
        let body = json!({"id": id}).to_string();
        let reply = client.publish(&body).await.expect("the gateway answers");
        if reply.status != StatusCode::OK {
            assert!(
                reply.status.is_server_error(),
                "SQS is down and the gateway answers {}",
                reply.status
            );
            break;
        }
        accepted.insert(format!("{id}-sqs.txt"), body);
    }
    accepted
}

async fn wait_for_all(
    harness: &Harness,
    ledger: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    harness::eventually("every acknowledged message is stored", async || {
        let keys = harness.keys().await;
        ledger.keys().all(|key| keys.contains(key)).then_some(())
    })
    .await;
    harness.stored().await
}
