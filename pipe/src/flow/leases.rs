//! The messages that a pipe holds: until when SQS hides them, and when that has to be extended.
//!
//! Pure; time is told. As long as a message is held here its receive count does not rise, however
//! slow the target is. Extensions go out when a third of the time is used, so that one that fails
//! can be repeated in time.

use std::collections::HashMap;
use std::time::Duration;

use kit::time::Timestamp;

/// Extensions ask for no less than this, even when the queue hides messages for a shorter time.
const LEAST: Duration = Duration::from_secs(10);

/// SQS hides a message for twelve hours in all; it is given back before that.
const LONGEST: Duration = Duration::from_secs(11 * 60 * 60);
const TWELVE_HOURS: Duration = Duration::from_secs(12 * 60 * 60);

/// The longest time that a message is hidden for having been received often.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);

/// How long an extension that failed waits for its repetition.
const PAUSE: Duration = Duration::from_secs(1);

/// Messages by id.
#[derive(Debug)]
pub struct Held {
    /// The queue's `VisibilityTimeout`.
    visibility: Duration,
    messages: HashMap<String, Hold>,
    /// The size of all of them.
    bytes: usize,
    next_look: Timestamp,
}

/// A message, by the right to settle it.
#[derive(Debug)]
pub struct Hold {
    /// The latest one.
    pub receipt: String,
    size: usize,
    since: Timestamp,
    hidden_until: Timestamp,
    /// The same without the last extension, should that have failed.
    before: Timestamp,
    /// When the last extension failed: it is not repeated at once.
    not_before: Option<Timestamp>,
}

impl Hold {
    /// How long SQS still hides it if nobody asks for more.
    pub fn left(&self, now: Timestamp) -> Duration {
        self.hidden_until.since(now)
    }

    /// The most that SQS would hide it from now on.
    pub fn most(&self, now: Timestamp) -> Duration {
        // Received a little before it came here.
        (TWELVE_HOURS - PAUSE).saturating_sub(now.since(self.since))
    }

    fn is_due(&self, now: Timestamp, span: Duration) -> bool {
        let lapsed = self.not_before.is_some() && self.hidden_until <= now;
        let waits = self.not_before.is_some_and(|at| now < at);
        self.left(now) <= span * 2 / 3 && !lapsed && !waits && now.since(self.since) <= LONGEST
    }
}

impl Held {
    /// Holds nothing yet.
    pub fn new(visibility: Duration) -> Held {
        Held {
            visibility,
            messages: HashMap::new(),
            bytes: 0,
            next_look: Timestamp::default(),
        }
    }

    /// The queue's `VisibilityTimeout` is another one now; it holds for what is received from now
    /// on.
    pub fn set_visibility(&mut self, visibility: Duration) {
        self.visibility = visibility;
    }

    /// Takes a delivery. False when the message is held already: then only its receipt is new.
    pub fn take(&mut self, now: Timestamp, id: &str, receipt: String, size: usize) -> bool {
        let hidden_until = now + self.visibility;
        let held = self.release(id);
        let since = held.as_ref().map_or(now, |hold| hold.since);
        let hold = Hold {
            receipt,
            size,
            since,
            hidden_until,
            before: hidden_until,
            not_before: None,
        };
        self.messages.insert(id.to_owned(), hold);
        self.bytes += size;
        self.next_look = self.next_look.min(now + self.visibility / 3);
        held.is_none()
    }

    /// Lets go of a message.
    pub fn release(&mut self, id: &str) -> Option<Hold> {
        let hold = self.messages.remove(id)?;
        self.bytes -= hold.size;
        Some(hold)
    }

    /// A message that was received before is hidden for longer, twice as long for each receive, up
    /// to a quarter of an hour: should this process end, others are received in its place. Returns
    /// the receipt and the time to ask for.
    pub fn lengthen(
        &mut self,
        now: Timestamp,
        id: &str,
        receives: u32,
    ) -> Option<(String, Duration)> {
        let span =
            (self.visibility * 2_u32.pow(receives.saturating_sub(1).min(10))).min(LONGEST_REST);
        let hold = self
            .messages
            .get_mut(id)
            .filter(|hold| now + span > hold.hidden_until + PAUSE)?;
        let span = span.min(hold.most(now));
        hold.before = hold.hidden_until;
        hold.hidden_until = now + span;
        Some((hold.receipt.clone(), span))
    }

    /// Whether a message is held for so long that it has to be given back.
    pub fn is_overdue(&self, now: Timestamp, id: &str) -> bool {
        self.messages
            .get(id)
            .is_some_and(|hold| now.since(hold.since) > LONGEST)
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The size of all that are held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Messages to be hidden for longer, each with its receipt, and for how long. To be asked at
    /// [`Held::next_look`].
    pub fn extend(&mut self, now: Timestamp) -> (Vec<(String, String)>, Duration) {
        let span = self.visibility.max(LEAST);
        if now < self.next_look {
            return (Vec::new(), span);
        }
        self.next_look =
            now + (self.visibility / 6).clamp(Duration::from_millis(100), Duration::from_secs(5));
        let due = self
            .messages
            .iter_mut()
            .filter(|(_, hold)| hold.is_due(now, span));
        let extend = |(id, hold): (&String, &mut Hold)| {
            hold.before = hold.hidden_until;
            hold.hidden_until = now + span;
            (id.clone(), hold.receipt.clone())
        };
        (due.map(extend).collect(), span)
    }

    /// An extension failed. It is repeated as long as the message is hidden; one that is not any
    /// more comes again.
    pub fn extension_failed(&mut self, now: Timestamp, id: &str, receipt: &str) {
        let Some(hold) = self
            .messages
            .get_mut(id)
            .filter(|hold| hold.receipt == receipt)
        else {
            return;
        };
        hold.hidden_until = hold.before;
        hold.not_before = Some(now + PAUSE);
        self.next_look = self.next_look.min(now + PAUSE);
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

    fn held(visibility: u64) -> Held {
        let mut held = Held::new(Duration::from_secs(visibility));
        assert!(held.take(at(0), "m", "r".into(), 7));
        held
    }

    #[test]
    fn a_message_is_extended_after_a_third_of_its_time_and_again() {
        let mut held = held(30);
        let extended: Vec<u64> = (0..=60)
            .filter(|&second| !held.extend(at(second)).0.is_empty())
            .collect();
        assert_eq!(extended, [10, 20, 30, 40, 50, 60]);
        assert_eq!(held.bytes(), 7);
        assert_eq!(held.release("m").unwrap().receipt, "r");
        assert!(held.is_empty() && held.next_look().is_none() && held.bytes() == 0);
    }

    #[test]
    fn an_extension_that_fails_is_repeated_while_the_message_is_hidden() {
        let mut held = held(30);
        let tries: Vec<u64> = (0..=60)
            .filter(|&second| {
                let (due, _) = held.extend(at(second));
                due.iter()
                    .for_each(|(id, receipt)| held.extension_failed(at(second), id, receipt));
                !due.is_empty()
            })
            .collect();
        assert_eq!(
            tries,
            (10..30).collect::<Vec<_>>(),
            "at thirty it is too late"
        );
        assert!(!held.take(at(61), "m", "r2".into(), 7), "it comes again");
        assert_eq!(held.extend(at(71)).0, [("m".to_owned(), "r2".to_owned())]);
    }

    #[test]
    fn a_failure_of_an_older_receipt_says_nothing() {
        let mut held = held(30);
        assert_eq!(held.extend(at(10)).0.len(), 1);
        held.take(at(11), "m", "r2".into(), 7);
        held.extension_failed(at(12), "m", "r");
        assert_eq!(
            held.release("m").unwrap().left(at(12)),
            Duration::from_secs(29)
        );
    }

    #[test]
    fn a_queue_that_hides_for_a_moment_or_not_at_all_is_asked_for_more_at_once() {
        for visibility in [0, 1, 5] {
            let mut held = held(visibility);
            let soon = held.next_look().unwrap();
            assert!(soon <= at(2), "{visibility}: {soon:?}");
            assert_eq!(
                held.extend(soon),
                (vec![("m".to_owned(), "r".to_owned())], LEAST),
                "{visibility}"
            );
        }
    }

    #[test]
    fn a_visibility_that_was_lowered_is_kept_up_with() {
        let mut held = held(300);
        held.set_visibility(Duration::from_secs(12));
        held.take(at(0), "n", "r".into(), 1);
        assert_eq!(held.extend(at(4)).0, [("n".to_owned(), "r".to_owned())]);
    }

    #[test]
    fn a_second_delivery_brings_a_new_receipt_and_nothing_else() {
        let mut held = held(30);
        assert!(!held.take(at(31), "m", "r2".into(), 7));
        assert_eq!(
            (
                held.len(),
                held.bytes(),
                held.release("m").unwrap().receipt.as_str()
            ),
            (1, 7, "r2")
        );
    }

    #[test]
    fn nothing_is_held_for_twelve_hours() {
        let mut held = held(30);
        assert!(!held.is_overdue(at(3600), "m"));
        assert!(held.is_overdue(at(12 * 3600), "m"));
        assert!(held.extend(at(12 * 3600)).0.is_empty());
        assert_eq!(
            held.release("m").unwrap().most(at(3600)).as_secs(),
            11 * 3600 - 1
        );
    }
}
