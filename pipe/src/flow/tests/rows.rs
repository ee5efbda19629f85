//! Whose fault is it? The table of `docs/delivery.md`, row by row: what a user can expect in each
//! mood of the target.

mod bad_messages;
mod outages;

use std::time::Duration;

use kit::time::Timestamp;

use super::world::{World, at};
use super::{FAST, Order};
use crate::flow::{Cause, Verdict};

/// What the target answers.
pub(super) fn status(status: u16) -> Verdict {
    let cause = match status {
        401 | 502..=504 => Cause::Target,
        429 => Cause::Throttled,
        500.. => Cause::Either,
        _ => Cause::Message,
    };
    let mut verdict = Verdict::failed("failed", cause);
    if let Verdict::Failed { reason, .. } = &mut verdict {
        reason.status = Some(status);
    }
    verdict
}

pub(super) fn refused() -> Verdict {
    Verdict::failed("refused", Cause::Unreachable)
}

pub(super) fn number(id: &str) -> u64 {
    id.parse().unwrap()
}

/// A generator that needs no crate: the same every time.
pub(super) fn dice(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A queue with `maxReceiveCount` 3.
fn world(target: impl FnMut(Timestamp, &str) -> Verdict + 'static) -> World {
    of(Order::Standard, target)
}

fn of(order: Order, target: impl FnMut(Timestamp, &str) -> Verdict + 'static) -> World {
    let mut world = World::with(&[order], 100_000, FAST, target);
    world.set_max_receives(3);
    world
}

/// When the last of the messages that `is_good` tells was delivered that were sent at once, in
/// milliseconds.
fn last_good(world: &World, is_good: impl Fn(u64) -> bool) -> u64 {
    world
        .delivered
        .iter()
        .filter(|(_, id)| is_good(*id))
        .map(|(at, _)| at.as_millis())
        .max()
        .unwrap_or(0)
}

/// How long `count` messages take when nothing is wrong, in milliseconds.
fn undisturbed(count: usize) -> u64 {
    let mut world = world(|_, _| Verdict::Delivered);
    (0..count).for_each(|_| world.send(None));
    world.run_until(at(1000));
    assert_eq!(world.delivered.len(), count);
    last_good(&world, |_| true)
}

/// Everything that is bad is dead after exactly three receives, and nothing else is.
#[track_caller]
fn only_the_bad_die(world: &World, is_bad: impl Fn(u64) -> bool, sent: u64) {
    let mut dead = world.dead().to_vec();
    dead.sort_unstable();
    assert_eq!(dead, (0..sent).filter(|id| is_bad(*id)).collect::<Vec<_>>());
    assert!(
        world
            .queue
            .dead_receives
            .iter()
            .all(|&receives| receives == 3),
        "{:?}",
        world.queue.dead_receives
    );
    assert_eq!(world.left(), 0);
}
