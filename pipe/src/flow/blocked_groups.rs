//! Message groups whose first message was left to the queue: when that message comes again, it must
//! come alone. Pure: time is an argument.
//!
//! SQS hands out several messages of a group at once. Behind a message that is rejected every time,
//! each of them would be received as often as that one, untried, and go to the dead-letter queue
//! with it. While a group is blocked, receives ask for one message each. It is unblocked when the
//! messages that were handed back behind the first have been delivered, too: another bad one among
//! them would cost those behind it one receive more.

use std::collections::HashMap;
use std::time::Duration;

use kit::time::Timestamp;

/// The most groups that are remembered.
const MOST: usize = 1000;

/// The blocked groups of a queue.
#[derive(Debug, Default)]
pub(super) struct BlockedGroups {
    groups: HashMap<String, Blocked>,
    soonest: Option<Timestamp>,
}

#[derive(Debug)]
struct Blocked {
    /// When the first message comes back.
    due: Timestamp,
    /// So many messages behind it were received, and handed back.
    behind: usize,
}

impl BlockedGroups {
    /// The first message of this group is hidden until `due`, and `behind` messages were handed back.
    pub(super) fn insert(&mut self, group: &str, due: Timestamp, behind: usize) {
        let known = self.groups.get(group).map(|known| known.behind);
        if known.is_some() || self.groups.len() < MOST {
            let behind = behind.max(known.unwrap_or_default());
            self.groups
                .insert(group.to_owned(), Blocked { due, behind });
            self.look();
        }
    }

    /// A message of this group was delivered.
    pub(super) fn advance(&mut self, now: Timestamp, group: Option<&str>) {
        let Some(blocked) = group.and_then(|group| self.groups.get_mut(group)) else {
            return;
        };
        match blocked.behind.checked_sub(1) {
            Some(behind) => *blocked = Blocked { due: now, behind },
            None => drop(self.groups.remove(group.unwrap_or_default())),
        }
        self.look();
    }

    /// When the next first message may come back. Groups whose message should have come long before
    /// `now` are forgotten: another receiver has it.
    pub(super) fn next(&mut self, now: Timestamp, patience: Duration) -> Option<Timestamp> {
        if self.soonest.is_some_and(|due| now.since(due) > patience) {
            self.groups
                .retain(|_, blocked| now.since(blocked.due) <= patience);
            self.look();
        }
        self.soonest
    }

    fn look(&mut self) {
        self.soonest = self.groups.values().map(|blocked| blocked.due).min();
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
        blocked.insert("a", at(30), 1);
        blocked.insert("b", at(50), 0);
        assert_eq!(blocked.next(at(10), patience), Some(at(30)));
        blocked.advance(at(20), Some("a"));
        assert_eq!(
            blocked.next(at(29), patience),
            Some(at(20)),
            "one was behind"
        );
        blocked.advance(at(21), Some("a"));
        blocked.advance(at(21), None);
        assert_eq!(blocked.next(at(29), patience), Some(at(50)));
        assert_eq!(blocked.next(at(110), patience), Some(at(50)));
        assert_eq!(blocked.next(at(111), patience), None, "given up");
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut blocked = BlockedGroups::default();
        (0..2 * MOST).for_each(|n| blocked.insert(&n.to_string(), at(9), 0));
        blocked.insert("0", at(5), 0);
        assert_eq!((blocked.groups.len(), blocked.soonest), (MOST, Some(at(5))));
    }
}
