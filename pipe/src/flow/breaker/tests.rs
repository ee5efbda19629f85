//! How many failures open the breaker, and what closes it.

use super::run::{LONGEST_RUN, THROTTLED_RUN};
use super::*;
use crate::event::Event;

const FRESH: Before = Before {
    failed: false,
    share: 1.0,
};

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A breaker that saw `passed` successes, one a millisecond.
fn up(passed: u64) -> Breaker {
    let mut breaker = Breaker::new(at(0));
    assert!(breaker.passed(at(1), at(0), true).0);
    (2..=passed).for_each(|now| assert!(!breaker.passed(at(now), at(now), false).0));
    (1..=passed).for_each(|now| breaker.learn(at(now), false));
    breaker
}

/// How many failures of different messages in a row it takes.
fn run(breaker: &mut Breaker, cause: Cause) -> usize {
    let mut ids = (0..1000).map(|n| (n, n.to_string()));
    ids.find(|(_, id)| breaker.failed(at(20_000), id, at(19_999), cause, FRESH))
        .map_or(0, |(n, _)| n + 1)
}

#[test]
fn seven_messages_in_a_row_are_enough_where_failures_are_rare_whatever_the_status() {
    for cause in [
        Cause::Unreachable,
        Cause::Target,
        Cause::Either,
        Cause::Timeout,
        Cause::Message,
    ] {
        assert_eq!(run(&mut up(100), cause), 7, "{cause:?}");
    }
    assert_eq!(run(&mut up(100), Cause::Throttled), THROTTLED_RUN);
}

#[test]
fn where_failures_are_common_it_takes_more() {
    for (one_in, expected) in [(10, 8..=9), (2, 26..=28), (1, LONGEST_RUN..=LONGEST_RUN)] {
        let mut breaker = up(100);
        for now in 1000..2000 {
            if now % one_in == 0 && one_in > 1 || one_in == 1 && now % 100 != 0 {
                breaker.failed(at(now), "m", at(now), Cause::Either, FRESH);
                breaker.learn(at(now), true);
            } else {
                breaker.passed(at(now), at(now), true);
                breaker.learn(at(now), false);
            }
        }
        breaker.passed(at(2000), at(2000), true);
        let needed = run(&mut breaker, Cause::Either);
        assert!(expected.contains(&needed), "one in {one_in}: {needed}");
    }
}

#[test]
fn one_message_that_fails_again_and_again_says_less_than_many() {
    for (cause, expected) in [
        (Cause::Either, 13),
        (Cause::Message, 13),
        (Cause::Target, 7),
    ] {
        let mut breaker = up(100);
        let failures = (1..).find(|_| breaker.failed(at(500), "m", at(400), cause, FRESH));
        assert_eq!(failures, Some(expected), "{cause:?}");
    }
}

#[test]
fn a_success_that_went_out_before_the_failures_proves_nothing() {
    let mut breaker = up(10);
    (0..6).for_each(|n| {
        assert!(!breaker.failed(at(30), &n.to_string(), at(20), Cause::Message, FRESH));
    });
    assert_eq!(breaker.passed(at(31), at(19), false), (false, None));
    assert!(
        breaker.failed(at(32), "6", at(21), Cause::Message, FRESH),
        "the run went on"
    );
    assert_eq!(breaker.passed(at(33), at(20), false), (false, None));
    assert!(!breaker.is_closed());
    assert_eq!(
        breaker.passed(at(34), at(21), false),
        (true, None),
        "that one went out after it, and got through"
    );
}

#[test]
fn a_change_is_reported_when_a_probe_has_confirmed_it() {
    let mut breaker = up(100);
    assert_eq!(run(&mut breaker, Cause::Target), 7);
    assert!(
        breaker
            .probes()
            .is_some_and(|probes| probes.take_fresh(at(20_600)))
    );
    let other = Work::new(
        "other".into(),
        None,
        Event::from_record(serde_json::json!({})),
        0,
    );
    let change = breaker.probe_failed(at(20_601), &other, Cause::Target, None);
    assert_eq!(
        change,
        Some(TargetChange::Down {
            failures: 8,
            messages: 8,
            share: 0.0,
            cause: Cause::Target
        })
    );
    assert!(
        breaker
            .probes()
            .is_some_and(|probes| probes.take_fresh(at(23_000)))
    );
    assert_eq!(
        breaker.probe_failed(at(23_001), &other, Cause::Target, None),
        None,
        "it was reported"
    );
    assert!(
        breaker
            .probes()
            .is_some_and(|probes| probes.take_fresh(at(29_000)))
    );
    let up = TargetChange::Up {
        after: Duration::from_millis(9_005),
        probes: 3,
    };
    assert_eq!(
        breaker.passed(at(29_005), at(29_000), true),
        (true, Some(up))
    );
}

#[test]
fn an_outage_that_comes_back_at_once_is_one_of_messages_that_flowed() {
    let fails = |breaker: &mut Breaker, begun: u64| {
        let mut ids = (0..200).map(|n| n.to_string());
        ids.any(|id| breaker.failed(at(begun + 10), &id, at(begun), Cause::Either, FRESH))
    };
    for (back, flowed) in [(7_000, true), (7_000 + 10_000, false)] {
        let mut breaker = up(100);
        assert!(fails(&mut breaker, 150));
        assert!(breaker.passed(at(7_000), at(6_900), true).0);
        assert!(fails(&mut breaker, back));
        let run = breaker.run.as_ref().expect("it failed");
        assert_eq!(run.flowed(), flowed, "one success {back} ms ago");
    }
}

#[test]
fn failures_that_end_late_do_not_look_more_common() {
    let mut breaker = up(100);
    // Half of two hundred calls get no answer, which shows a second later.
    (1000..1200).for_each(|sent| breaker.learn(at(sent), false));
    (1000..1200).for_each(|sent| breaker.learn(at(sent), true));
    let share = breaker.share();
    assert!((0.45..=0.55).contains(&share), "{share}");
}
