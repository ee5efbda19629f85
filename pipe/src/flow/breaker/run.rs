//! Failures in a row, and how unlikely they are while the target takes messages. Pure: time is an
//! argument.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use kit::time::Timestamp;

use super::super::cause::Cause;

/// A run is an outage when a target that takes messages would show it once in so many times.
const ODDS: f64 = 1e-8;

/// Failures are assumed to be no rarer than this, so that an outage takes seven of them at least.
const LEAST_SHARE: f64 = 0.05;
const MOST_SHARE: f64 = 0.9;

/// However common failures are, so many in a row are an outage.
pub(super) const LONGEST_RUN: usize = 100;

/// So many messages must fail before a target that throttles counts as down: some of its answers
/// are late.
pub(super) const THROTTLED_RUN: usize = 20;

/// A failure counts for so long: bad messages of one group come one by one, each when the one
/// before it is dead.
const MEMORY: Duration = Duration::from_secs(60);

/// Failures since the last success.
#[derive(Debug)]
pub(super) struct Run {
    /// When the first message that failed was sent. Messages sent before prove nothing about it.
    begun: Timestamp,
    /// The failures of the last minute.
    failures: VecDeque<FailureInRun>,
    /// The share of failures before the run.
    share: f64,
    /// What share of messages that had failed got through the next time, before the run.
    again: f64,
    is_throttled: bool,
    /// Whether every cause so far excludes that a message is at fault.
    excludes_messages: bool,
    /// Whether messages flowed until the run began.
    flowed: bool,
}

#[derive(Debug)]
struct FailureInRun {
    at: Timestamp,
    id: String,
    /// The logarithm of the chance that a target which takes messages shows this failure.
    chance: f64,
}

impl Run {
    /// A run without failures yet. The first message that fails was sent at `begun`.
    pub(super) fn new(begun: Timestamp, share: f64, again: f64, flowed: bool) -> Run {
        Run {
            begun,
            failures: VecDeque::new(),
            share,
            again,
            is_throttled: false,
            excludes_messages: true,
            flowed,
        }
    }

    /// When the first message that failed was sent.
    pub(super) fn begun(&self) -> Timestamp {
        self.begun
    }

    /// Whether messages flowed until the run began.
    pub(super) fn flowed(&self) -> bool {
        self.flowed
    }

    /// The share of failures before the run.
    pub(super) fn share_before(&self) -> f64 {
        self.share
    }

    /// How many failures the last minute had.
    pub(super) fn failures(&self) -> usize {
        self.failures.len()
    }

    /// How many different messages failed.
    pub(super) fn messages(&self) -> usize {
        self.by_message().len()
    }

    /// A message failed that was sent at `begun`.
    pub(super) fn failed(
        &mut self,
        now: Timestamp,
        id: &str,
        begun: Timestamp,
        cause: Cause,
        failed_before: bool,
    ) {
        self.begun = self.begun.min(begun);
        // A message that failed before fails again with some chance, as of before the run: that is
        // no reason to doubt the target.
        let usual = if failed_before { 1.0 - self.again } else { 0.0 };
        let chance = self.share.clamp(LEAST_SHARE, MOST_SHARE).max(usual);
        self.add(now, id, chance);
        self.is_throttled |= cause == Cause::Throttled;
        self.excludes_messages &=
            matches!(cause, Cause::Unreachable | Cause::Target | Cause::Throttled);
    }

    /// A probe failed: it is counted, and is no further evidence.
    pub(super) fn probe_failed(&mut self, now: Timestamp, id: &str) {
        self.add(now, id, 1.0);
    }

    fn add(&mut self, now: Timestamp, id: &str, chance: f64) {
        let is_old = |failure: &FailureInRun| now.since(failure.at) > MEMORY;
        while self.failures.front().is_some_and(is_old) || self.failures.len() >= 2 * LONGEST_RUN {
            self.failures.pop_front();
        }
        self.failures.push_back(FailureInRun {
            at: now,
            id: id.to_owned(),
            chance: chance.ln(),
        });
    }

    /// For each message, the chance of its least likely failure.
    fn by_message(&self) -> HashMap<&str, f64> {
        let mut messages: HashMap<&str, f64> = HashMap::new();
        for FailureInRun { id, chance, .. } in &self.failures {
            let least = messages.entry(id.as_str()).or_default();
            *least = least.min(*chance);
        }
        messages
    }

    /// Whether a target that takes messages would hardly ever show this run.
    pub(super) fn is_outage(&self) -> bool {
        let messages = self.by_message();
        if self.is_throttled && messages.len() < THROTTLED_RUN {
            return false;
        }
        // One message that fails again and again proves less than many that fail.
        let attempts: f64 = self.failures.iter().map(|failure| failure.chance).sum();
        let attempts = if self.excludes_messages {
            attempts
        } else {
            attempts / 2.0
        };
        let evidence = messages
            .values()
            .filter(|chance| **chance <= MOST_SHARE.ln())
            .count();
        attempts.min(messages.values().sum()) <= ODDS.ln() || evidence >= LONGEST_RUN
    }
}
