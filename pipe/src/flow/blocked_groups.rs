//! Message groups whose first message was left to the queue: when that message comes again, it must
//! come alone. Pure: time is an argument.
//!
//! SQS hands out several messages of a group at once. Behind a message that is rejected every time,
//! each of them would be received as often as that one, untried, and go to the dead-letter queue
//! with it. While a group is blocked, receives ask for one message each. It is unblocked when one
//! of its messages is delivered.

use std::collections::HashMap;
use std::time::Duration;

use kit::time::Timestamp;

/// The most groups that are remembered.
const MOST: usize = 1000;

/// The blocked groups of a queue.
#[derive(Debug, Default)]
pub(super) struct BlockedGroups {
    /// When the first message of each group comes back.
    groups: HashMap<String, Timestamp>,
    soonest: Option<Timestamp>,
}

impl BlockedGroups {
    /// The first message of this group is hidden until `due`.
    pub(super) fn insert(&mut self, group: &str, due: Timestamp) {
        if self.groups.len() < MOST || self.groups.contains_key(group) {
            self.groups.insert(group.to_owned(), due);
            self.look();
        }
    }

    /// A message of this group was delivered.
    pub(super) fn remove(&mut self, group: Option<&str>) {
        if group.is_some_and(|group| self.groups.remove(group).is_some()) {
            self.look();
        }
    }

    /// When the next first message may come back. Groups whose message should have come long before
    /// `now` are forgotten: another receiver has it.
    pub(super) fn next(&mut self, now: Timestamp, patience: Duration) -> Option<Timestamp> {
        if self.soonest.is_some_and(|due| now.since(due) > patience) {
            self.groups.retain(|_, due| now.since(*due) <= patience);
            self.look();
        }
        self.soonest
    }

    fn look(&mut self) {
        self.soonest = self.groups.values().min().copied();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_group_is_due_from_its_time_until_it_moves_on_or_is_given_up() {
        let (mut blocked, patience) = (BlockedGroups::default(), Duration::from_secs(60));
        blocked.insert("a", at(30));
        blocked.insert("b", at(50));
        assert_eq!(blocked.next(at(10), patience), Some(at(30)));
        blocked.remove(Some("a"));
        blocked.remove(None);
        assert_eq!(blocked.next(at(29), patience), Some(at(50)));
        assert_eq!(blocked.next(at(110), patience), Some(at(50)));
        assert_eq!(blocked.next(at(111), patience), None, "given up");
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut blocked = BlockedGroups::default();
        (0..2 * MOST).for_each(|n| blocked.insert(&n.to_string(), at(9)));
        blocked.insert("0", at(5));
        assert_eq!((blocked.groups.len(), blocked.soonest), (MOST, Some(at(5))));
    }
}
