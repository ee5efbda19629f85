//! Messages that wait for another try. Pure: time is an argument.
//!
//! Those whose pause is over go in the order of their due times, each put back by a while for every
//! try that failed: the more often a message failed, the less likely it is that the next try gets
//! through. Where more messages wait than the target takes, good ones so pass the bad ones, and no
//! message waits for ever.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kit::time::Timestamp;

use super::super::work::Work;

/// How far each failed try puts a message back behind others that failed less often.
const SETBACK: Duration = Duration::from_secs(5);

/// More failed tries than this make no difference.
const MOST_SETBACKS: u32 = 12;

/// When a message is due, or its place among those that are, and a number that makes it unique.
type Key = (Timestamp, u64);

/// The messages that wait for another try.
#[derive(Debug, Default)]
pub(super) struct Retries {
    /// Messages whose pause is not over, by when it will be.
    pausing: BTreeMap<Key, Work>,
    /// Messages that may be tried, the likeliest to get through first.
    due: BTreeMap<Key, Work>,
    places: HashMap<String, Place>,
    /// Those that may be left to the queue, by their tries.
    unlikely: BTreeMap<(u32, u64), String>,
    counter: u64,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Pausing(Key),
    Due(Key),
}

impl Retries {
    /// Keeps a message until `at`.
    pub(super) fn insert(&mut self, at: Timestamp, work: Work) {
        self.counter += 1;
        let key = (at, self.counter);
        self.places.insert(work.id.clone(), Place::Pausing(key));
        if work.may_be_left {
            let id = work.id.clone();
            self.unlikely.insert((work.tries, self.counter), id);
        }
        self.pausing.insert(key, work);
    }

    /// How many messages there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether one may be tried.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        !self.due.is_empty() || self.next().is_some_and(|at| at <= now)
    }

    /// When the next pause ends.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.pausing.keys().next().map(|&(at, _)| at)
    }

    /// Takes out the message that may be tried and is the likeliest to get through.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<Work> {
        while let Some(entry) = self
            .pausing
            .first_entry()
            .filter(|first| first.key().0 <= now)
        {
            let ((at, number), work) = entry.remove_entry();
            let key = (at + setback(&work), number);
            self.places.insert(work.id.clone(), Place::Due(key));
            self.due.insert(key, work);
        }
        let ((_, number), work) = self.due.pop_first()?;
        self.places.remove(&work.id);
        self.unlikely.remove(&(work.tries, number));
        Some(work)
    }

    /// The message with this id, and until when it pauses.
    pub(super) fn find(&self, id: &str) -> Option<(Timestamp, &Work)> {
        match self.places.get(id)? {
            Place::Pausing(key) => Some((key.0, self.pausing.get(key)?)),
            Place::Due(key) => Some((Timestamp::default(), self.due.get(key)?)),
        }
    }

    /// Takes out the message with this id.
    pub(super) fn remove(&mut self, id: &str) -> Option<Work> {
        let (key, work) = match self.places.remove(id)? {
            Place::Pausing(key) => (key, self.pausing.remove(&key)?),
            Place::Due(key) => (key, self.due.remove(&key)?),
        };
        self.unlikely.remove(&(work.tries, key.1));
        Some(work)
    }

    /// Takes out the message that was tried most often, of those that may be left to the queue.
    pub(super) fn take_unlikely(&mut self) -> Option<Work> {
        let id = self.unlikely.last_key_value()?.1.clone();
        self.remove(&id)
    }

    /// Takes out all messages.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Work> + use<> {
        let all = std::mem::take(self);
        all.due.into_values().chain(all.pausing.into_values())
    }
}

fn setback(work: &Work) -> Duration {
    match work.is_known {
        true => SETBACK * MOST_SETBACKS,
        false => SETBACK * work.tries.min(MOST_SETBACKS),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::Event;

    fn failed(id: &str, tries: u32) -> Work {
        let work = Work::new(id.to_owned(), None, Event::from_record(json!({})), 1);
        Work { tries, ..work }
    }

    #[test]
    fn those_that_failed_less_often_go_first_but_not_for_ever() {
        let (mut retries, at) = (Retries::default(), |seconds: u64| {
            Timestamp::from_millis(seconds * 1000)
        });
        retries.insert(at(0), failed("often", 3));
        retries.insert(at(8), failed("once", 1));
        retries.insert(at(11), failed("later", 1));
        retries.insert(at(30), failed("pausing", 1));
        assert_eq!(
            (retries.len(), retries.is_due(at(20)), retries.next()),
            (4, true, Some(at(0)))
        );
        let order: Vec<String> = std::iter::from_fn(|| Some(retries.pop(at(20))?.id)).collect();
        assert_eq!(order, ["once", "often", "later"]);
        assert_eq!(
            (retries.is_due(at(29)), retries.next()),
            (false, Some(at(30)))
        );
    }

    #[test]
    fn of_those_that_may_be_left_the_one_that_failed_most_often_is_taken() {
        let (mut retries, at) = (Retries::default(), Timestamp::from_millis);
        for (id, tries, may_be_left) in [("a", 2, true), ("b", 3, true), ("c", 4, false)] {
            let work = failed(id, tries);
            retries.insert(
                at(9),
                Work {
                    may_be_left,
                    ..work
                },
            );
        }
        let order: Vec<String> = std::iter::from_fn(|| Some(retries.take_unlikely()?.id)).collect();
        assert_eq!((order, retries.len()), (vec!["b".into(), "a".into()], 1));
    }

    #[test]
    fn each_is_found_while_it_pauses_and_when_it_is_due() {
        let (mut retries, at) = (Retries::default(), Timestamp::from_millis);
        for (id, due) in [("a", 10), ("b", 20), ("c", 90)] {
            retries.insert(at(due), failed(id, 1));
        }
        assert_eq!(
            retries.pop(at(50)).map(|work| work.id),
            Some("a".to_owned())
        );
        assert!(retries.find("b").is_some_and(|(until, _)| until <= at(50)));
        assert!(retries.find("c").is_some_and(|(until, _)| until == at(90)));
        assert!(retries.find("a").is_none() && retries.remove("a").is_none());
        assert!(retries.remove("b").is_some() && retries.remove("c").is_some());
        assert_eq!((retries.len(), retries.is_due(at(99))), (0, false));
    }
}
