//! What a random world is like: its queue, its target, and what goes wrong.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use kit::time::Timestamp;
use proptest::prelude::*;

use super::super::Order;
use super::super::rows::{dice, number, refused, status};
use super::super::world::{Batches, World, at};
use crate::flow::{Cause, Verdict};

/// How the target fails: a status, or [`REFUSED`] or [`SILENT`].
pub(super) type How = u16;

pub(super) const REFUSED: How = 0;
pub(super) const SILENT: How = 1;

const HOWS: [How; 11] = [REFUSED, SILENT, 301, 400, 401, 403, 404, 422, 500, 502, 503];

/// How long silence lasts.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// Where calls hang by chance, some messages of the last minute are always left.
const FEW: usize = 100;

/// They have this time, in seconds, after the last message was sent, and what they take one after
/// the other on a FIFO queue.
const LAST: u64 = 600;

/// The longest pause between tries while messages get through, in seconds.
const LONGEST_PAUSE: f64 = 0.5;

/// How long a receive of a bad message takes until the next one, in seconds: its tries, and the
/// visibility timeout.
const LONGEST_RECEIVE: f64 = 60.0;

/// A span in which the target takes nothing.
#[derive(Debug, Clone)]
pub(super) struct Outage {
    /// In seconds.
    pub(super) from: u64,
    pub(super) lasts: u64,
    pub(super) how: How,
}

/// What a world is like.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) is_fifo: bool,
    pub(super) groups: u64,
    /// How many messages go into one call.
    pub(super) batches: Batches,
    /// Messages a second, for a minute or two.
    pub(super) per_second: u64,
    pub(super) seconds: u64,
    pub(super) max_receives: u32,
    /// Milliseconds.
    pub(super) latency: u64,
    /// The share of messages that the target never takes, and how.
    pub(super) bad: f64,
    pub(super) bad_how: How,
    /// The share of calls that fail at random, and how.
    pub(super) flaky: f64,
    pub(super) flaky_how: How,
    pub(super) outages: Vec<Outage>,
}

fn batches() -> impl Strategy<Value = Batches> {
    let several = (2_usize..=10, any::<bool>());
    prop_oneof![
        3 => Just(Batches::NONE),
        1 => several.prop_map(|(size, is_partial)| Batches { size, is_partial }),
    ]
}

fn outage() -> impl Strategy<Value = Outage> {
    let how = prop::sample::select(&HOWS[..]);
    (5_u64..40, 1_u64..90, how).prop_map(|(from, lasts, how)| Outage { from, lasts, how })
}

pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let target = (
        prop_oneof![4 => 1_u64..300, 1 => 300_u64..3000],
        prop_oneof![Just(0.0), 0.0..0.3],
        // A refused connection is never the fault of a message.
        prop::sample::select(&HOWS[1..]),
        prop_oneof![Just(0.0), 0.0..0.5],
        prop::sample::select(vec![REFUSED, SILENT, 404, 500, 502, 503]),
    );
    let queue = (
        any::<u64>(),
        (any::<bool>(), prop_oneof![1_u64..20, Just(200)], batches()),
        10_u64..60,
        20_u64..60,
        3_u32..8,
    );
    let outages = prop::collection::vec(outage(), 0..3);
    (queue, target, outages).prop_map(|(queue, target, outages)| {
        let (seed, (is_fifo, groups, batches), per_second, seconds, max_receives) = queue;
        let (latency, bad, bad_how, flaky, flaky_how) = target;
        Plan {
            seed,
            is_fifo,
            groups,
            batches,
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
        REFUSED => refused(),
        SILENT => Verdict::failed("silence", Cause::Timeout),
        how => status(how),
    }
}

impl Outage {
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        (at(self.from)..at(self.from + self.lasts)).contains(&now)
    }
}

impl Plan {
    /// How many messages are sent before those that arrive one a second.
    pub(super) fn sent(&self) -> u64 {
        self.per_second * self.seconds
    }

    /// How many messages the target takes in a second, with a hundred calls at once.
    pub(super) fn takes(&self) -> f64 {
        100.0 * 1000.0 / (self.latency as f64) * (1.0 - self.flaky)
    }

    /// Whether the target never takes the message.
    pub(super) fn is_bad(&self, id: u64) -> bool {
        id < self.sent() && dice(self.seed ^ id.wrapping_mul(0x9E37_79B9_7F4A_7C15))() < self.bad
    }

    /// How a call with this message ends, but for the chance that it fails at random.
    fn answer(&self, now: Timestamp, id: u64) -> Option<How> {
        let outage = self.outages.iter().find(|outage| outage.holds(now));
        let bad = || self.is_bad(id).then_some(self.bad_how);
        outage.map(|outage| outage.how).or_else(bad)
    }

    pub(super) fn world(&self) -> World {
        let (plan, mut flaky) = (self.clone(), dice(self.seed));
        let is_silent = Rc::new(Cell::new(false));
        let was_silent = is_silent.clone();
        let target = move |now, id: &str| {
            let by_chance = || (flaky() < plan.flaky).then_some(plan.flaky_how);
            let how = plan.answer(now, number(id)).or_else(by_chance);
            is_silent.set(how == Some(SILENT));
            how.map_or(Verdict::Delivered, failure)
        };
        let order = if self.is_fifo {
            Order::Fifo
        } else {
            Order::Standard
        };
        let latency = Duration::from_millis(self.latency);
        let mut world = World::with(&[order], 100_000, latency, target);
        world.hangs = Box::new(move |_, _| was_silent.get().then_some(TIMEOUT));
        world.batches = self.batches;
        world.set_max_receives(self.max_receives);
        world
    }

    pub(super) fn send(&self, world: &mut World, id: u64) {
        // Where the first message of each group is a bad one, only a message of another group shows
        // whether the target takes any.
        let group = match id < self.sent() {
            true => format!("{}", id % self.groups),
            false => format!("later {id}"),
        };
        world.send(self.is_fifo.then_some(group.as_str()));
    }

    /// How many seconds the messages of a group take at least, which go one after the other: each
    /// that fails by chance is tried again after a pause, and bad ones die one by one.
    fn least_of_groups(&self, bad: u64) -> f64 {
        if !self.is_fifo {
            return 0.0;
        }
        let dies = f64::from(self.max_receives) * LONGEST_RECEIVE;
        self.sent().div_ceil(self.groups) as f64 * self.each() + (bad / self.groups) as f64 * dies
    }

    /// How many seconds a message of a FIFO queue takes that is no bad one.
    fn each(&self) -> f64 {
        let took = Duration::from_millis(self.latency).as_secs_f64();
        let failed = match self.flaky_how {
            SILENT => TIMEOUT.as_secs_f64(),
            _ => took,
        };
        let failures = self.flaky / (1.0 - self.flaky);
        took + failures * (failed + LONGEST_PAUSE)
    }

    /// Everything is sent, and then a good message a second until all is over.
    pub(super) fn run(&self) -> World {
        let mut world = self.world();
        for id in 0..self.sent() {
            self.send(&mut world, id);
            world.run_until(Timestamp::from_millis((id + 1) * 1000 / self.per_second));
        }
        let ends = self.outages.iter().map(|outage| outage.from + outage.lasts);
        let last = ends.max().unwrap_or(0).max(self.seconds);
        let mut id = self.sent();
        let mut second = self.seconds;
        let bad = (0..self.sent()).filter(|id| self.is_bad(*id)).count();
        let longest = last + 6000 + (self.least_of_groups(bad as u64) * 1.25) as u64;
        while second < last + 60
            || (world.dead().len() < bad || world.left() > FEW) && second < longest
        {
            second += 1;
            self.send(&mut world, id);
            id += 1;
            world.run_until(at(second));
        }
        let few = if self.is_fifo { FEW as f64 } else { 0.0 };
        world.run_until(at(second + LAST + (few * self.each() * 1.25) as u64));
        world
    }
}
