//! Bad messages among good ones.

use super::*;

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

/// A bad message costs eighteen tries, and a good one that failed looks like it.
#[test]
fn good_ones_pass_bad_ones_where_good_ones_fail_in_the_same_way() {
    const COUNT: u64 = 30_000;
    let mut dice = dice(4);
    let bad: Vec<bool> = (0..COUNT).map(|_| dice() < 0.3).collect();
    let is_bad = bad.clone();
    let good = bad.iter().filter(|is_bad| !**is_bad).count();
    let mut world = world(
        move |_, id| match bad[number(id) as usize] || dice() < 0.3 {
            true => status(500),
            false => Verdict::Delivered,
        },
    );
    (0..COUNT).for_each(|_| world.send(None));
    // A hundred calls at once, of which seven in ten get through, in 20 ms.
    let least = COUNT as f64 / (100.0 / 0.02 * 0.7);
    world.run_until(at((least / 0.8) as u64 + 2));
    let delivered = world.delivered.len();
    assert!(delivered * 10 >= good * 9, "{delivered} of {good}");
    world.run_until(at(200));
    assert_eq!(world.delivered.len(), good, "all of them");
    let calls = world.attempts;
    world.run_until(at(400));
    assert!(
        world.attempts < calls + 200,
        "what is left waits for others"
    );
    let dead = world.dead();
    assert!(dead.iter().all(|&id| is_bad[id as usize]), "{dead:?}");
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
