//! kill -9: what was answered 200 is delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use world::place::Place;
use world::{Gate, World};

/// Kills in one story; more by `CRASH_ROUNDS`.
const ROUNDS: usize = 5;

/// Who publish at the same time, so that batches gather in the gateway and syncs are shared in the
/// emulator.
const PUBLISHERS: usize = 16;

/// Sixteen publish at once while the emulator is killed at some moment and started again; each
/// keeps a ledger of what was answered 200. In the end all of it is in S3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_200_survives_a_kill() {
    let rounds = std::env::var("CRASH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(ROUNDS);
    let house = env!("CARGO_BIN_EXE_house");
    let mut world = World::start(Place::process(house).await).await;
    let mut ledger = BTreeMap::new();
    for round in 0..rounds {
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|publisher| {
                tokio::spawn(publish_until_it_fails(
                    world.gate(),
                    format!("crash-{round}-{publisher}"),
                ))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(fastrand::u64(50..600))).await;
        world.place_mut().kill();
        for publisher in publishers {
            ledger.extend(publisher.await.expect("no publisher panics"));
        }
        world.place_mut().restart(house).await;
    }
    assert!(
        ledger.len() >= rounds * PUBLISHERS,
        "too few messages for a story: {}",
        ledger.len()
    );
    let stored = wait_for_all(&world, &ledger).await;
    for (key, body) in &ledger {
        assert_eq!(
            stored.get(key),
            Some(body),
            "{key} was answered 200 and is gone"
        );
    }
    println!("{rounds} kills, {} answered 200 and stored", ledger.len());
    assert_eq!(world.dead_letters().await, 0);
    world.end().await;
}

/// Publishes one after another until one is not accepted: then the emulator is dead, and the answer
/// says so.
async fn publish_until_it_fails(gate: Gate, name: String) -> BTreeMap<String, String> {
    let mut accepted = BTreeMap::new();
    for number in 0.. {
        let id = format!("{name}-{number}");
        let body = json!({"id": id}).to_string();
        let reply = gate.publish(&body).await.expect("the gateway answers");
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
    world: &World,
    ledger: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    world::eventually("every acknowledged message is stored", async || {
        let keys = world.keys().await;
        ledger.keys().all(|key| keys.contains(key)).then_some(())
    })
    .await;
    world.stored().await
}
