//! Random worlds: whatever the target does, no message that it would take dies of it, and every one
//! that it would never take is dead in the end.
//!
//! `PROPTEST_CASES=1000 cargo test --release -p pipe --lib flow::tests::properties` is some four
//! million messages.

use std::time::Duration;

use kit::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::Order;
use super::rows::{dice, number, refused, status};
use super::world::{World, at};
use crate::flow::{Cause, Verdict};

/// How the target fails: a status, or 0 for a refused connection and 1 for silence.
type How = u16;

/// A span in which the target takes nothing.
#[derive(Debug, Clone)]
struct Outage {
    /// In seconds.
    from: u64,
    lasts: u64,
    how: How,
}

/// What a world is like.
#[derive(Debug, Clone)]
struct Plan {
    seed: u64,
    is_fifo: bool,
    /// Messages a second, for a minute or two.
    per_second: u64,
    seconds: u64,
    max_receives: u32,
    /// Milliseconds.
    latency: u64,
    /// The share of messages that the target never takes, and how.
    bad: f64,
    bad_how: How,
    /// The share of calls that fail at random, and how.
    flaky: f64,
    flaky_how: How,
    outages: Vec<Outage>,
}

const HOWS: [How; 11] = [0, 1, 301, 400, 401, 403, 404, 422, 500, 502, 503];

fn how() -> impl Strategy<Value = How> {
    prop::sample::select(&HOWS[..])
}

fn plan() -> impl Strategy<Value = Plan> {
    // A refused connection is never the fault of a message, and a message that hangs has a row of
    // its own.
    let bad_how = prop::sample::select(&HOWS[2..]);
    let flaky_how = prop::sample::select(vec![0, 404, 500, 502, 503]);
    let outage =
        (5_u64..40, 1_u64..90, how()).prop_map(|(from, lasts, how)| Outage { from, lasts, how });
    let target = (
        1_u64..300,
        prop_oneof![Just(0.0), 0.0..0.3],
        bad_how,
        prop_oneof![Just(0.0), 0.0..0.5],
        flaky_how,
    );
    let queue = (
        any::<u64>(),
        any::<bool>(),
        10_u64..60,
        20_u64..60,
        3_u32..8,
    );
    (queue, target, prop::collection::vec(outage, 0..3)).prop_map(|(queue, target, outages)| {
        let (seed, is_fifo, per_second, seconds, max_receives) = queue;
        let (latency, bad, bad_how, flaky, flaky_how) = target;
        Plan {
            seed,
            is_fifo,
            per_second,
            seconds,
            max_receives,
            latency,
            bad,
            bad_how,
            flaky,
            flaky_how,
            outages,
        }
    })
}

fn failure(how: How) -> Verdict {
    match how {
        0 => refused(),
        1 => Verdict::failed("silence", Cause::Timeout),
        how => status(how),
    }
}

impl Outage {
    fn holds(&self, now: Timestamp) -> bool {
        (at(self.from)..at(self.from + self.lasts)).contains(&now)
    }
}

impl Plan {
    fn sent(&self) -> u64 {
        self.per_second * self.seconds
    }

    /// Whether the target never takes the message.
    fn is_bad(&self, id: u64) -> bool {
        id < self.sent() && dice(self.seed ^ id.wrapping_mul(0x9E37_79B9_7F4A_7C15))() < self.bad
    }

    fn world(&self) -> World {
        let (plan, mut flaky) = (self.clone(), dice(self.seed));
        let target = move |now, id: &str| {
            let outage = plan.outages.iter().find(|outage| outage.holds(now));
            match outage {
                Some(outage) => failure(outage.how),
                None if plan.is_bad(number(id)) => failure(plan.bad_how),
                None if flaky() < plan.flaky => failure(plan.flaky_how),
                None => Verdict::Delivered,
            }
        };
        let order = if self.is_fifo {
            Order::Fifo
        } else {
            Order::Standard
        };
        let mut world = World::with(
            &[order],
            100_000,
            Duration::from_millis(self.latency),
            target,
        );
        let outages = self.outages.clone();
        world.hangs = Box::new(move |now, _| {
            let silent = outages
                .iter()
                .find(|outage| outage.holds(now))
                .is_some_and(|outage| outage.how == 1);
            silent.then_some(Duration::from_secs(5))
        });
        world.set_max_receives(self.max_receives);
        world
    }

    fn send(&self, world: &mut World, id: u64) {
        let group = format!("{}", id % 200);
        world.send(self.is_fifo.then_some(group.as_str()));
    }

    /// Everything is sent, and then a good message a second until all is over.
    fn run(&self) -> World {
        let mut world = self.world();
        for id in 0..self.sent() {
            self.send(&mut world, id);
            world.run_until(Timestamp::from_millis((id + 1) * 1000 / self.per_second));
        }
        let last = self
            .outages
            .iter()
            .map(|outage| outage.from + outage.lasts)
            .max()
            .unwrap_or(0)
            .max(self.seconds);
        let mut id = self.sent();
        let mut second = self.seconds;
        let bad = (0..self.sent()).filter(|id| self.is_bad(*id)).count();
        while second < last + 60
            || (world.dead().len() < bad || world.left() > 2) && second < last + 6000
        {
            second += 1;
            self.send(&mut world, id);
            id += 1;
            world.run_until(at(second));
        }
        world
    }
}

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

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_good_message_dies_and_every_bad_one_does(plan in plan()) {
        let world = plan.run();
        let good: Vec<u64> = world.dead().iter().copied().filter(|id| !plan.is_bad(*id)).collect();
        prop_assert!(good.is_empty(), "{} good ones died of {}: {:?}", good.len(), plan.sent(), &good[..good.len().min(9)]);
        let bad = (0..plan.sent()).filter(|id| plan.is_bad(*id)).count();
        prop_assert_eq!(world.dead().len(), bad, "dead, of all bad ones; {} are left", world.left());
        let receives = &world.queue.dead_receives;
        prop_assert!(receives.iter().all(|&count| count == plan.max_receives), "{:?}", receives);
        prop_assert!(world.left() <= 2, "{} are left", world.left());
    }

    #[test]
    fn an_outage_sees_few_calls(plan in plan()) {
        let world = plan.run();
        for outage in &plan.outages {
            let calls = world.calls.iter().filter(|&&now| outage.holds(now)).count();
            // What was under way when it began, a search for a good message, and a probe now and
            // then.
            let most = 100 + 200 + outage.lasts as usize;
            prop_assert!(calls <= most, "{calls} calls in {outage:?}");
        }
    }

    #[test]
    fn good_messages_flow_at_most_of_the_targets_rate(plan in plan()) {
        let mut world = plan.world();
        // More than it can take, for as long as it is to be watched.
        let takes = 100.0 * 1000.0 / (plan.latency as f64) * (1.0 - plan.flaky);
        // What fails at random with a status that speaks of the message has one try a receive until
        // that is known, and a start that meets refused connections takes its time.
        let flaky_how = if matches!(plan.flaky_how, 0 | 404) { 503 } else { plan.flaky_how };
        let plan = Plan { outages: Vec::new(), is_fifo: false, flaky_how, ..plan };
        let mut watched = plan.world();
        std::mem::swap(&mut world, &mut watched);
        let count = ((takes * 20.0) as u64).min(4000);
        (0..count).for_each(|id| plan.send(&mut world, id));
        let good = (0..count).filter(|id| !plan.is_bad(*id)).count();
        // Bad ones cost calls, too: one each at first, and those of their later receives.
        let fair = count as f64 / takes;
        let growth = 2.0 + plan.latency as f64 / 1000.0 * 12.0;
        world.run_until(Timestamp::from_millis(((fair / 0.8 + growth) * 1000.0) as u64));
        let delivered = world.delivered.len();
        prop_assert!(delivered as f64 >= good as f64 * 0.9, "{delivered} of {good} in {fair:.1} s and {growth:.1} s");
    }
}
