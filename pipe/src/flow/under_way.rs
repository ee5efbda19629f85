//! Deliveries that are under way, and which of them hang. Pure: time is an argument.
//!
//! A delivery that takes far longer than the others, while those get through, gives its slot to
//! another.

use std::collections::BTreeSet;
use std::time::Duration;

use kit::time::Timestamp;

/// A delivery hangs after this time, if it also took so many times as long as usual.
const PATIENCE: Duration = Duration::from_secs(1);
const USUAL_TIMES: u32 = 4;

/// Deliveries are quick that take less than the time of one that hangs by so many times.
const QUICK: u32 = 8;

/// The weight of one success in the usual time.
const WEIGHT: f64 = 0.1;

/// The deliveries that are under way.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    /// When each delivery began, and its ticket.
    all: BTreeSet<(Timestamp, u64)>,
    counter: u64,
    /// How long a delivery that gets through takes, in seconds.
    usual: Option<f64>,
    /// When the latest delivery that got through began.
    passed: Option<Timestamp>,
    /// When the last delivery got through.
    passed_at: Option<Timestamp>,
    /// The second that is counted.
    second: u64,
    /// How many deliveries got through in this second, and in the one before.
    counts: (usize, usize),
}

impl UnderWay {
    /// How many deliveries are under way.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// A delivery begins. Returns its ticket.
    pub(super) fn begin(&mut self, now: Timestamp) -> u64 {
        self.counter += 1;
        self.all.insert((now, self.counter));
        self.counter
    }

    /// A delivery ends.
    pub(super) fn end(&mut self, begun: Timestamp, ticket: u64) {
        self.all.remove(&(begun, ticket));
    }

    /// A delivery that began at `begun` got through.
    pub(super) fn passed(&mut self, now: Timestamp, begun: Timestamp) {
        let took = now.since(begun).as_secs_f64();
        self.usual = Some(
            self.usual
                .map_or(took, |usual| usual + (took - usual) * WEIGHT),
        );
        self.passed = self.passed.max(Some(begun));
        self.passed_at = Some(now);
        let second = now.as_secs();
        if second != self.second {
            let before = if second == self.second + 1 {
                self.counts.0
            } else {
                0
            };
            (self.second, self.counts) = (second, (0, before));
        }
        self.counts.0 += 1;
    }

    /// How many deliveries got through in the last full second or in this one, whichever is more.
    pub(super) fn per_second(&self) -> usize {
        self.counts.0.max(self.counts.1)
    }

    /// Whether a delivery that began after `begun` got through.
    pub(super) fn passed_after(&self, begun: Timestamp) -> bool {
        self.passed.is_some_and(|passed| passed > begun)
    }

    /// Whether a delivery got through within the last `span`.
    pub(super) fn passed_within(&self, now: Timestamp, span: Duration) -> bool {
        self.passed_at.is_some_and(|at| now.since(at) <= span)
    }

    /// How long a delivery usually takes.
    pub(super) fn usual(&self) -> Option<Duration> {
        self.usual.map(Duration::from_secs_f64)
    }

    /// Whether deliveries that get through take far less time than one that began at `begun`.
    pub(super) fn is_quick(&self, now: Timestamp, begun: Timestamp) -> bool {
        self.usual()
            .is_some_and(|usual| usual * QUICK < now.since(begun))
    }

    /// How many slots are taken: deliveries that hang take none, up to `most` of them.
    pub(super) fn slots_taken(&self, now: Timestamp, most: usize) -> usize {
        let (patience, Some(passed)) = (self.patience(), self.passed) else {
            return self.all.len();
        };
        let hang = |&&(begun, _): &&(Timestamp, u64)| begun + patience <= now && begun < passed;
        self.all.len() - self.all.iter().take(most).take_while(hang).count()
    }

    /// Whether all deliveries hang and none began for a while: one more shows whether the target
    /// takes other messages.
    pub(super) fn is_stuck(&self, now: Timestamp) -> bool {
        let (Some((first, _)), Some((last, _))) = (self.all.first(), self.all.last()) else {
            return false;
        };
        *first + self.patience() <= now && *last + PATIENCE <= now
    }

    /// When the next delivery begins to hang.
    pub(super) fn next_to_hang(&self, now: Timestamp) -> Option<Timestamp> {
        let patience = self.patience();
        let due = |&(begun, _): &(Timestamp, u64)| begun + patience;
        self.all.iter().map(due).find(|&due| due > now)
    }

    fn patience(&self) -> Duration {
        self.usual()
            .map_or(PATIENCE, |usual| (usual * USUAL_TIMES).max(PATIENCE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn what_hangs_while_others_get_through_takes_no_place() {
        let mut under_way = UnderWay::default();
        let tickets: Vec<u64> = (0..10).map(|n| under_way.begin(at(n))).collect();
        assert_eq!(
            (under_way.slots_taken(at(5000), 100), under_way.len()),
            (10, 10),
            "nothing got through"
        );
        under_way.passed(at(20), at(8));
        assert_eq!(under_way.slots_taken(at(999), 100), 10);
        assert_eq!(under_way.next_to_hang(at(999)), Some(at(1000)));
        assert_eq!(
            under_way.slots_taken(at(1007), 100),
            2,
            "the others went out no earlier than what got through"
        );
        assert_eq!(
            under_way.slots_taken(at(1007), 3),
            7,
            "not more than so many"
        );
        under_way.end(at(0), tickets[0]);
        assert_eq!(
            (under_way.slots_taken(at(1007), 100), under_way.len()),
            (2, 9)
        );
        assert!(under_way.passed_after(at(7)) && !under_way.passed_after(at(8)));
    }

    #[test]
    fn a_slow_target_does_not_hang() {
        let mut under_way = UnderWay::default();
        under_way.begin(at(0));
        under_way.passed(at(3000), at(1000));
        assert_eq!(
            (
                under_way.slots_taken(at(7999), 9),
                under_way.slots_taken(at(8000), 9)
            ),
            (1, 0)
        );
    }
}
