//! Targets that fail now and then, or limit their rate, and queues that stumble.

use super::*;

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
