//! Messages that failed, and how likely it is that they are good all the same. Pure: time is an
//! argument.
//!
//! A failure is compared with the other messages: one that was sent later and got through shows
//! that the target took messages meanwhile. Each such comparison makes it less likely that the
//! message is good, by the share of calls with good messages that fail. That share is learned from
//! messages which got through after failures. With a target that fails half of the calls at random,
//! a message gets many tries; with a healthy one, hardly any.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kit::time::Timestamp;

use super::cause::Cause;
use super::verdict::Verdict;

/// How many messages that were left to the queue are remembered: so many can be in flight on a
/// standard queue. Messages that are forgotten come back as if they were new, and a crowd of bad
/// ones that seem new looks like an outage.
const REMEMBERED: usize = 120_000;

/// Before anything is learned, good messages are assumed to fail half a time in so many calls.
const PRIOR: f64 = 40.0;

/// What was learned fades: after so many results, half are forgotten.
const WINDOW: f64 = 1000.0;

/// The chance that a good message fails like this without a comparison, where such failures are
/// known to be the messages' fault, unless good messages fail more often.
const ALONE: f64 = 0.015;

/// From this power of ten on, a message is known to fail while others get through.
const KNOWN: f64 = -1.0;

/// Where failures are rare, a status that concerns the message counts for so many more powers of
/// ten: one try a receive is then enough, as on AWS, with a `maxReceiveCount` of three or more.
const STATUS: f64 = -1.2;

/// Beyond this share of failures, nothing counts without a comparison: a good message may have been
/// left to the queue.
const FLAKY: f64 = 0.1;

/// Beyond this share, a status that concerns the message proves no more than another one.
const RARE: f64 = 0.03;

/// A kind of failure that was a message's own fault is assumed to be one again for so long.
const PROVEN: Duration = Duration::from_secs(30 * 60);

/// The chance that a message which goes to the dead-letter queue was good is no greater than this,
/// as a power of ten. Each receive may use up its share of it.
const CERTAINTY: f64 = -9.0;

/// No receive is used up before the chance is as small as this, so that hardly a good message waits
/// for its visibility timeout. Nor is there more to be had where receives are not counted.
const EACH: f64 = CERTAINTY / 3.0;

/// How a message failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum FailureKind {
    /// The target answered with this status.
    Status(u16),
    /// There was no status; what the failure suggests.
    Cause(Cause),
}

impl FailureKind {
    /// The kind of a failure with this verdict.
    pub(super) fn of(verdict: &Verdict, cause: Cause) -> FailureKind {
        verdict
            .failure()
            .and_then(|reason| reason.status)
            .map_or(FailureKind::Cause(cause), FailureKind::Status)
    }
}

/// Messages by when they were sent, and by their number.
type Uncompared = BTreeMap<(Timestamp, u64), String>;

/// The messages that failed.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    all: HashMap<String, Suspect>,
    /// Messages that were not compared since they failed, by when they were sent.
    uncompared: Uncompared,
    /// Messages that were left to the queue, the earliest first.
    left: BTreeMap<u64, String>,
    counter: u64,
    flakiness: Flakiness,
    /// When a message that failed in a kind was last found to be at fault by comparison.
    proven: HashMap<FailureKind, Timestamp>,
}

#[derive(Debug)]
struct Suspect {
    number: u64,
    /// How many of its failures were compared with a message that got through.
    compared: u32,
    /// How many of its failures count without a comparison.
    alone: u32,
    failures: u32,
    kind: FailureKind,
    cause: Cause,
    /// When the message was sent, if its last failure was not compared yet.
    uncompared: Option<Timestamp>,
    was_left: bool,
    /// Whether it was compared since it was last left to the queue.
    is_news: bool,
    /// Whether its last failure counts although it was not compared.
    counts_alone: bool,
}

impl Suspect {
    /// Its last failure no longer waits for a comparison.
    fn settle(&mut self, uncompared: &mut Uncompared) {
        if let Some(begun) = self.uncompared.take() {
            uncompared.remove(&(begun, self.number));
        }
    }
}

/// The share of calls that failed with messages which got through in the end, by the kind of
/// failure.
#[derive(Debug, Default)]
struct Flakiness {
    passed: f64,
    failed: HashMap<FailureKind, f64>,
}

impl Flakiness {
    fn share(&self, kind: FailureKind) -> f64 {
        let failed = self.failed.get(&kind).copied().unwrap_or_default();
        (failed + 0.5) / (failed + self.passed + PRIOR)
    }

    /// A message got through after so many failures, the last of which was of this kind.
    fn learn(&mut self, failures: Option<(FailureKind, u32)>) {
        self.passed += 1.0;
        if let Some((kind, failures)) = failures {
            *self.failed.entry(kind).or_default() += f64::from(failures);
        }
        if self.passed + self.failed.values().sum::<f64>() > WINDOW {
            self.passed /= 2.0;
            self.failed.values_mut().for_each(|failed| *failed /= 2.0);
            self.failed.retain(|_, failed| *failed > 0.1);
        }
    }
}

impl Suspects {
    /// How many messages that failed are remembered.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether the message is known to fail while others get through: then it is no evidence
    /// against the target, and is not used as a probe.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.all.get(id).is_some_and(|suspect| self.knows(suspect))
    }

    /// Whether the message is known to fail in this kind.
    pub(super) fn is_known_by(&self, id: &str, kind: FailureKind) -> bool {
        self.all
            .get(id)
            .is_some_and(|suspect| suspect.kind == kind && self.knows(suspect))
    }

    /// Whether the message failed in another way before: something has changed.
    pub(super) fn failed_otherwise(&self, id: &str, kind: FailureKind) -> bool {
        self.all.get(id).is_some_and(|suspect| suspect.kind != kind)
    }

    /// The share of calls that fail in the way this message did, with messages that get through in
    /// the end.
    pub(super) fn flakiness(&self, id: &str) -> f64 {
        let share = |suspect: &Suspect| self.flakiness.share(suspect.kind);
        self.all.get(id).map_or(0.0, share)
    }

    /// Whether the last try of the message that is known of ended without an answer in time.
    pub(super) fn hung(&self, id: &str) -> bool {
        let hung = |suspect: &Suspect| suspect.cause == Cause::Timeout;
        self.all.get(id).is_some_and(hung)
    }

    /// Whether the message was left to the queue before because it was at fault.
    pub(super) fn was_left(&self, id: &str) -> bool {
        self.all.get(id).is_some_and(|suspect| suspect.was_left)
    }

    /// Whether another try of the message shows nothing unless another message gets through first.
    /// That is so for one that `is_hopeless`, or was left to the queue before.
    pub(super) fn needs_others(&self, id: &str, is_hopeless: bool) -> bool {
        let needs = |suspect: &Suspect| {
            (is_hopeless || suspect.was_left)
                && suspect.uncompared.is_some()
                && !suspect.counts_alone
        };
        self.all.get(id).is_some_and(needs)
    }

    /// A message got through.
    pub(super) fn passed(&mut self, id: &str) {
        let failures = self
            .remove(id)
            .map(|suspect| (suspect.kind, suspect.failures));
        self.flakiness.learn(failures);
    }

    /// A message that was sent at `begun` failed. `compared` says that another message was sent
    /// later and got through.
    pub(super) fn failed(
        &mut self,
        now: Timestamp,
        id: &str,
        begun: Timestamp,
        (kind, cause): (FailureKind, Cause),
        compared: bool,
    ) {
        let known = self.is_known_by(id, kind);
        let is_messages_fault = known
            || self
                .proven
                .get(&kind)
                .is_some_and(|&at| now.since(at) < PROVEN);
        let alone = is_messages_fault
            && self.flakiness.share(kind) < FLAKY
            && !matches!(cause, Cause::Unreachable | Cause::Throttled);
        let number = self.number();
        let suspect = self.all.entry(id.to_owned()).or_insert_with(|| Suspect {
            number,
            compared: 0,
            alone: 0,
            failures: 0,
            kind,
            cause,
            uncompared: None,
            was_left: false,
            is_news: false,
            counts_alone: false,
        });
        suspect.settle(&mut self.uncompared);
        if suspect.kind != kind {
            // How likely those failures were says nothing about this one.
            (suspect.compared, suspect.alone) = (0, 0);
        }
        (suspect.kind, suspect.cause, suspect.counts_alone) = (kind, cause, alone && !compared);
        suspect.failures = suspect.failures.saturating_add(1);
        if compared {
            suspect.is_news = true;
            suspect.compared += 1;
        } else {
            suspect.alone += u32::from(alone);
            suspect.uncompared = Some(begun);
            self.uncompared
                .insert((begun, suspect.number), id.to_owned());
        }
    }

    /// A message that was sent at `begun` got through. Returns the messages that were sent before
    /// it and failed: they may be at fault by now.
    pub(super) fn others_passed(&mut self, begun: Timestamp) -> Vec<String> {
        let mut compared = Vec::new();
        while let Some(entry) = self
            .uncompared
            .first_entry()
            .filter(|entry| entry.key().0 < begun)
        {
            compared.push(entry.remove());
        }
        for id in &compared {
            if let Some(suspect) = self.all.get_mut(id) {
                // The failure counts once.
                suspect.alone -= u32::from(std::mem::take(&mut suspect.counts_alone));
                suspect.compared += 1;
                (suspect.uncompared, suspect.is_news) = (None, true);
            }
        }
        compared
    }

    /// Whether it is certain enough that the message is at fault, for the `receives`th receive of
    /// `most`. `waits_anyway` says that the message would not be tried soon in any case.
    pub(super) fn is_to_blame(
        &self,
        id: &str,
        (receives, most): (u32, Option<u32>),
        waits_anyway: bool,
    ) -> bool {
        let needed = match most {
            Some(most) if most > 0 => {
                let used = CERTAINTY * f64::from(receives.clamp(1, most)) / f64::from(most);
                if waits_anyway { used } else { used.min(EACH) }
            }
            _ => EACH,
        };
        self.all
            .get(id)
            .is_some_and(|suspect| self.chance(suspect) <= needed)
    }

    /// A message that is at fault is left to the queue.
    pub(super) fn leave(&mut self, now: Timestamp, id: &str) {
        let number = self.number();
        let Some(suspect) = self.all.get_mut(id) else {
            return;
        };
        // A failure that counts without a comparison still waits for one: if no message gets
        // through any more, it was the target's.
        let waits = suspect.uncompared.filter(|_| suspect.counts_alone);
        suspect.settle(&mut self.uncompared);
        if suspect.was_left {
            self.left.remove(&suspect.number);
        }
        if let Some(begun) = waits {
            suspect.uncompared = waits;
            self.uncompared.insert((begun, number), id.to_owned());
        }
        if std::mem::take(&mut suspect.is_news) {
            self.proven.insert(suspect.kind, now);
        }
        (suspect.number, suspect.was_left) = (number, true);
        self.left.insert(number, id.to_owned());
        if self.left.len() > REMEMBERED
            && let Some((_, oldest)) = self.left.pop_first()
            && let Some(mut suspect) = self.all.remove(&oldest)
        {
            suspect.settle(&mut self.uncompared);
        }
    }

    /// A message is no longer leased: it is forgotten unless it was left to the queue before.
    pub(super) fn forget(&mut self, id: &str) {
        if !self.was_left(id) {
            self.remove(id);
        } else if let Some(suspect) = self.all.get_mut(id).filter(|held| !held.counts_alone) {
            suspect.settle(&mut self.uncompared);
        }
    }

    /// No message gets through any more: failures that were not compared are the target's fault.
    pub(super) fn target_is_down(&mut self) {
        for id in std::mem::take(&mut self.uncompared).into_values() {
            if let Some(suspect) = self.all.get_mut(&id) {
                suspect.uncompared = None;
                suspect.alone -= u32::from(std::mem::take(&mut suspect.counts_alone));
                suspect.failures = suspect.failures.saturating_sub(1);
            }
        }
    }

    /// An outage showed this kind of failure: it is not the messages' fault.
    pub(super) fn blame_target(&mut self, kind: FailureKind) {
        self.proven.remove(&kind);
    }

    /// The chance that a good message fails like this, by all that is known now, as a power of ten.
    fn chance(&self, suspect: &Suspect) -> f64 {
        let share = self.flakiness.share(suspect.kind);
        let by_status = if suspect.cause == Cause::Message && share < RARE {
            STATUS
        } else {
            0.0
        };
        let compared = match suspect.cause {
            Cause::Unreachable => return 0.0,
            // The others got through because they came first.
            Cause::Throttled => 0.5_f64.log10(),
            _ => share.log10() + by_status,
        };
        f64::from(suspect.compared) * compared
            + f64::from(suspect.alone) * (share.max(ALONE).log10() + by_status)
    }

    fn knows(&self, suspect: &Suspect) -> bool {
        suspect.was_left || suspect.compared > 0 && self.chance(suspect) <= KNOWN
    }

    fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn remove(&mut self, id: &str) -> Option<Suspect> {
        let mut suspect = self.all.remove(id)?;
        suspect.settle(&mut self.uncompared);
        if suspect.was_left {
            self.left.remove(&suspect.number);
        }
        Some(suspect)
    }
}

#[cfg(test)]
mod tests;
