//! Stories of hours, told in microseconds: outages, poison, order, rates.

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

/// An outage under load: nothing dead, nothing received more than twice, full speed soon after.
#[track_caller]
fn outage(seconds: u64, per_second: u64, failure: impl Fn() -> Verdict + 'static) {
    let is_down = move |now| (at(10)..at(10 + seconds)).contains(&now);
    let target = move |now, _: &str| {
        if is_down(now) {
            failure()
        } else {
            Verdict::Delivered
        }
    };
    let rate = u32::try_from(per_second * 10).unwrap();
    let mut world = World::new(rate.max(300), FAST, target);
    for second in 0..10 + seconds {
        (0..per_second).for_each(|_| world.send(None));
        world.run_until(at(second));
    }
    let waiting = world.left();
    assert!(waiting as u64 >= (seconds - 1) * per_second, "{waiting}");
    let probes = world.attempts - world.delivered.len();
    assert!(probes as u64 <= 160 + seconds / 4, "{probes} probes");
    world.run_until(at(10 + seconds + 10));
    let soon = (waiting - world.left()) as u64;
    assert!(
        soon >= (1200).max(per_second * 40),
        "only {soon} in the first ten seconds after recovery"
    );
    world.run_until(at(10 + seconds + 2 * seconds + 60));
    assert_eq!((world.left(), world.dead().len()), (0, 0));
    assert!(
        world.queue.most_receives <= 2,
        "{}",
        world.queue.most_receives
    );
}

#[test]
fn an_hour_of_refused_connections_burns_no_receive_counts() {
    outage(3600, 10, || down(Cause::Target));
}

#[test]
fn an_hour_of_failures_that_may_be_the_messages_fault_burns_none_either() {
    outage(3600, 10, || down(Cause::Either));
}

#[test]
fn an_hour_of_429_burns_none_either() {
    outage(3600, 10, || down(Cause::Throttled));
}

/// `OUTAGE_SECONDS=3600` makes it the hour, which is 1.8 million messages.
#[test]
fn an_outage_at_five_hundred_messages_a_second() {
    let seconds = std::env::var("OUTAGE_SECONDS")
        .ok()
        .map_or(600, |text| text.parse().expect("a number of seconds"));
    outage(seconds, 500, || down(Cause::Target));
}

#[test]
fn a_lone_message_waits_out_an_hour() {
    let target = |now, _: &str| {
        if now < at(3600) {
            down(Cause::Target)
        } else {
            Verdict::Delivered
        }
    };
    let mut world = World::new(300, FAST, target);
    world.send(None);
    world.run_until(at(3610));
    assert_eq!(
        (
            world.left(),
            world.queue.most_receives,
            world.delivered.len()
        ),
        (0, 1, 1)
    );
}

#[test]
fn twelve_hours_of_retry_after_do_not_silence_it() {
    let target = |now, _: &str| match now < at(60) {
        true => failure(Cause::Target, Some(43_200)),
        false => Verdict::Delivered,
    };
    let mut world = World::new(300, FAST, target);
    (0..50).for_each(|_| world.send(None));
    world.run_until(at(600));
    assert!(world.delivered.len() >= 45, "{}", world.delivered.len());
}

#[test]
fn poison_dies_after_its_receives_and_holds_nobody_up() {
    let mut world = World::new(300, FAST, |_, id| {
        if id == "3" {
            rejected()
        } else {
            Verdict::Delivered
        }
    });
    (0..100).for_each(|_| world.send(None));
    world.run_until(at(2));
    assert_eq!(world.delivered.len(), 99);
    world.run_until(at(400));
    assert_eq!((world.dead(), world.left()), ([3].as_slice(), 0));
    assert_eq!(world.attempts, 99 + 5);
}

#[test]
fn poison_that_breaks_the_target_is_found_out_when_others_come() {
    let poison = |id: &str| id.parse::<u32>().unwrap() < 3;
    let target = move |_, id: &str| {
        if poison(id) {
            down(Cause::Either)
        } else {
            Verdict::Delivered
        }
    };
    let mut world = World::new(300, FAST, target);
    (0..3).for_each(|_| world.send(None));
    world.run_until(at(600));
    assert_eq!(
        (world.left(), world.dead().len()),
        (3, 0),
        "it looks like an outage"
    );
    (0..50).for_each(|_| world.send(None));
    world.run_until(at(650));
    assert_eq!((world.delivered.len(), world.left()), (50, 3));
    for second in 651..1500 {
        world.send(None);
        world.run_until(at(second));
    }
    assert_eq!((world.delivered.len(), world.dead().len()), (50 + 849, 3));
}

#[test]
fn a_message_that_is_wanted_later_waits_alone_and_dies_alone() {
    let target = |now, id: &str| match id {
        "3" => down(Cause::Either),
        "4" if now < at(1) => down(Cause::Either),
        _ => Verdict::Delivered,
    };
    let mut world = World::new(300, FAST, target);
    (0..10).for_each(|_| world.send(None));
    world.run_until(at(3));
    assert_eq!(
        (world.delivered.len(), world.queue.most_receives),
        (9, 1),
        "the other conflict is over by now"
    );
    world.run_until(at(300));
    assert_eq!((world.dead(), world.left()), ([3].as_slice(), 0));
}

#[test]
fn a_failure_now_and_then_is_tried_again_without_another_receive() {
    let target = |now: Timestamp, _: &str| {
        if now.as_millis().is_multiple_of(7) {
            down(Cause::Target)
        } else {
            Verdict::Delivered
        }
    };
    let mut world = World::new(300, FAST, target);
    (0..1000).for_each(|_| world.send(None));
    world.run_until(at(120));
    assert_eq!((world.delivered.len(), world.dead().len()), (1000, 0));
    assert!(
        world.queue.most_receives <= 2,
        "{}",
        world.queue.most_receives
    );
}

/// One of two machines behind the target's address is gone.
#[test]
fn a_target_that_fails_half_of_the_time_is_no_outage() {
    let mut state = 1_u64;
    let target = move |_, _: &str| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        if state >> 63 == 0 {
            down(Cause::Target)
        } else {
            Verdict::Delivered
        }
    };
    let mut world = World::new(300, FAST, target);
    (0..10_000).for_each(|_| world.send(None));
    world.run_until(at(300));
    assert!(world.delivered.len() > 2000, "{}", world.delivered.len());
    assert_eq!(world.dead().len(), 0);
}

#[test]
fn retry_after_makes_a_message_wait_longer_and_never_shorter() {
    for (asked, dies) in [(0, 150), (120, 600)] {
        let target = move |_, id: &str| match id {
            "3" => failure(Cause::Target, Some(asked)),
            _ => Verdict::Delivered,
        };
        let mut world = World::new(300, FAST, target);
        for second in 0..dies + 60 {
            (0..10).for_each(|_| world.send(None));
            world.run_until(at(second));
            assert!(
                world.dead().is_empty() || second >= dies,
                "after {second} seconds"
            );
        }
        assert_eq!(world.dead(), [3], "{asked}");
    }
}

#[test]
fn groups_keep_their_order_through_failures_and_run_side_by_side() {
    let flaky = |now: Timestamp, id: &str| match (id, now.as_millis() % 3) {
        ("7", _) if now < at(40) => rejected(),
        (_, 0) => down(Cause::Target),
        _ => Verdict::Delivered,
    };
    let mut world = World::with(&[Order::Fifo], 300, FAST, flaky);
    (0..200).for_each(|n| world.send(Some(["a", "b", "c", "d"][n % 4])));
    world.run_until(at(300));
    assert_eq!((world.left(), world.dead().len()), (0, 0));
    for group in 0..4 {
        let ids: Vec<u64> = world
            .delivered
            .iter()
            .map(|(_, id)| *id)
            .filter(|id| id % 4 == group)
            .collect();
        let expected: Vec<u64> = (0..200).filter(|id| id % 4 == group).collect();
        assert_eq!(ids, expected, "group {group}");
    }
}

#[test]
fn poison_in_a_group_dies_alone_and_its_followers_are_received_twice_at_most() {
    for poison in [vec![2], vec![2, 3, 4, 5, 6, 7], vec![2, 12, 13]] {
        let bad = poison.clone();
        let target = move |_, id: &str| match bad.contains(&id.parse::<u64>().unwrap()) {
            true => rejected(),
            false => Verdict::Delivered,
        };
        let mut world = World::with(&[Order::Fifo], 300, FAST, target);
        (0..40).for_each(|_| world.send(Some("a")));
        (0..200).for_each(|n| world.send(Some(["b", "c", "d", "e"][n % 4])));
        world.run_until(at(5));
        assert_eq!(world.delivered.len(), 2 + 200, "other groups go on");
        world.run_until(at(2000));
        assert_eq!((world.dead(), world.left()), (poison.as_slice(), 0));
        assert_eq!(
            world.queue.often.iter().copied().collect::<Vec<_>>(),
            poison,
            "received more than twice"
        );
        assert!(
            world.attempts <= 240 + 4 * poison.len(),
            "{} attempts",
            world.attempts
        );
    }
}

#[test]
fn poison_in_one_group_leaves_the_others_their_speed() {
    let target = |_, id: &str| {
        if id == "0" {
            rejected()
        } else {
            Verdict::Delivered
        }
    };
    let mut world = World::with(&[Order::Fifo], 1000, FAST, target);
    (0..5).for_each(|_| world.send(Some("a")));
    for second in 1..200 {
        (0..200).for_each(|n| world.send(Some(&format!("{}", n % 50))));
        world.run_until(at(second));
        assert!(
            world.left() < 5 + 400,
            "{} wait after {second} seconds",
            world.left()
        );
    }
    assert_eq!((world.dead(), world.queue.often.len()), ([0].as_slice(), 1));
}

#[test]
fn a_slow_target_makes_no_duplicates() {
    let mut world = World::new(300, Duration::from_secs(100), |_, _| Verdict::Delivered);
    (0..20).for_each(|_| world.send(None));
    world.run_until(at(1000));
    assert_eq!(
        (
            world.delivered.len(),
            world.attempts,
            world.queue.most_receives
        ),
        (20, 20, 1)
    );
}

/// A queue that refuses some of what it is asked, and two pipes that would both take what shows.
#[test]
fn a_queue_that_stumbles_makes_no_duplicates() {
    for latency in [FAST, Duration::from_secs(100)] {
        let mut world = World::with(&[Order::Standard; 2], 1000, latency, |_, _| {
            Verdict::Delivered
        });
        let mut asked = 0;
        world.queue_answers = Box::new(move |_| {
            asked += 1;
            asked % 3 != 0
        });
        (0..100).for_each(|_| world.send(None));
        world.run_until(at(3000));
        let delivered = (world.delivered.len(), world.attempts, world.left());
        assert_eq!(
            (delivered, world.queue.most_receives),
            ((100, 100, 0), 1),
            "{latency:?}"
        );
    }
}

#[test]
fn a_queue_that_is_away_for_a_while_costs_one_receive_more() {
    for (away, most) in [(15, 1), (90, 2)] {
        let target = |now, _: &str| {
            if now < at(1800) {
                down(Cause::Target)
            } else {
                Verdict::Delivered
            }
        };
        let mut world = World::new(300, FAST, target);
        world.queue_answers = Box::new(move |now| !(at(600)..at(600 + away)).contains(&now));
        (0..20).for_each(|_| world.send(None));
        world.run_until(at(1900));
        assert_eq!(
            (
                world.delivered_ids().len(),
                world.left(),
                world.queue.most_receives
            ),
            (20, 0, most),
            "{away} s"
        );
    }
}

#[test]
fn the_rate_is_kept_within_two_percent() {
    let mut world = World::new(50, FAST, |_, _| Verdict::Delivered);
    (0..2000).for_each(|_| world.send(None));
    world.run_until(at(20));
    let delivered = world.delivered.len();
    assert!(
        (980..=1020).contains(&delivered),
        "{delivered} in 20 seconds at 50 a second"
    );
    assert_eq!(world.queue.most_receives, 1);
}

/// A target that answers 429 beyond a hundred messages a second, counted in periods of so many
/// milliseconds.
fn a_hundred_a_second(period: u64) -> impl FnMut(Timestamp, &str) -> Verdict {
    let (mut current, mut taken) = (0, 0);
    move |now, _| {
        if now.as_millis() / period != current {
            (current, taken) = (now.as_millis() / period, 0);
        }
        taken += 1;
        if taken * 1000 > 100 * period {
            down(Cause::Throttled)
        } else {
            Verdict::Delivered
        }
    }
}

#[test]
fn a_target_that_complains_of_the_pace_gets_nearly_what_it_takes() {
    for (period, latency) in [
        (10, FAST),
        (100, FAST),
        (1000, FAST),
        (10, Duration::from_millis(1)),
    ] {
        let mut world = World::new(300, latency, a_hundred_a_second(period));
        (0..10_000).for_each(|_| world.send(None));
        world.run_until(at(60));
        let (delivered, attempts) = (world.delivered.len(), world.attempts);
        assert!(
            delivered >= 60 * 80,
            "{delivered} in a minute, by {period} ms"
        );
        assert!(
            attempts - delivered < delivered / 5,
            "{attempts} attempts for {delivered}, by {period} ms"
        );
        assert_eq!(world.dead().len(), 0);
        assert!(
            world.queue.most_receives <= 2,
            "{}",
            world.queue.most_receives
        );
    }
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
