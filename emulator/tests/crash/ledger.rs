//! What clients asked for and what they were answered, by the names of the messages; and what must be true of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::client::Received;

/// How long a message is hidden before a client has said what becomes of it.
pub const HIDDEN: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub struct Ledger {
    pub tried: BTreeSet<String>,
    pub sent: BTreeSet<String>,
    /// The beginning of the last receive that brought it.
    received: BTreeMap<String, Instant>,
    /// Hidden for long: the receipt handle.
    pub kept: BTreeMap<String, String>,
    pub keep_tried: BTreeSet<String>,
    pub delete_tried: BTreeSet<String>,
    pub deleted: BTreeSet<String>,
    /// In FIFO queues, sent and not yet deleted: group and number.
    waiting: BTreeSet<(String, u64)>,
}

impl Ledger {
    /// Notes what a receive brought that began at `begun`. Nothing of it may belong to somebody else, or be gone.
    pub fn receive(&mut self, begun: Instant, messages: &[Received]) {
        for Received { name, .. } in messages {
            assert!(self.tried.contains(name), "nobody sent {name}");
            assert!(!self.deleted.contains(name), "{name} was deleted, and is back");
            assert!(!self.kept.contains_key(name), "{name} was received while it was hidden for long");
            let again = self.received.insert(name.clone(), begun);
            // The first receive cannot have hidden it before it began, so this one came too early for sure.
            let too_early = again.is_some_and(|first| first.elapsed() < HIDDEN);
            assert!(!too_early || self.keep_tried.contains(name), "{name} was received twice within its visibility");
        }
    }

    /// Notes a send to a FIFO queue, where names are a group and a number.
    pub fn send_in_line(&mut self, name: String) {
        self.waiting.insert(numbered(&name));
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

    /// Notes what a receive from a FIFO queue brought: what is in front of a message in its group comes just before it.
    pub fn receive_in_line(&mut self, messages: &[Received]) {
        let mut seen = BTreeSet::new();
        for Received { name, .. } in messages {
            assert!(self.tried.contains(name), "nobody sent {name}");
            assert!(!self.deleted.contains(name), "{name} was deleted, and is back");
            let (group, number) = numbered(name);
            let mut in_front = self.waiting.range((group.clone(), 0)..(group.clone(), number));
            assert_eq!(in_front.find(|other| !seen.contains(*other)), None, "{name} overtook it");
            assert_eq!(seen.range((group.clone(), number)..=(group.clone(), u64::MAX)).next(), None, "before {name}");
            seen.insert((group, number));
        }
    }

    /// Nothing is lost: what was answered for and is neither deleted nor hidden for long was found at the end.
    pub fn check(&self, found: &BTreeSet<String>) {
        let settled = |name: &String| self.delete_tried.contains(name) || self.keep_tried.contains(name);
        let lost: Vec<_> = self.sent.iter().filter(|name| !settled(name) && !found.contains(*name)).collect();
        assert!(lost.is_empty(), "answered for and gone: {lost:?}");
        let back: Vec<_> = found.intersection(&self.deleted).collect();
        assert!(back.is_empty(), "deleted and back: {back:?}");
    }
}

fn numbered(name: &str) -> (String, u64) {
    let (group, number) = name.split_once('-').unwrap();
    (group.to_owned(), number.parse().unwrap())
}
