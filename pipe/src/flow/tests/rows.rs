//! Whose fault is it? The table of `docs/delivery.md`, row by row: what a user can expect in each
//! mood of the target.

use std::time::Duration;

use kit::time::Timestamp;

use super::world::{World, at};
use super::{FAST, Order};
use crate::flow::{Cause, Verdict};

/// What the target answers.
pub fn status(status: u16) -> Verdict {
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

pub fn refused() -> Verdict {
    Verdict::failed("refused", Cause::Unreachable)
}

pub fn number(id: &str) -> u64 {
    id.parse().unwrap()
}

/// A generator that needs no crate: the same every time.
pub fn dice(seed: u64) -> impl FnMut() -> f64 {
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

#[test]
fn messages_that_always_fail_among_ten_thousand_die_whatever_the_status() {
    for said in [500, 502, 404] {
        let target = move |_, id: &str| {
            if number(id) % 500 == 7 {
                status(said)
            } else {
                Verdict::Delivered
            }
        };
        let mut world = world(target);
        (0..10_000).for_each(|_| world.send(None));
        world.run_until(at(150));
        only_the_bad_die(&world, |id| id % 500 == 7, 10_000);
        let took = last_good(&world, |_| true);
        assert!(took * 10 <= undisturbed(10_000) * 12, "{said}: {took} ms");
    }
}

#[test]
fn three_hundred_bad_ones_of_thirty_thousand_slow_the_others_by_a_fifth_at_most() {
    let mut dice = dice(1);
    let bad: Vec<bool> = (0..30_000).map(|_| dice() < 0.01).collect();
    let is_bad = bad.clone();
    let target = move |_, id: &str| {
        if bad[number(id) as usize] {
            status(500)
        } else {
            Verdict::Delivered
        }
    };
    let mut world = world(target);
    (0..30_000).for_each(|_| world.send(None));
    world.run_until(at(200));
    only_the_bad_die(&world, |id| is_bad[id as usize], 30_000);
    let took = last_good(&world, |_| true);
    assert!(
        took * 10 <= undisturbed(30_000) * 12,
        "{took} ms beside {}",
        undisturbed(30_000)
    );
}

/// Two hundred messages a second for two minutes, of which a share is bad: how long the good ones
/// wait, in milliseconds, in order.
fn steady(said: u16, share: f64) -> Vec<u64> {
    let mut dice = dice(2);
    let bad: Vec<bool> = (0..24_000).map(|_| dice() < share).collect();
    let is_bad = bad.clone();
    let target = move |_, id: &str| {
        if bad[number(id) as usize] {
            status(said)
        } else {
            Verdict::Delivered
        }
    };
    let mut world = world(target);
    for tick in 0..24_000 {
        world.send(None);
        world.run_until(Timestamp::from_millis(tick * 5 + 5));
    }
    world.run_until(at(120 + 200));
    only_the_bad_die(&world, |id| is_bad[id as usize], 24_000);
    let waited = |&(at, id): &(Timestamp, u64)| at.as_millis() - id * 5;
    let mut waits: Vec<u64> = world.delivered.iter().map(waited).collect();
    waits.sort_unstable();
    waits
}

#[test]
fn a_steady_flow_goes_on_however_many_of_it_are_bad() {
    for (said, share) in [(500, 0.1), (502, 0.01), (404, 0.1), (500, 0.5)] {
        let waits = steady(said, share);
        let p99 = waits[waits.len() * 99 / 100];
        assert!(
            p99 < 1000,
            "{said} for {share}: p99 {p99} ms, at most {:?}",
            waits.last()
        );
    }
}

#[test]
fn a_good_message_now_and_then_among_bad_ones_does_not_wait() {
    let mut world = world(|_, id| {
        if number(id) < 10 {
            status(500)
        } else {
            Verdict::Delivered
        }
    });
    (0..10).for_each(|_| world.send(None));
    for tick in 1..=200 {
        world.run_until(at(tick * 5));
        world.send(None);
    }
    world.run_until(at(1100));
    for &(when, id) in &world.delivered {
        let wait = when.since(at((id - 9) * 5));
        assert!(wait < Duration::from_secs(10), "{id} waited {wait:?}");
    }
    only_the_bad_die(&world, |id| id < 10, 210);
}

#[test]
fn a_target_that_fails_at_random_gets_what_it_takes_and_no_message_dies() {
    for (said, share) in [(503, 0.05), (503, 0.5), (404, 0.5)] {
        let mut dice = dice(3);
        let target = move |_, _: &str| {
            if dice() < share {
                status(said)
            } else {
                Verdict::Delivered
            }
        };
        let mut world = world(target);
        (0..10_000).for_each(|_| world.send(None));
        let whole = undisturbed(10_000);
        let fair = (whole as f64 / (1.0 - share)) as u64;
        world.run_until(Timestamp::from_millis(fair * 2));
        let delivered = world.delivered.len();
        // A status that speaks of the message gets one try a receive, until some got through that
        // had failed.
        assert!(
            delivered >= 9_000 || said == 404,
            "{said} for {share}: {delivered} in twice the time that it takes"
        );
        world.run_until(at(400));
        assert_eq!(
            (world.delivered_ids().len(), world.dead()),
            (10_000, [].as_slice()),
            "{said} for {share}"
        );
    }
}

#[test]
fn a_crowd_of_bad_ones_in_front_is_passed_within_seconds() {
    let mut world = World::with(&[Order::Standard], 300, FAST, |_, id| {
        if number(id) < 600 {
            status(500)
        } else {
            Verdict::Delivered
        }
    });
    world.set_max_receives(3);
    (0..5600).for_each(|_| world.send(None));
    world.run_until(at(400));
    only_the_bad_die(&world, |id| id < 600, 5600);
    let first = world.delivered.first().unwrap().0;
    assert!(first <= at(10), "the first after {first:?}");
    let took = last_good(&world, |_| true);
    // At the three hundred a second that API destinations allow.
    assert!(took <= 5000 * 1000 / 300 * 3 / 2, "{took} ms");
}

#[test]
fn one_good_message_in_many_is_found() {
    for (one_in, within) in [(10, 5), (100, 10), (1000, 60)] {
        let mut world = world(move |_, id| {
            if number(id) % one_in != one_in / 2 {
                status(500)
            } else {
                Verdict::Delivered
            }
        });
        (0..20 * one_in).for_each(|_| world.send(None));
        world.run_until(at(within));
        assert!(
            !world.delivered.is_empty(),
            "one in {one_in}, after {within} seconds"
        );
    }
}

/// Three hundred messages a second; for 200 seconds the whole target fails.
#[track_caller]
fn outage(
    what: &str,
    verdict: impl Fn() -> Verdict + 'static,
    takes: Option<u64>,
    most_calls: usize,
) {
    let is_down = |now| (at(10)..at(210)).contains(&now);
    let target = move |now, _: &str| {
        if is_down(now) {
            verdict()
        } else {
            Verdict::Delivered
        }
    };
    let mut world = world(target);
    world.hangs = Box::new(move |now, _| takes.map(Duration::from_secs).filter(|_| is_down(now)));
    for tick in 0..2400 {
        (0..30).for_each(|_| world.send(None));
        world.run_until(Timestamp::from_millis(tick * 100 + 100));
    }
    let calls = world.calls.iter().filter(|&&now| is_down(now)).count();
    assert!(calls < most_calls, "{what}: {calls} calls");
    world.run_until(at(220 + 60));
    assert_eq!((world.left(), world.dead()), (0, [].as_slice()), "{what}");
    assert!(
        world.queue.most_receives <= 2,
        "{what}: {}",
        world.queue.most_receives
    );
    let soon = world
        .delivered
        .iter()
        .filter(|(now, _)| (at(219)..at(220)).contains(now))
        .count();
    assert!(
        soon >= 2000,
        "{what}: {soon} in the tenth second after its return"
    );
}

#[test]
fn a_target_that_rejects_everything_is_waited_for() {
    for said in [404, 301, 403, 400] {
        outage(&said.to_string(), move || status(said), None, 300);
    }
}

#[test]
fn a_target_that_is_down_sees_few_calls() {
    outage("refused", refused, None, 100);
    for said in [503, 502, 401, 500] {
        outage(&said.to_string(), move || status(said), None, 100);
    }
    outage("429", || status(429), None, 100);
    outage(
        "silence",
        || Verdict::failed("silence", Cause::Timeout),
        Some(5),
        200,
    );
}

#[test]
fn a_restart_in_an_outage_costs_one_receive_of_one_message() {
    for crash in [false, true] {
        for pause in [1, 7, 31, 61] {
            let mut world = World::new(300, FAST, |_, _| refused());
            (0..20).for_each(|_| world.send(None));
            for restart in 1..=20 {
                world.run_until(at(restart * pause));
                if !crash {
                    world.stop(0);
                    world.run_until(at(restart * pause) + Duration::from_millis(100));
                    assert!(world.pipes[0].flow.is_done(), "after {pause} s");
                }
                world.crash(0, Order::Standard, 300);
            }
            let most = world.queue.most_receives;
            assert_eq!(
                (world.left(), world.dead().len()),
                (20, 0),
                "each {pause} s, {most} receives, crash: {crash}"
            );
        }
    }
}

#[test]
fn quick_restarts_under_a_slow_target_cost_nothing() {
    let mut world = World::with(
        &[Order::Standard],
        100_000,
        Duration::from_secs(1),
        |_, _| Verdict::Delivered,
    );
    (0..4000).for_each(|_| world.send(None));
    for restart in 1..=20 {
        world.run_until(at(restart * 10));
        world.stop(0);
        world.run_until(at(restart * 10 + 7));
        assert!(world.pipes[0].flow.is_done());
        world.crash(0, Order::Standard, 100_000);
        world.run_until(at(restart * 10 + 7));
    }
    world.run_until(at(1000));
    assert_eq!(
        (
            world.delivered.len(),
            world.left(),
            world.queue.most_receives
        ),
        (4000, 0, 1)
    );
}

#[test]
fn a_hundred_messages_that_hang_take_no_more_than_their_own_places() {
    let is_bad = |id: u64| id < 50 || id.is_multiple_of(97);
    let target = move |_, id: &str| match is_bad(number(id)) {
        true => Verdict::failed("silence", Cause::Timeout),
        false => Verdict::Delivered,
    };
    let mut world = world(target);
    world.hangs = Box::new(move |_, id| is_bad(number(id)).then_some(Duration::from_secs(5)));
    (0..10_000).for_each(|_| world.send(None));
    world.run_until(at(300));
    only_the_bad_die(&world, is_bad, 10_000);
    // At the start nothing is known for the five seconds that a call may take.
    let took = last_good(&world, |_| true);
    assert!(took <= 5000 + undisturbed(10_000) * 2, "{took} ms");
}

#[test]
fn a_bad_message_holds_up_its_own_group_only_whatever_the_status() {
    for said in [500, 503, 404] {
        let target = move |_, id: &str| {
            if number(id) == 0 {
                status(said)
            } else {
                Verdict::Delivered
            }
        };
        let mut world = of(Order::Fifo, target);
        (0..2).for_each(|_| world.send(Some("bad")));
        for second in 1..=120 {
            (0..200).for_each(|n| world.send(Some(&format!("{}", n % 50))));
            world.run_until(at(second));
            assert!(
                world.left() < 2 + 400,
                "{said}: {} wait after {second} seconds",
                world.left()
            );
        }
        world.run_until(at(200));
        assert_eq!((world.dead(), world.left()), ([0].as_slice(), 0), "{said}");
    }
}
