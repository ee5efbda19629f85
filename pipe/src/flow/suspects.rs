//! Messages that failed, and how likely it is that the target would take them all the same. Pure:
//! time is told.
//!
//! A failure is compared with what else the target was given: one that went out later and got
//! through shows that the target took messages meanwhile. Each such comparison makes it less likely
//! that the message is good, by the share of failures that good messages meet with; that is learned
//! from those which got through after failures. A target that fails half of the calls at random
//! gets many tries, a healthy one hardly any.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kit::time::Timestamp;

use super::cause::Cause;
use super::verdict::Verdict;

/// Messages that were left to the queue are remembered up to this number.
const REMEMBERED: usize = 10_000;

/// Before anything is learned, the share of failures that good messages meet with is half a failure
/// in so many calls.
const PRIOR: f64 = 40.0;

/// What was learned fades: of so many results, half are forgotten.
const WINDOW: f64 = 1000.0;

/// A failure with nothing to compare it with counts so much, where such failures are known to be
/// the messages' fault.
const ALONE: f64 = 0.015;

/// A message is known to fail while others get through from this power of ten on.
const KNOWN: f64 = -1.0;

/// A status that speaks of the message counts for so many powers of ten more, where failures are
/// rare: one try a receive is then enough, as on AWS, for a `maxReceiveCount` of three or more.
const STATUS: f64 = -1.2;

/// Beyond this share of failures nothing is known by itself: a good message may have been left to
/// the queue.
const FLAKY: f64 = 0.1;

/// A kind to fail that was found to be a message's own fault is taken to be one for so long.
const PROVEN: Duration = Duration::from_secs(30 * 60);

/// A message that was left to the queue because of itself was good with no greater chance than
/// this, altogether: the power of ten. Each receive may be spent for its share of it.
const CERTAINTY: f64 = -9.0;

/// The share where nobody counts receives.
const SHARE: f64 = CERTAINTY / 3.0;

/// In which kind a message failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum FailureKind {
    Status(u16),
    Cause(Cause),
}

impl FailureKind {
    pub(super) fn of(verdict: &Verdict, cause: Cause) -> FailureKind {
        verdict
            .failure()
            .and_then(|reason| reason.status)
            .map_or(FailureKind::Cause(cause), FailureKind::Status)
    }
}

/// Messages by when they went out and failed, and by their number.
type Uncompared = BTreeMap<(Timestamp, u64), String>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    all: HashMap<String, Suspect>,
    /// Those that were not compared with anything since they failed, by when they went out.
    uncompared: Uncompared,
    /// Those that were left to the queue, the earliest first.
    left: BTreeMap<u64, String>,
    counter: u64,
    flakiness: Flakiness,
    /// When a message was last found to be to blame, by comparison, that had failed in a kind.
    proven: HashMap<FailureKind, Timestamp>,
}

#[derive(Debug)]
struct Suspect {
    number: u64,
    /// How many of its failures were compared with one that got through, and how many count alone.
    compared: u32,
    alone: u32,
    failures: u32,
    kind: FailureKind,
    cause: Cause,
    /// When it went out, if nothing was compared with that failure yet.
    uncompared: Option<Timestamp>,
    was_left: bool,
    /// Whether it was compared lately.
    is_news: bool,
    /// Whether its last failure, which was not compared, counts alone.
    counts_alone: bool,
}

impl Suspect {
    /// Its last failure waits for a comparison no more.
    fn settle(&mut self, uncompared: &mut Uncompared) {
        if let Some(begun) = self.uncompared.take() {
            uncompared.remove(&(begun, self.number));
        }
    }
}

/// The share of failures that messages met with which got through in the end, by the kind they
/// failed.
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

    /// A message got through, after so many failures the last of which was of this kind.
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
    /// How many messages are remembered.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether the message is known to fail while others get through: it is no evidence against the
    /// target, and no help to find out whether it is up.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.all.get(id).is_some_and(|suspect| self.knows(suspect))
    }

    /// Whether the message is known to fail in this kind.
    pub(super) fn is_known_by(&self, id: &str, kind: FailureKind) -> bool {
        self.all
            .get(id)
            .is_some_and(|suspect| suspect.kind == kind && self.knows(suspect))
    }

    /// Whether the message failed in another kind before: something has changed.
    pub(super) fn failed_otherwise(&self, id: &str, kind: FailureKind) -> bool {
        self.all.get(id).is_some_and(|suspect| suspect.kind != kind)
    }

    /// Whether the message was left to the queue before, because of itself.
    pub(super) fn was_left(&self, id: &str) -> bool {
        self.all.get(id).is_some_and(|suspect| suspect.was_left)
    }

    /// A message got through.
    pub(super) fn passed(&mut self, id: &str) {
        let failures = self
            .remove(id)
            .map(|suspect| (suspect.kind, suspect.failures));
        self.flakiness.learn(failures);
    }

    /// A message failed that went out at `begun`. `compared` says that another went out later and
    /// got through.
    pub(super) fn failed(
        &mut self,
        now: Timestamp,
        id: &str,
        begun: Timestamp,
        (kind, cause): (FailureKind, Cause),
        compared: bool,
    ) {
        let known = self.is_known_by(id, kind);
        let speaks = known
            || self
                .proven
                .get(&kind)
                .is_some_and(|&at| now.since(at) < PROVEN);
        let alone = speaks
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

    /// A message got through that went out at `begun`. Those that failed before, and how they stand
    /// now, are to be looked at again.
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

    /// Whether it is certain enough that the message is to blame, for the `receives`th receive of
    /// `most`.
    pub(super) fn is_to_blame(&self, id: &str, receives: u32, most: Option<u32>) -> bool {
        let needed = match most {
            Some(most) if most > 0 => {
                CERTAINTY * f64::from(receives.clamp(1, most)) / f64::from(most)
            }
            _ => SHARE,
        };
        self.all
            .get(id)
            .is_some_and(|suspect| self.chance(suspect) <= needed)
    }

    /// A message that is to blame is left to the queue.
    pub(super) fn leave(&mut self, now: Timestamp, id: &str) {
        let number = self.number();
        let Some(suspect) = self.all.get_mut(id) else {
            return;
        };
        suspect.settle(&mut self.uncompared);
        if suspect.was_left {
            self.left.remove(&suspect.number);
        }
        if std::mem::take(&mut suspect.is_news) {
            self.proven.insert(suspect.kind, now);
        }
        (suspect.number, suspect.was_left) = (number, true);
        self.left.insert(number, id.to_owned());
        if self.left.len() > REMEMBERED
            && let Some((_, oldest)) = self.left.pop_first()
        {
            self.all.remove(&oldest);
        }
    }

    /// A message is held no more, for reasons of its own or of ours: what is known of it goes,
    /// unless it was left before.
    pub(super) fn forget(&mut self, id: &str) {
        if !self.was_left(id) {
            self.remove(id);
        } else if let Some(suspect) = self.all.get_mut(id) {
            suspect.settle(&mut self.uncompared);
        }
    }

    /// No message gets through any more: failures that were not compared are the target's.
    pub(super) fn target_is_down(&mut self) {
        for id in std::mem::take(&mut self.uncompared).into_values() {
            if let Some(suspect) = self.all.get_mut(&id) {
                suspect.uncompared = None;
                suspect.alone -= u32::from(std::mem::take(&mut suspect.counts_alone));
                suspect.failures = suspect.failures.saturating_sub(1);
            }
        }
    }

    /// An outage showed in this kind: it is not one of messages.
    pub(super) fn blame_target(&mut self, kind: FailureKind) {
        self.proven.remove(&kind);
    }

    /// The power of ten of the chance that a message which the target would take fails like this,
    /// by all that is known now.
    fn chance(&self, suspect: &Suspect) -> f64 {
        let share = self.flakiness.share(suspect.kind);
        let by_status = if suspect.cause == Cause::Message && share < FLAKY {
            STATUS
        } else {
            0.0
        };
        let compared = match suspect.cause {
            Cause::Unreachable => return 0.0,
            // Others got through because they were there first.
            Cause::Throttled => 0.5_f64.log10(),
            _ => share.log10() + by_status,
        };
        f64::from(suspect.compared) * compared
            + f64::from(suspect.alone) * (ALONE.log10() + by_status)
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
