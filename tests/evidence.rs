//! What a target's book and the queues prove about a pipe: how many good messages got through and
//! how soon, which are dead, and after how many receives. Pure: what was found goes in, figures
//! come out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// One message in one call.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// The message's number.
    pub n: u64,
    /// Its ApproximateReceiveCount.
    pub receives: u64,
    /// The time of arrival.
    pub at: Instant,
    /// Whether the target accepted the delivery.
    pub taken: bool,
}

/// All that was found.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// When each message was sent.
    pub sent: BTreeMap<u64, Instant>,
    /// What the target was sent, in order.
    pub calls: Vec<Call>,
    /// The dead letters, and how often each was received.
    pub dead: BTreeMap<u64, u64>,
    /// When the watch ended.
    pub end: Instant,
}

/// Of several durations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waits {
    /// The median.
    pub median: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The longest.
    pub most: Duration,
}

/// What the evidence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Messages that the target would take.
    pub good: usize,
    /// Those that it took.
    pub delivered: usize,
    /// Those that it took more than once.
    pub twice: usize,
    /// Those that are dead.
    pub good_dead: usize,
    /// Messages that it never takes.
    pub poison: usize,
    /// Those that are dead.
    pub poison_dead: usize,
    /// How often dead poison was received: every count that occurs.
    pub deaths: BTreeSet<u64>,
    /// The highest receive count that a good message was called with.
    pub most_receives: u64,
    /// From the send to the first time that it was taken, of good messages; until the end for those
    /// that were not.
    pub waits: Waits,
    /// From the first call to the first good message that was taken.
    pub first: Option<Duration>,
    /// From the first call to when the last good message was taken.
    pub last: Option<Duration>,
}

impl Evidence {
    /// The figures, when `is_poison` tells what the target never takes.
    pub fn figures(&self, is_poison: impl Fn(u64) -> bool) -> Figures {
        let (poison, good): (BTreeSet<u64>, BTreeSet<u64>) =
            self.sent.keys().partition(|n| is_poison(**n));
        let mut taken = BTreeMap::<u64, (Instant, usize)>::new();
        for call in self
            .calls
            .iter()
            .filter(|call| call.taken && good.contains(&call.n))
        {
            taken.entry(call.n).or_insert((call.at, 0)).1 += 1;
        }
        let begun = self.calls.first().map(|call| call.at);
        let since_begun = |at: Instant| begun.map(|begun| at.duration_since(begun));
        let wait = |n: &u64| {
            taken
                .get(n)
                .map_or(self.end, |(at, _)| *at)
                .duration_since(self.sent[n])
        };
        let dead = |of: &BTreeSet<u64>| self.dead.keys().filter(|n| of.contains(n)).count();
        let of_good = self.calls.iter().filter(|call| good.contains(&call.n));
        Figures {
            good: good.len(),
            delivered: taken.len(),
            twice: taken.values().filter(|(_, times)| *times > 1).count(),
            good_dead: dead(&good),
            poison: poison.len(),
            poison_dead: dead(&poison),
            deaths: self
                .dead
                .iter()
                .filter(|(n, _)| poison.contains(n))
                .map(|(_, receives)| *receives)
                .collect(),
            most_receives: of_good.map(|call| call.receives).max().unwrap_or_default(),
            waits: waits(good.iter().map(wait).collect()),
            first: taken
                .values()
                .map(|(at, _)| *at)
                .min()
                .and_then(since_begun),
            last: taken
                .values()
                .map(|(at, _)| *at)
                .max()
                .and_then(since_begun),
        }
    }

    /// Calls from `from` until `to`, each with one message or several.
    pub fn calls_between(&self, from: Instant, to: Instant) -> usize {
        let times = self.calls.iter().map(|call| call.at);
        times
            .filter(|at| (from..to).contains(at))
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// Messages taken a second, as long as there were some that had not been tried: what waits for
    /// another try at the end tells of pauses, not of speed.
    pub fn rate(&self) -> f64 {
        let mut tried = BTreeSet::new();
        let fresh: Vec<Instant> = self
            .calls
            .iter()
            .filter(|call| tried.insert(call.n))
            .map(|call| call.at)
            .collect();
        let Some((first, last)) = fresh.first().zip(fresh.last()) else {
            return 0.0;
        };
        let taken = self
            .calls
            .iter()
            .filter(|call| call.taken && call.at <= *last)
            .count();
        taken as f64 / last.duration_since(*first).as_secs_f64().max(0.001)
    }

    /// How a target that came back at `from` took messages. None while it took nothing.
    pub fn recovery(&self, from: Instant) -> Option<Recovery> {
        const SECOND: Duration = Duration::from_secs(1);
        let taken: Vec<Duration> = self
            .calls
            .iter()
            .filter(|call| call.taken)
            .filter_map(|call| call.at.checked_duration_since(from))
            .collect();
        // Counted from each message on, so that no border of seconds cuts a burst in two.
        let mut end = 0;
        let counts: Vec<usize> = (0..taken.len())
            .map(|begin| {
                while taken.get(end).is_some_and(|at| *at < taken[begin] + SECOND) {
                    end += 1;
                }
                end - begin
            })
            .collect();
        let (best, most) = counts.iter().enumerate().max_by_key(|(_, count)| **count)?;
        let full = counts.iter().position(|count| count * 2 >= *most)?;
        Some(Recovery {
            full_speed: taken[full],
            most: *most,
            best: taken[best],
        })
    }
}

/// How a target took messages after its return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// Until the first second in which it took half as many messages as in its best one.
    pub full_speed: Duration,
    /// How many it took in its best second.
    pub most: usize,
    /// Until that second.
    pub best: Duration,
}

/// Median, 99th percentile and the longest.
fn waits(mut all: Vec<Duration>) -> Waits {
    all.sort_unstable();
    let at = |share: f64| {
        all.get(((all.len() as f64 * share).ceil() as usize).saturating_sub(1))
            .copied()
    };
    let [median, p99, most] = [0.5, 0.99, 1.0].map(|share| at(share).unwrap_or_default());
    Waits { median, p99, most }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Three good messages and a poison, sent at once; each call as second, number, receive count
    /// and whether it was taken.
    fn evidence(calls: &[(u32, u64, u64, bool)], dead: &[(u64, u64)]) -> Evidence {
        let begun = Instant::now();
        let calls = calls.iter().map(|&(at, n, receives, taken)| Call {
            n,
            receives,
            at: begun + SECOND * at,
            taken,
        });
        let sent = (0..4).map(|n| (n, begun)).collect();
        Evidence {
            sent,
            calls: calls.collect(),
            dead: dead.iter().copied().collect(),
            end: begun + SECOND * 100,
        }
    }

    #[test]
    fn good_and_poison_are_counted_apart() {
        let calls = [
            (1, 3, 1, false),
            (2, 0, 1, true),
            (3, 3, 2, false),
            (4, 1, 2, true),
            (5, 1, 3, true),
        ];
        let figures = evidence(&calls, &[(3, 2), (2, 7)]).figures(|n| n == 3);
        let expected = Figures {
            good: 3,
            delivered: 2,
            twice: 1,
            good_dead: 1,
            poison: 1,
            poison_dead: 1,
            deaths: [2].into(),
            most_receives: 3,
            waits: Waits {
                median: SECOND * 4,
                p99: SECOND * 100,
                most: SECOND * 100,
            },
            first: Some(SECOND),
            last: Some(SECOND * 3),
        };
        assert_eq!(figures, expected);
    }

    #[test]
    fn speed_is_that_of_the_time_when_fresh_ones_were_left() {
        let calls = [
            (0, 0, 1, false),
            (1, 1, 1, true),
            (1, 0, 1, true),
            (4, 2, 1, true),
            (50, 3, 1, true),
        ];
        assert!((evidence(&calls, &[]).rate() - 4.0 / 50.0).abs() < 1e-9);
        assert!((evidence(&calls[..4], &[]).rate() - 3.0 / 4.0).abs() < 1e-9);
        assert!(evidence(&[], &[]).rate() < 1e-9);
    }

    #[test]
    fn full_speed_begins_with_the_first_busy_second_and_a_batch_is_one_call() {
        let taken = |times: &[u32]| times.iter().map(|&at| (at, 0, 1, true)).collect::<Vec<_>>();
        let found = evidence(&taken(&[1, 3, 6, 6, 6, 6, 7, 7, 7, 8]), &[]);
        let recovery = found.recovery(found.end - SECOND * 98);
        let expected = Recovery {
            full_speed: SECOND * 4,
            most: 4,
            best: SECOND * 4,
        };
        assert_eq!(recovery, Some(expected));
        assert_eq!(found.recovery(found.end), None);
        assert_eq!(found.calls_between(found.calls[1].at, found.calls[6].at), 2);
    }

    #[test]
    fn percentiles_are_of_what_was_found() {
        let found = waits((1..=200).rev().map(|n| SECOND * n).collect());
        assert_eq!(
            found,
            Waits {
                median: SECOND * 100,
                p99: SECOND * 198,
                most: SECOND * 200
            }
        );
        assert_eq!(waits(Vec::new()), Waits::default());
    }
}
