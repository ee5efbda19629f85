//! Stories of hours, told in microseconds: outages, poison, order, rates.

mod flakiness;
mod outages;
mod poison;
mod properties;
mod queue;
mod rows;
mod world;

use std::time::Duration;

use kit::time::Timestamp;

use super::limits::MOST_BYTES;
use super::{BATCH, Cause, Order, Verdict};
use world::{World, at};

const FAST: Duration = Duration::from_millis(20);

fn failure(cause: Cause, retry_after: Option<u64>) -> Verdict {
    Verdict::Failed {
        reason: "down".into(),
        cause,
        retry_after: retry_after.map(Duration::from_secs),
    }
}

fn down(cause: Cause) -> Verdict {
    failure(cause, None)
}

fn rejected() -> Verdict {
    Verdict::failed("400", Cause::Message)
}

#[test]
fn everything_is_delivered_once_and_the_queue_is_empty() {
    let mut world = World::new(100_000, FAST, |_, _| Verdict::Delivered);
    (0..5000).for_each(|_| world.send(None));
    world.run_until(at(10));
    assert_eq!(
        (
            world.delivered.len(),
            world.attempts,
            world.left(),
            world.queue.most_receives
        ),
        (5000, 5000, 0, 1)
    );
    assert!(
        world.delivered.last().unwrap().0 < at(2),
        "concurrency grows: {:?}",
        world.delivered.last()
    );
}

#[test]
fn large_messages_are_received_ahead_by_their_size() {
    let mut world = World::new(100_000, Duration::from_secs(1), |_, _| Verdict::Delivered);
    world.size = 1024 * 1024;
    (0..2000).for_each(|_| world.send(None));
    let mut most = 0;
    for second in 0..60 {
        world.run_until(at(second));
        most = most.max(world.pipes[0].flow.leases.bytes());
    }
    assert_eq!((world.left(), world.queue.most_receives), (0, 1));
    assert!(most <= MOST_BYTES + BATCH * world.size, "{most}");
}

#[test]
fn stopping_hands_back_what_was_not_begun() {
    let mut world = World::new(300, Duration::from_secs(3), |_, _| Verdict::Delivered);
    (0..100).for_each(|_| world.send(None));
    world.run_until(at(1));
    let under_way = world.pipes[0].flow.under_way();
    world.stop(0);
    world.run_until(at(2));
    assert!(!world.pipes[0].flow.is_done());
    world.run_until(at(10));
    assert!(world.pipes[0].flow.is_done());
    assert_eq!(
        (world.delivered.len(), world.left()),
        (under_way, 100 - under_way)
    );
}
