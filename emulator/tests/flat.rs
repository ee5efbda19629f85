//! What memory holds of a message, measured: in standard queues, and in FIFO queues with a group
//! for every message.

#![allow(clippy::unwrap_used, reason = "a test")]

mod counting;

use std::collections::BTreeMap;
use std::time::Duration;

use emulator::{Attributes, Content, Engine, NewMessage, QueueArn, QueueId};
use kit::time::Timestamp;

const MESSAGES: usize = 200_000;
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

#[test]
fn memory_holds_less_than_150_bytes_of_a_message() {
    let plain = measure("plain", |_| String::new());
    let few = measure("few.fifo", |number| (number % 10).to_string());
    let many = measure("many.fifo", |number| number.to_string());
    println!(
        "bytes a message: standard {}, FIFO {} with ten groups, {} with a group each",
        plain.0, few.0, many.0
    );
    println!(
        "in the five minutes after a send to a FIFO queue: {} and {}",
        few.1, many.1
    );
    println!("left when all are gone: {} {} {}", plain.2, few.2, many.2);
    assert!(plain.0 < 100 && few.0 < 100 && many.0 < 150);
    assert!(few.1 < 200 && many.1 < 250);
    assert!(
        [plain.2, few.2, many.2].iter().all(|left| *left < 2),
        "memory goes with the messages"
    );
}

/// Bytes that a message takes, those that it takes as long as its deduplication id is remembered,
/// and those that are left of it when it is gone.
fn measure(name: &str, group: impl Fn(usize) -> String) -> (usize, usize, usize) {
    let mut engine = Engine::new([0; 16]);
    let arn = QueueArn {
        region: "eu-west-1".into(),
        account: "000000000000".into(),
        name: name.into(),
    };
    let queue = engine.create_queue(
        NOW,
        arn,
        Attributes::new(name.ends_with(".fifo")),
        BTreeMap::new(),
    );
    let before = counting::held();
    let held = || counting::held().saturating_sub(before) / MESSAGES;
    (0..MESSAGES).for_each(|number| send(&mut engine, queue, number, group(number)));
    let young = held();
    let counted = engine.bytes() / MESSAGES;
    assert!(
        (young..young + young / 2 + 20).contains(&counted),
        "{counted} are counted, {young} are held"
    );
    let later = NOW + Duration::from_secs(301);
    engine.sweep(later);
    finish(&mut engine, later);
    assert_eq!(engine.counts(later, queue).ready, MESSAGES);
    let old = held();
    let counted = engine.bytes() / MESSAGES;
    assert!(
        (old..old + old / 2 + 20).contains(&counted),
        "{counted} are counted, {old} are held"
    );
    engine.purge(later, queue);
    finish(&mut engine, later);
    (old, young, held())
}

/// Lets the engine do what can wait.
fn finish(engine: &mut Engine, now: Timestamp) {
    while engine.next_wakeup().is_some() {
        engine.wake(now);
        engine.take_pending();
    }
}

fn send(engine: &mut Engine, queue: QueueId, number: usize, group: String) {
    let content = Content {
        body: "a body lies on disk".to_owned(),
        group: Some(group),
        deduplication: Some(number.to_string()),
        ..Content::default()
    };
    engine
        .send(
            NOW,
            queue,
            NewMessage {
                content,
                delay: None,
            },
        )
        .unwrap();
    engine.take_pending();
}
