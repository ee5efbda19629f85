//! kill -9: what was answered 200 is delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use world::World;
use world::place::Place;

/// Kills in one story; more by `CRASH_ROUNDS`.
const ROUNDS: usize = 5;

/// Messages go in one after another while the emulator is killed and started again. The publisher keeps its own ledger
/// of what was answered 200; in the end all of it is in S3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_200_survives_a_kill() {
    let rounds = std::env::var("CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let house = env!("CARGO_BIN_EXE_house");
    let mut world = World::start(Place::process(house).await).await;
    let mut ledger = BTreeMap::new();
    for round in 0..rounds {
        // The moment of the kill differs from round to round: early, while batches gather, after deliveries.
        let moment = Duration::from_millis(150 + 90 * (round as u64 % 7));
        let accepted = publish_until_killed(&mut world, round, moment).await;
        ledger.extend(accepted);
        world.place_mut().restart(house).await;
    }
    assert!(ledger.len() >= rounds * 10, "too few messages for a story: {}", ledger.len());
    let stored = wait_for_all(&world, &ledger).await;
    for (key, body) in &ledger {
        assert_eq!(stored.get(key), Some(body), "{key} was answered 200 and is gone");
    }
    assert_eq!(world.dead_letters().await, 0);
    world.end().await;
}

/// Publishes one by one; kills the emulator after `moment`, and stops at the first publish that fails.
async fn publish_until_killed(world: &mut World, round: usize, moment: Duration) -> BTreeMap<String, String> {
    let mut accepted = BTreeMap::new();
    let begun = std::time::Instant::now();
    let mut killed = false;
    for number in 0.. {
        if !killed && begun.elapsed() > moment {
            world.place_mut().kill();
            killed = true;
        }
        let body = json!({"id": format!("crash-{round}-{number}")}).to_string();
        let reply = world.publish(&body).await.expect("the gateway answers");
        match reply.status {
            StatusCode::OK => accepted.insert(format!("crash-{round}-{number}-sqs.txt"), body),
            status => {
                assert!(status.is_server_error(), "SQS is down and the gateway answers {status}");
                break;
            }
        };
    }
    accepted
}

async fn wait_for_all(world: &World, ledger: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    world::eventually("every acknowledged message is stored", async || {
        let keys = world.keys().await;
        ledger.keys().all(|key| keys.contains(key)).then_some(())
    })
    .await;
    world.stored().await
}
