//! What the pipe believes of its target: that it takes messages, or that it takes none. Pure: time
//! is told.
//!
//! One question decides, whatever the status: do *other* messages get through? A run of failures
//! without one success between them makes the belief change, sooner where failures are rare and
//! later where they are common. Then nothing flows; [`Search`] says which few messages go out to
//! find one that gets through, and one that does changes it back.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use kit::time::Timestamp;

use super::Work;
use super::search::Search;
use crate::flow::verdict::Cause;

/// A run of failures changes the belief when a target that takes messages would show it once in so
/// many times.
const ODDS: f64 = 1e-8;

/// Failures are taken to be no rarer than this, so that a run that counts has no fewer than seven
/// of them.
const LEAST_SHARE: f64 = 0.05;
const MOST_SHARE: f64 = 0.9;

/// However common failures are, this run counts.
const LONGEST_RUN: usize = 100;

/// A target that throttles is asked this often before it is taken to be down: some of its answers
/// are late.
const THROTTLED_RUN: usize = 20;

/// A failure counts for so long: bad messages of one group come one by one, each when the one
/// before it is dead.
const MEMORY: Duration = Duration::from_secs(60);

/// The share of failures is that of so many results.
const WINDOW: usize = 100;

/// So many successes within [`FLOWING`] before the first failure mean that messages flowed, and
/// then stopped to: an outage looks like that, a row of bad messages hardly ever does.
const FLOW: usize = 5;
const FLOWING: Duration = Duration::from_secs(2);

/// A target that goes away again within this time is asked again as slowly as it was at last.
const RELAPSE: Duration = Duration::from_secs(10);

/// A change of the belief, worth a line in the log, with the numbers that made it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// No message gets through: the target is at fault.
    Down {
        /// Failures in a row.
        failures: usize,
        /// Of so many different messages.
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
        /// How many were tried meanwhile.
        probes: usize,
    },
}

/// Whether a message failed before, and what share of such messages gets through the next time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Again {
    pub(super) failed_before: bool,
    pub(super) share: f64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Belief {
    search: Option<Search>,
    run: Option<Run>,
    /// The last results, oldest first: whether each was a failure.
    results: VecDeque<bool>,
    failures: usize,
    /// The last successes, oldest first.
    passed_at: VecDeque<Timestamp>,
    /// When the target came back, and the pause between probes that it had by then.
    back: Option<(Timestamp, Duration)>,
}

/// Failures since the last success.
#[derive(Debug)]
struct Run {
    /// When the first of them went out. What went out before says nothing about it.
    begun: Timestamp,
    /// The failures of the last minute.
    failures: VecDeque<Failure>,
    /// The share of failures before it.
    share: f64,
    /// The share of messages that failed before and got through the next time, as of then.
    again: f64,
    is_throttled: bool,
    /// Whether no message can be to blame.
    is_plain: bool,
    flowed: bool,
}

#[derive(Debug)]
struct Failure {
    at: Timestamp,
    id: String,
    /// The logarithm of the chance that a target which takes messages shows it.
    chance: f64,
}

impl Belief {
    /// Of a target that nothing is known of: it is asked with one message first.
    pub(super) fn new(now: Timestamp) -> Belief {
        Belief {
            search: Some(Search::first(now)),
            run: None,
            results: VecDeque::new(),
            failures: 0,
            passed_at: VecDeque::new(),
            back: None,
        }
    }

    /// Whether messages flow.
    pub(super) fn is_up(&self) -> bool {
        self.search.is_none()
    }

    /// The search for a message that gets through, while none does.
    pub(super) fn search(&mut self) -> Option<&mut Search> {
        self.search.as_mut()
    }

    /// A message that went out at `begun` got through. Whether the belief changed, and what is
    /// worth telling of it.
    pub(super) fn passed(
        &mut self,
        now: Timestamp,
        begun: Timestamp,
        is_probe: bool,
    ) -> (bool, Option<Change>) {
        self.remember(false);
        self.passed_at.push_back(now);
        if self.passed_at.len() > FLOW {
            self.passed_at.pop_front();
        }
        if self.run.as_ref().is_some_and(|run| begun >= run.begun) {
            self.run = None;
        }
        // What went out before the first failure says nothing about now.
        let Some(search) = self
            .search
            .take_if(|search| is_probe || begun > search.run_begun)
        else {
            return (false, None);
        };
        self.run = None;
        if now.since(search.since) >= RELAPSE / 2 {
            self.back = Some((now, search.pause()));
        }
        let change = Change::Up {
            after: now.since(search.since),
            probes: search.probes(),
        };
        (true, search.is_confirmed().then_some(change))
    }

    /// A message failed that went out at `begun`, while the target was believed to take messages.
    /// True when that changed the belief.
    pub(super) fn failed(
        &mut self,
        now: Timestamp,
        id: &str,
        begun: Timestamp,
        cause: Cause,
        again: Again,
    ) -> bool {
        let (share, flowed) = (self.share(), self.flowed(begun));
        let run = self.run.get_or_insert_with(|| Run {
            begun,
            failures: VecDeque::new(),
            share,
            again: again.share,
            is_throttled: false,
            is_plain: true,
            flowed,
        });
        run.begun = run.begun.min(begun);
        // What failed before does so again with some chance, as of before the run: it is no reason
        // to doubt the target.
        let usual = if again.failed_before {
            1.0 - run.again
        } else {
            0.0
        };
        run.add(now, id, run.share.clamp(LEAST_SHARE, MOST_SHARE).max(usual));
        run.is_throttled |= cause == Cause::Pace;
        run.is_plain &= matches!(cause, Cause::Unreachable | Cause::Target | Cause::Pace);
        let counts = self.search.is_none() && run.counts();
        let (begun, flowed) = (run.begun, run.flowed);
        self.remember(true);
        if counts {
            let relapse = self
                .back
                .filter(|(at, _)| now.since(*at) < RELAPSE && cause != Cause::Pace);
            self.search = Some(Search::new(
                now,
                begun,
                cause,
                flowed,
                relapse.map(|(_, pause)| pause),
            ));
        }
        counts
    }

    /// A message failed while one that went out later got through: that says nothing against the
    /// target, but for how common failures are.
    pub(super) fn failed_alone(&mut self) {
        self.remember(true);
    }

    /// A probe failed.
    pub(super) fn probe_failed(
        &mut self,
        now: Timestamp,
        work: &Work,
        cause: Cause,
        retry_after: Option<Duration>,
    ) -> Option<Change> {
        let share = self
            .run
            .as_ref()
            .map_or_else(|| self.share(), |run| run.share);
        let (failures, messages) = match &mut self.run {
            Some(run) => {
                run.add(now, &work.id, 1.0);
                (run.failures.len(), run.messages())
            }
            None => (1, 1),
        };
        let flowed = self.run.as_ref().is_some_and(|run| run.flowed);
        if !flowed && self.search.as_ref().is_some_and(Search::is_in_rounds) {
            // Bad messages in a row: there will be more.
            self.remember(true);
        }
        let search = self.search.as_mut()?;
        let confirmed = search.failed(now, cause, work.receives, retry_after);
        confirmed.then_some(Change::Down {
            failures,
            messages,
            share,
            cause,
        })
    }

    /// A probe ended without a result.
    pub(super) fn probe_lost(&mut self, now: Timestamp) {
        if let Some(search) = &mut self.search {
            search.lost(now);
        }
    }

    /// The share of failures among the last results.
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

    fn remember(&mut self, failed: bool) {
        if self.results.len() == WINDOW && self.results.pop_front() == Some(true) {
            self.failures -= 1;
        }
        self.results.push_back(failed);
        self.failures += usize::from(failed);
    }
}

impl Run {
    /// A failure that a target which takes messages shows with this `chance`.
    fn add(&mut self, now: Timestamp, id: &str, chance: f64) {
        while self
            .failures
            .front()
            .is_some_and(|failure| now.since(failure.at) > MEMORY)
            || self.failures.len() >= 2 * LONGEST_RUN
        {
            self.failures.pop_front();
        }
        self.failures.push_back(Failure {
            at: now,
            id: id.to_owned(),
            chance: chance.ln(),
        });
    }

    /// How many different messages failed.
    fn messages(&self) -> usize {
        self.by_message().len()
    }

    /// The chance of each message's failure that was the least likely.
    fn by_message(&self) -> HashMap<&str, f64> {
        let mut messages: HashMap<&str, f64> = HashMap::new();
        for Failure { id, chance, .. } in &self.failures {
            let least = messages.entry(id.as_str()).or_default();
            *least = least.min(*chance);
        }
        messages
    }

    /// Whether a target that takes messages would hardly ever show it.
    fn counts(&self) -> bool {
        let messages = self.by_message();
        if self.is_throttled && messages.len() < THROTTLED_RUN {
            return false;
        }
        // One message that fails again and again says less than many do.
        let attempts: f64 = self.failures.iter().map(|failure| failure.chance).sum();
        let attempts = if self.is_plain {
            attempts
        } else {
            attempts / 2.0
        };
        let speaking = messages
            .values()
            .filter(|chance| **chance <= MOST_SHARE.ln())
            .count();
        attempts.min(messages.values().sum()) <= ODDS.ln() || speaking >= LONGEST_RUN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    const FRESH: Again = Again {
        failed_before: false,
        share: 1.0,
    };

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// A belief that saw `passed` successes, one a millisecond.
    fn up(passed: u64) -> Belief {
        let mut belief = Belief::new(at(0));
        assert!(belief.passed(at(1), at(0), true).0);
        (2..=passed).for_each(|now| assert!(!belief.passed(at(now), at(now), false).0));
        belief
    }

    /// How many failures of different messages in a row it takes.
    fn run(belief: &mut Belief, cause: Cause) -> usize {
        let mut ids = (0..1000).map(|n| (n, n.to_string()));
        ids.find(|(_, id)| belief.failed(at(20_000), id, at(19_999), cause, FRESH))
            .map_or(0, |(n, _)| n + 1)
    }

    #[test]
    fn seven_messages_in_a_row_are_enough_where_failures_are_rare_whatever_the_status() {
        for cause in [
            Cause::Unreachable,
            Cause::Target,
            Cause::Either,
            Cause::Silence,
            Cause::Message,
        ] {
            assert_eq!(run(&mut up(100), cause), 7, "{cause:?}");
        }
        assert_eq!(run(&mut up(100), Cause::Pace), THROTTLED_RUN);
    }

    #[test]
    fn where_failures_are_common_it_takes_more() {
        for (one_in, expected) in [(10, 8..=9), (2, 26..=28), (1, LONGEST_RUN..=LONGEST_RUN)] {
            let mut belief = up(100);
            for now in 1000..2000 {
                if now % one_in == 0 && one_in > 1 || one_in == 1 && now % 100 != 0 {
                    belief.failed(at(now), "m", at(now), Cause::Either, FRESH);
                } else {
                    belief.passed(at(now), at(now), true);
                }
            }
            belief.passed(at(2000), at(2000), true);
            let needed = run(&mut belief, Cause::Either);
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
            let mut belief = up(100);
            let failures = (1..).find(|_| belief.failed(at(500), "m", at(400), cause, FRESH));
            assert_eq!(failures, Some(expected), "{cause:?}");
        }
    }

    #[test]
    fn a_success_that_went_out_before_the_failures_proves_nothing() {
        let mut belief = up(10);
        (0..6).for_each(|n| {
            assert!(!belief.failed(at(30), &n.to_string(), at(20), Cause::Message, FRESH));
        });
        assert_eq!(belief.passed(at(31), at(19), false), (false, None));
        assert!(
            belief.failed(at(32), "6", at(21), Cause::Message, FRESH),
            "the run went on"
        );
        assert_eq!(belief.passed(at(33), at(20), false), (false, None));
        assert!(!belief.is_up());
        assert_eq!(
            belief.passed(at(34), at(21), false),
            (true, None),
            "that one went out after it, and got through"
        );
    }

    #[test]
    fn a_change_is_told_when_a_probe_has_confirmed_it() {
        let mut belief = up(100);
        assert_eq!(run(&mut belief, Cause::Target), 7);
        assert!(
            belief
                .search()
                .is_some_and(|search| search.take_fresh(at(20_600)))
        );
        let other = Work::new(
            "other".into(),
            None,
            Event::from_record(serde_json::json!({})),
            0,
        );
        let told = belief.probe_failed(at(20_601), &other, Cause::Target, None);
        assert_eq!(
            told,
            Some(Change::Down {
                failures: 8,
                messages: 8,
                share: 0.0,
                cause: Cause::Target
            })
        );
        assert!(
            belief
                .search()
                .is_some_and(|search| search.take_fresh(at(23_000)))
        );
        assert_eq!(
            belief.probe_failed(at(23_001), &other, Cause::Target, None),
            None,
            "it is known"
        );
        assert!(
            belief
                .search()
                .is_some_and(|search| search.take_fresh(at(29_000)))
        );
        let up = Change::Up {
            after: Duration::from_millis(9_005),
            probes: 3,
        };
        assert_eq!(
            belief.passed(at(29_005), at(29_000), true),
            (true, Some(up))
        );
    }
}
