//! Bad messages among good ones, on standard and FIFO queues.

use super::*;

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
