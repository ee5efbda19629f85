//! Random worlds: whatever the target does, no message that it would take dies of it, and every one
//! that it would never take is dead in the end.
//!
//! `PROPTEST_CASES=1000 cargo test --release -p pipe --lib flow::tests::properties -- --nocapture`
//! tries a thousand worlds for each, and says how many messages these had: some ten million in a
//! few minutes.

mod plan;

use std::cell::Cell;

use kit::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};

use super::world::{Batches, World};
use plan::{Outage, Plan, REFUSED, SILENT, TIMEOUT, plan};

/// The same worlds each time, unless `PROPTEST_CASES` or `PROPTEST_RNG_SEED` asks for others.
fn config() -> ProptestConfig {
    let asked = ["PROPTEST_CASES", "PROPTEST_RNG_SEED"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if asked {
        config
    } else {
        ProptestConfig {
            cases: 12,
            rng_seed: RngSeed::Fixed(12),
            ..config
        }
    }
}

/// What holds in every world. `watch` runs a world, and returns what it looked like in the end.
#[track_caller]
#[allow(clippy::print_stdout, reason = "for whoever asks for many worlds")]
fn in_every_world(watch: impl Fn(&Plan) -> (World, Result<(), TestCaseError>)) {
    let (worlds, messages) = (Cell::new(0), Cell::new(0));
    let result = TestRunner::new(config()).run(&plan(), |plan| {
        let (world, result) = watch(&plan);
        worlds.set(worlds.get() + 1);
        messages.set(messages.get() + world.queue.sent());
        result
    });
    println!("{} messages in {} worlds", messages.get(), worlds.get());
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

#[test]
fn no_good_message_dies_and_every_bad_one_does() {
    in_every_world(|plan| {
        let world = plan.run();
        let result = only_bad_ones_died(plan, &world);
        (world, result)
    });
}

fn only_bad_ones_died(plan: &Plan, world: &World) -> Result<(), TestCaseError> {
    let dead = world.dead().iter().copied();
    let good: Vec<u64> = dead.filter(|id| !plan.is_bad(*id)).collect();
    let some = &good[..good.len().min(9)];
    prop_assert!(
        good.is_empty(),
        "{} good ones died of {}: {some:?}",
        good.len(),
        plan.sent()
    );
    let bad = (0..plan.sent()).filter(|id| plan.is_bad(*id)).count();
    let left = world.left();
    prop_assert_eq!(
        world.dead().len(),
        bad,
        "dead, of all bad ones; {} are left",
        left
    );
    let receives = &world.queue.dead_receives;
    prop_assert!(
        receives.iter().all(|&count| count == plan.max_receives),
        "{receives:?}"
    );
    prop_assert_eq!(left, 0, "are left");
    Ok(())
}

/// A world that was found by chance: after two outages, the first message of nearly each group is a
/// bad one, the target is slow, and one good message a second shows that it takes any.
#[test]
fn bad_ones_in_front_of_nearly_every_group_do_not_hide_the_good_ones() {
    let outage = |from, lasts, how| Outage { from, lasts, how };
    let plan = Plan {
        seed: 10_535_928_405_863_061_286,
        is_fifo: true,
        groups: 200,
        batches: Batches {
            size: 9,
            is_partial: true,
        },
        per_second: 49,
        seconds: 31,
        max_receives: 3,
        latency: 1345,
        bad: 0.265,
        bad_how: 401,
        flaky: 0.0,
        flaky_how: SILENT,
        outages: vec![outage(8, 10, SILENT), outage(5, 20, 404)],
    };
    let world = plan.run();
    let held = only_bad_ones_died(&plan, &world).and_then(|()| few_calls(&plan, &world));
    assert!(held.is_ok(), "{held:?}");
}

#[test]
fn an_outage_sees_few_calls() {
    in_every_world(|plan| {
        let world = plan.run();
        let result = few_calls(plan, &world);
        (world, result)
    });
}

fn few_calls(plan: &Plan, world: &World) -> Result<(), TestCaseError> {
    for outage in &plan.outages {
        let calls = world.calls.iter().filter(|&&now| outage.holds(now)).count();
        // What was under way when it began, a search for a good message, and a probe now and then.
        let most = 100 + 200 + outage.lasts as usize;
        prop_assert!(calls <= most, "{calls} calls in {outage:?}");
    }
    Ok(())
}

#[test]
fn good_messages_flow_at_most_of_the_targets_rate() {
    in_every_world(|plan| {
        let plan = watched(plan);
        let (takes, count) = (plan.takes(), plan.sent());
        let mut world = plan.world();
        (0..count).for_each(|id| plan.send(&mut world, id));
        let good = (0..count).filter(|id| !plan.is_bad(*id)).count();
        // Bad ones cost calls, too: one each at first, and those of their later receives.
        let fair = count as f64 / takes;
        let mut growth = 2.0 + plan.latency as f64 / 1000.0 * 12.0;
        if plan.bad_how == SILENT {
            // Each keeps one of a hundred calls busy until the timeout.
            growth += TIMEOUT.as_secs_f64() * (1.0 + (count as usize - good) as f64 / 100.0);
        }
        world.run_until(Timestamp::from_millis(
            ((fair / 0.8 + growth) * 1000.0) as u64,
        ));
        let delivered = world.delivered.len();
        let result = match delivered as f64 >= good as f64 * 0.9 {
            true => Ok(()),
            false => Err(TestCaseError::fail(format!(
                "{delivered} of {good} in {fair:.1} s and {growth:.1} s"
            ))),
        };
        (world, result)
    });
}

/// A plan to be watched while it has more messages than its target takes: up to four thousand at
/// once, some of them bad.
fn watched(plan: &Plan) -> Plan {
    let count = ((plan.takes() * 20.0) as u64).min(4000);
    // What fails at random with a status that speaks of the message has one try a receive until
    // that is known; a start that meets refused connections takes its time; and calls that hang by
    // chance take up what the target could do meanwhile.
    let flaky_how = match plan.flaky_how {
        REFUSED | SILENT | 404 => 503,
        how => how,
    };
    let bad = match plan.bad_how {
        // A hundred that hang stop nothing; many more do.
        SILENT => plan.bad.min(80.0 / count as f64),
        _ => plan.bad,
    };
    Plan {
        outages: Vec::new(),
        is_fifo: false,
        batches: Batches::NONE,
        flaky_how,
        bad,
        per_second: count,
        seconds: 1,
        ..plan.clone()
    }
}
