//! What clients asked for and what they were answered, by the names of the messages; and what must
//! be true of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::client::Received;

/// When a call began, and when its answer was there: the emulator did its work somewhere between.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub begun: Instant,
    pub ended: Instant,
}

impl Span {
    /// The longest time that can lie between the work of this call and that of another. Threads
    /// come to the ledger in any order, so either may have been the first.
    fn apart(self, other: Span) -> Duration {
        let after = |first: Span, second: Span| second.ended.saturating_duration_since(first.begun);
        after(self, other).max(after(other, self))
    }
}

/// How long a message is hidden before a client has said what becomes of it.
pub const HIDDEN: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub struct Ledger {
    pub tried: BTreeSet<String>,
    pub sent: BTreeSet<String>,
    /// The last receive that brought it.
    received: BTreeMap<String, Span>,
    /// Hidden for long: since when for sure, and the receipt handle.
    pub kept: BTreeMap<String, (Instant, String)>,
    pub keep_tried: BTreeSet<String>,
    pub delete_tried: BTreeSet<String>,
    /// Since when for sure.
    pub deleted: BTreeMap<String, Instant>,
    /// In FIFO queues, sent and not yet deleted: group and number.
    waiting: BTreeSet<(String, u64)>,
}

impl Ledger {
    /// Notes what a receive brought. Nothing of it may belong to somebody else, or have been gone
    /// when it began.
    pub fn receive(&mut self, span: Span, messages: &[Received]) {
        for Received { name, .. } in messages {
            assert!(self.tried.contains(name), "nobody sent {name}");
            let was_deleted = self
                .deleted
                .get(name)
                .is_some_and(|since| *since < span.begun);
            assert!(!was_deleted, "{name} was deleted, and is back");
            let was_hidden = self
                .kept
                .get(name)
                .is_some_and(|(since, _)| *since < span.begun);
            assert!(
                !was_hidden,
                "{name} was received while it was hidden for long"
            );
            let again = self.received.insert(name.clone(), span);
            let too_early = again.is_some_and(|other| span.apart(other) < HIDDEN);
            assert!(
                !too_early || self.keep_tried.contains(name),
                "{name} was received twice within its visibility"
            );
        }
    }

    /// Notes an answered send to a FIFO queue, where names are a group and a number. A reader may
    /// have been quicker than the answer, and have deleted the message already.
    pub fn send_in_line(&mut self, name: String) {
        if !self.delete_tried.contains(&name) {
            self.waiting.insert(numbered(&name));
        }
        self.sent.insert(name);
    }

    /// Notes that messages of a FIFO queue are about to be deleted.
    pub fn try_delete_in_line(&mut self, name: &str) {
        self.leave_line(name);
        self.delete_tried.insert(name.to_owned());
    }

    /// Nobody has to wait for this message any more.
    pub fn leave_line(&mut self, name: &str) {
        self.waiting.remove(&numbered(name));
    }

    /// Notes what a receive from a FIFO queue brought: what is in front of a message in its group
    /// comes just before it.
    pub fn receive_in_line(&mut self, messages: &[Received]) {
        let mut seen = BTreeSet::new();
        for Received { name, .. } in messages {
            assert!(self.tried.contains(name), "nobody sent {name}");
            assert!(
                !self.deleted.contains_key(name),
                "{name} was deleted, and is back"
            );
            let (group, number) = numbered(name);
            let mut in_front = self
                .waiting
                .range((group.clone(), 0)..(group.clone(), number));
            assert_eq!(
                in_front.find(|other| !seen.contains(*other)),
                None,
                "{name} overtook it"
            );
            assert_eq!(
                seen.range((group.clone(), number)..=(group.clone(), u64::MAX))
                    .next(),
                None,
                "before {name}"
            );
            seen.insert((group, number));
        }
    }

    /// Nothing is lost: what was answered for and is neither deleted nor hidden for long was found
    /// at the end.
    pub fn check(&self, found: &BTreeSet<String>) {
        let settled =
            |name: &String| self.delete_tried.contains(name) || self.keep_tried.contains(name);
        let lost: Vec<_> = self
            .sent
            .iter()
            .filter(|name| !settled(name) && !found.contains(*name))
            .collect();
        assert!(lost.is_empty(), "answered for and gone: {lost:?}");
        let back: Vec<_> = found
            .iter()
            .filter(|name| self.deleted.contains_key(*name))
            .collect();
        assert!(back.is_empty(), "deleted and back: {back:?}");
    }
}

fn numbered(name: &str) -> (String, u64) {
    let (group, number) = name.split_once('-').unwrap();
    (group.to_owned(), number.parse().unwrap())
}
