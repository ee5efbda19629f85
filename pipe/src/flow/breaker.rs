//! The circuit breaker of one pipe: whether the target takes messages (closed) or takes none
//! (open). Pure: time is an argument.
//!
//! One question decides, whatever the status: do *other* messages get through? A run of failures
//! without one success between them opens the breaker, sooner where failures are rare and later
//! where they are common. While it is open nothing flows; [`Probes`] decides which few messages are
//! sent to find one that gets through, and that one closes the breaker.

mod probes;
mod run;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use kit::time::Timestamp;

use super::cause::Cause;
use super::work::Work;
use probes::Probes;
use run::Run;

/// The share of failures is counted over the first tries of so many messages.
const WINDOW: usize = 100;

/// Messages flow when so many successes came within [`FLOWING`]. When they stop to after that, it
/// is likely an outage; bad messages in a row hardly ever look like that.
const FLOW: usize = 5;
const FLOWING: Duration = Duration::from_secs(2);

/// When a target goes away again within this time, it is probed as slowly as at the end of the
/// outage before.
const RELAPSE: Duration = Duration::from_secs(10);

/// The breaker opened or closed: worth a line in the log, with the numbers behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum TargetChange {
    /// No message gets through: the target is at fault.
    Down {
        /// How many failures came in a row.
        failures: usize,
        /// How many different messages failed.
        messages: usize,
        /// What share of earlier deliveries failed.
        share: f64,
        /// What the last failure suggests.
        cause: Cause,
    },
    /// A message got through.
    Up {
        /// How long none did.
        after: Duration,
        /// How many messages were tried meanwhile.
        probes: usize,
    },
}

/// What is known of a message that failed, and of others like it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    /// Whether the message failed before in the same way.
    pub(super) failed: bool,
    /// What share of the messages that failed gets through the next time.
    pub(super) share: f64,
}

/// The circuit breaker.
#[derive(Debug)]
pub(super) struct Breaker {
    /// Present while the breaker is open.
    probes: Option<Probes>,
    run: Option<Run>,
    /// The first tries that were sent last, by when, with a number: whether each was a failure.
    results: BTreeMap<(Timestamp, u64), bool>,
    failures: usize,
    counter: u64,
    /// When the last successes came, oldest first.
    passed_at: VecDeque<Timestamp>,
    /// The last outage that was not a moment's.
    last: Option<Outage>,
}

/// An outage that is over.
#[derive(Debug, Clone, Copy)]
struct Outage {
    ended: Timestamp,
    /// The pause between probes at its end.
    pause: Duration,
    /// Whether messages flowed until it began.
    flowed: bool,
}

impl Breaker {
    /// For a target that nothing is known of: it is asked with one message first.
    pub(super) fn new(now: Timestamp) -> Breaker {
        Breaker {
            probes: Some(Probes::first(now)),
            run: None,
            results: BTreeMap::new(),
            failures: 0,
            counter: 0,
            passed_at: VecDeque::new(),
            last: None,
        }
    }

    /// Whether messages flow.
    pub(super) fn is_closed(&self) -> bool {
        self.probes.is_none()
    }

    /// The search for a message that gets through, while none does.
    pub(super) fn probes(&mut self) -> Option<&mut Probes> {
        self.probes.as_mut()
    }

    /// A message that was sent at `begun` got through. Returns whether that closed the breaker, and
    /// the change if it is worth a line in the log.
    pub(super) fn passed(
        &mut self,
        now: Timestamp,
        begun: Timestamp,
        is_probe: bool,
    ) -> (bool, Option<TargetChange>) {
        self.passed_at.push_back(now);
        if self.passed_at.len() > FLOW {
            self.passed_at.pop_front();
        }
        let flowed = self.run.as_ref().is_some_and(Run::flowed);
        if self.run.as_ref().is_some_and(|run| begun >= run.begun()) {
            self.run = None;
        }
        // A message that was sent before the first failure proves nothing about now.
        let Some(probes) = self
            .probes
            .take_if(|probes| is_probe || begun > probes.run_begun)
        else {
            return (false, None);
        };
        self.run = None;
        if now.since(probes.since) >= RELAPSE / 2 {
            self.last = Some(Outage {
                ended: now,
                pause: probes.pause(),
                flowed,
            });
        }
        let change = TargetChange::Up {
            after: now.since(probes.since),
            probes: probes.sent(),
        };
        (true, probes.is_confirmed().then_some(change))
    }

    /// A message that was sent at `begun` failed, while the breaker was closed. Returns whether
    /// that opened it.
    pub(super) fn failed(
        &mut self,
        now: Timestamp,
        id: &str,
        begun: Timestamp,
        cause: Cause,
        before: Before,
    ) -> bool {
        let share = self.share();
        // What flowed before an outage is not forgotten over the few messages since it ended.
        let relapse = self
            .last
            .filter(|outage| now.since(outage.ended) < RELAPSE && cause != Cause::Throttled);
        let flowed = self.flowed(begun) || relapse.is_some_and(|outage| outage.flowed);
        let run = self
            .run
            .get_or_insert_with(|| Run::new(begun, share, before.share, flowed));
        run.failed(now, id, begun, cause, before.failed);
        let opens = self.probes.is_none() && run.is_outage();
        let (run_begun, flowed) = (run.begun(), run.flowed());
        if opens {
            let pause = relapse.map(|outage| outage.pause);
            self.probes = Some(Probes::new(now, run_begun, cause, flowed, pause));
        }
        opens
    }

    /// The first try of a message, which was sent at `begun`, failed or got through: this shows how
    /// common failures are. Those without an answer end long after the others that were sent with
    /// them; they are no sign that failures have become more common.
    pub(super) fn learn(&mut self, begun: Timestamp, failed: bool) {
        self.counter += 1;
        self.results.insert((begun, self.counter), failed);
        self.failures += usize::from(failed);
        if self.results.len() > WINDOW
            && let Some((_, failed)) = self.results.pop_first()
        {
            self.failures -= usize::from(failed);
        }
    }

    /// A probe failed. The first failure confirms that the target is down.
    pub(super) fn probe_failed(
        &mut self,
        now: Timestamp,
        work: &Work,
        cause: Cause,
        retry_after: Option<Duration>,
    ) -> Option<TargetChange> {
        let share = self
            .run
            .as_ref()
            .map_or_else(|| self.share(), Run::share_before);
        let (failures, messages) = match &mut self.run {
            Some(run) => {
                run.probe_failed(now, &work.id);
                (run.failures(), run.messages())
            }
            None => (1, 1),
        };
        let flowed = self.run.as_ref().is_some_and(Run::flowed);
        if !flowed && self.probes.as_ref().is_some_and(Probes::is_in_rounds) {
            // Bad messages in a row: there will be more.
            self.learn(work.begun, true);
        }
        let probes = self.probes.as_mut()?;
        let confirmed = probes.failed(now, cause, work.receives, retry_after);
        confirmed.then_some(TargetChange::Down {
            failures,
            messages,
            share,
            cause,
        })
    }

    /// A probe ended without a result.
    pub(super) fn probe_lost(&mut self, now: Timestamp) {
        if let Some(probes) = &mut self.probes {
            probes.lost(now);
        }
    }

    /// The share of failures among the last first tries.
    pub(super) fn share(&self) -> f64 {
        self.failures as f64 / self.results.len().max(WINDOW / 5) as f64
    }

    fn flowed(&self, begun: Timestamp) -> bool {
        self.passed_at.len() == FLOW
            && self
                .passed_at
                .front()
                .is_some_and(|&first| begun.since(first) < FLOWING)
    }
}

#[cfg(test)]
mod tests;
