//! The messages that a pipe holds: until when SQS hides them, and when that has to be extended.
//!
//! Pure; time is told. As long as a message is held here its receive count does not rise, however slow the target is.

use std::collections::HashMap;
use std::time::Duration;

use kit::time::Timestamp;

/// Extensions ask for no less than this, even when the queue hides messages for a shorter time.
const LEAST: Duration = Duration::from_secs(10);

/// SQS hides a message for twelve hours in all; it is given back before that.
const LONGEST: Duration = Duration::from_secs(11 * 60 * 60);

/// Messages by id.
#[derive(Debug)]
pub struct Held {
    /// The queue's `VisibilityTimeout`.
    visibility: Duration,
    messages: HashMap<String, Hold>,
    next_look: Timestamp,
}

#[derive(Debug)]
struct Hold {
    receipt: String,
    since: Timestamp,
    hidden_until: Timestamp,
}

impl Held {
    /// Holds nothing yet.
    pub fn new(visibility: Duration) -> Held {
        Held { visibility, messages: HashMap::new(), next_look: Timestamp::default() }
    }

    /// Takes a delivery. False when the message is held already: then only its receipt is new.
    pub fn take(&mut self, now: Timestamp, id: &str, receipt: String) -> bool {
        let hidden_until = now + self.visibility;
        let held = self.messages.remove(id);
        let since = held.as_ref().map_or(now, |hold| hold.since);
        self.messages.insert(id.to_owned(), Hold { receipt, since, hidden_until });
        held.is_none()
    }

    /// Lets go of a message and returns its latest receipt.
    pub fn release(&mut self, id: &str) -> Option<String> {
        self.messages.remove(id).map(|hold| hold.receipt)
    }

    /// Whether a message is held for so long that it has to be given back.
    pub fn is_overdue(&self, now: Timestamp, id: &str) -> bool {
        self.messages.get(id).is_some_and(|hold| now.since(hold.since) > LONGEST)
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Receipts to be hidden for longer, and for how long. To be asked at [`Held::next_look`].
    pub fn extend(&mut self, now: Timestamp) -> (Vec<String>, Duration) {
        let span = self.visibility.max(LEAST);
        if now < self.next_look {
            return (Vec::new(), span);
        }
        self.next_look = now + (self.visibility / 4).clamp(Duration::from_millis(100), Duration::from_secs(5));
        let due = |hold: &Hold| hold.hidden_until.since(now) < self.visibility / 2 && now.since(hold.since) <= LONGEST;
        let extend = |hold: &mut Hold| {
            hold.hidden_until = now + span;
            hold.receipt.clone()
        };
        (self.messages.values_mut().filter(|hold| due(hold)).map(extend).collect(), span)
    }

    /// When to ask for extensions; `None` while nothing is held.
    pub fn next_look(&self) -> Option<Timestamp> {
        (!self.is_empty()).then_some(self.next_look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_message_is_extended_at_half_of_its_time_and_again() {
        let mut held = Held::new(Duration::from_secs(30));
        assert!(held.take(at(0), "m", "r".into()));
        let extended: Vec<u64> = (0..=60).filter(|&second| !held.extend(at(second)).0.is_empty()).collect();
        assert_eq!(extended, [20, 40, 60]);
        assert_eq!(held.release("m").as_deref(), Some("r"));
        assert!(held.is_empty() && held.next_look().is_none());
    }

    #[test]
    fn a_second_delivery_brings_a_new_receipt_and_nothing_else() {
        let mut held = Held::new(Duration::from_secs(30));
        assert!(held.take(at(0), "m", "r1".into()));
        assert!(!held.take(at(31), "m", "r2".into()));
        assert_eq!((held.len(), held.release("m").as_deref()), (1, Some("r2")));
    }

    #[test]
    fn nothing_is_held_for_twelve_hours() {
        let mut held = Held::new(Duration::from_secs(30));
        held.take(at(0), "m", "r".into());
        assert!(!held.is_overdue(at(3600), "m"));
        assert!(held.is_overdue(at(12 * 3600), "m"));
        assert!(held.extend(at(12 * 3600)).0.is_empty());
    }
}
