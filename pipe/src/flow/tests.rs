//! Stories of hours, told in microseconds: outages, poison, order, rates.

use std::time::Duration;

use super::world::{World, at};
use crate::retry::{Blame, Verdict};

const FAST: Duration = Duration::from_millis(20);

fn down(blame: Blame) -> Verdict {
    Verdict::Down { reason: "down".into(), blame, retry_after: None }
}

fn rejected() -> Verdict {
    Verdict::Rejected { reason: "400".into() }
}

#[test]
fn everything_is_delivered_once_and_the_queue_is_empty() {
    let mut world = World::new(100_000, FAST, |_, _| Verdict::Delivered);
    (0..5000).for_each(|_| world.send(None));
    world.run_until(at(10));
    assert_eq!((world.delivered.len(), world.attempts, world.left(), world.most_receives), (5000, 5000, 0, 1));
    assert!(world.delivered.last().unwrap().0 < at(2), "concurrency grows: {:?}", world.delivered.last());
}

/// An hour of outage under load: nothing dead, nothing received more than twice, full speed soon after.
#[track_caller]
fn outage(failure: fn() -> Verdict) {
    let hour = 3600;
    let is_down = move |now| (at(10)..at(10 + hour)).contains(&now);
    let mut world = World::new(300, FAST, move |now, _| if is_down(now) { failure() } else { Verdict::Delivered });
    for second in 0..10 + hour {
        (0..10).for_each(|_| world.send(None));
        world.run_until(at(second));
    }
    let waiting = world.left();
    assert!(waiting > 35_000, "{waiting}");
    world.run_until(at(10 + hour + 10));
    let soon = waiting - world.left();
    assert!(soon > 1200, "only {soon} in the first ten seconds after recovery");
    assert!(world.attempts - world.delivered.len() < 900, "{} probes", world.attempts - world.delivered.len());
    world.run_until(at(2 * hour));
    assert_eq!((world.left(), world.dead.len()), (0, 0));
    assert!(world.most_receives <= 2, "{}", world.most_receives);
}

#[test]
fn an_hour_of_refused_connections_burns_no_receive_counts() {
    outage(|| down(Blame::Target));
}

#[test]
fn an_hour_of_failures_that_may_be_the_messages_fault_burns_none_either() {
    outage(|| down(Blame::Either));
}

#[test]
fn a_lone_message_waits_out_an_hour() {
    let mut world =
        World::new(300, FAST, |now, _| if now < at(3600) { down(Blame::Target) } else { Verdict::Delivered });
    world.send(None);
    world.run_until(at(3610));
    assert_eq!((world.left(), world.most_receives, world.delivered.len()), (0, 1, 1));
}

#[test]
fn poison_dies_after_its_receives_and_holds_nobody_up() {
    let mut world = World::new(300, FAST, |_, id| if id == "3" { rejected() } else { Verdict::Delivered });
    (0..100).for_each(|_| world.send(None));
    world.run_until(at(2));
    assert_eq!(world.delivered.len(), 99);
    world.run_until(at(400));
    assert_eq!((world.dead.as_slice(), world.left()), (["3".to_owned()].as_slice(), 0));
    assert_eq!(world.attempts, 99 + 5);
}

#[test]
fn poison_that_breaks_the_target_is_found_out_when_others_come() {
    let poison = |id: &str| id.parse::<u32>().unwrap() < 3;
    let mut world =
        World::new(300, FAST, move |_, id| if poison(id) { down(Blame::Either) } else { Verdict::Delivered });
    (0..3).for_each(|_| world.send(None));
    world.run_until(at(600));
    assert_eq!((world.left(), world.dead.len()), (3, 0), "it looks like an outage");
    (0..50).for_each(|_| world.send(None));
    world.run_until(at(650));
    assert_eq!((world.delivered.len(), world.left()), (50, 3));
    for second in 651..1500 {
        world.send(None);
        world.run_until(at(second));
    }
    assert_eq!((world.delivered.len(), world.dead.len()), (50 + 849, 3));
}

#[test]
fn a_failure_now_and_then_is_tried_again_without_another_receive() {
    let mut world =
        World::new(300, FAST, |now, _| if now.as_millis() % 7 == 0 { down(Blame::Target) } else { Verdict::Delivered });
    (0..1000).for_each(|_| world.send(None));
    world.run_until(at(120));
    assert_eq!((world.delivered.len(), world.dead.len()), (1000, 0));
    assert!(world.most_receives <= 2, "{}", world.most_receives);
}

#[test]
fn groups_keep_their_order_through_failures_and_run_side_by_side() {
    let flaky = |now: kit::time::Timestamp, id: &str| match (id, now.as_millis() % 3) {
        ("7", _) if now < at(40) => rejected(),
        (_, 0) => down(Blame::Target),
        _ => Verdict::Delivered,
    };
    let mut world = World::new(300, FAST, flaky);
    (0..200).for_each(|n| world.send(Some(["a", "b", "c", "d"][n % 4])));
    world.run_until(at(300));
    assert_eq!((world.left(), world.dead.len()), (0, 0));
    for group in 0..4 {
        let ids: Vec<u64> =
            world.delivered.iter().map(|(_, id)| id.parse().unwrap()).filter(|id| id % 4 == group).collect();
        let mut expected: Vec<u64> = (0..200).filter(|id| id % 4 == group).collect();
        expected.sort_unstable();
        assert_eq!(ids, expected, "group {group}");
    }
}

#[test]
fn a_slow_target_makes_no_duplicates() {
    let mut world = World::new(300, Duration::from_secs(100), |_, _| Verdict::Delivered);
    (0..20).for_each(|_| world.send(None));
    world.run_until(at(1000));
    assert_eq!((world.delivered.len(), world.attempts, world.most_receives), (20, 20, 1));
}

#[test]
fn the_rate_is_kept_within_two_percent() {
    let mut world = World::new(50, FAST, |_, _| Verdict::Delivered);
    (0..2000).for_each(|_| world.send(None));
    world.run_until(at(20));
    let delivered = world.delivered.len();
    assert!((980..=1020).contains(&delivered), "{delivered} in 20 seconds at 50 a second");
    assert_eq!(world.most_receives, 1);
}

#[test]
fn stopping_hands_back_what_was_not_begun() {
    let mut world = World::new(300, Duration::from_secs(3), |_, _| Verdict::Delivered);
    (0..100).for_each(|_| world.send(None));
    world.run_until(at(1));
    let under_way = world.flow.under_way();
    world.flow.stop();
    world.run_until(at(2));
    assert!(!world.flow.is_done());
    world.run_until(at(10));
    assert!(world.flow.is_done());
    assert_eq!((world.delivered.len(), world.left()), (under_way, 100 - under_way));
}
