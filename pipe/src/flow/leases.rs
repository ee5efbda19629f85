//! The leases of received messages: until when SQS hides each message that the pipe holds, and when
//! that time has to be extended. Pure: time is an argument.
//!
//! As long as a message is leased, its receive count does not rise, however slow the target is.
//! Extensions are asked for when a third of the time is used up, so that one that fails can be
//! repeated in time.

use std::collections::HashMap;
use std::time::Duration;

use kit::time::Timestamp;

use super::backoff::Backoff;

/// Extensions ask for no less than this, even when the queue hides messages for a shorter time.
const LEAST: Duration = Duration::from_secs(10);

/// SQS hides a message for twelve hours in all; a lease ends before that.
const LONGEST: Duration = Duration::from_secs(11 * 60 * 60);
const TWELVE_HOURS: Duration = Duration::from_secs(12 * 60 * 60);

/// The longest time that a message is hidden because it was received often.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);

/// How long after a failure an extension is asked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// The leases of all messages that the pipe holds, by message id.
#[derive(Debug)]
pub(super) struct Leases {
    /// The queue's `VisibilityTimeout`.
    visibility: Duration,
    messages: HashMap<String, Lease>,
    /// The size of all messages together.
    bytes: usize,
    next_look: Timestamp,
}

/// The right to settle one message, for a time.
#[derive(Debug)]
pub(super) struct Lease {
    /// The receipt of the latest delivery.
    pub(super) receipt: String,
    size: usize,
    since: Timestamp,
    hidden_until: Timestamp,
    /// `hidden_until` as it was before the last extension, in case that one fails.
    before: Timestamp,
    /// After an extension failed: when the next one may be asked for.
    not_before: Option<Timestamp>,
}

impl Lease {
    /// How long SQS still hides the message unless an extension is asked for.
    pub(super) fn left(&self, now: Timestamp) -> Duration {
        self.hidden_until.since(now)
    }

    /// The longest time from now on for which SQS would hide the message.
    pub(super) fn most(&self, now: Timestamp) -> Duration {
        // SQS counts from the receive, which was a little earlier than `since`.
        (TWELVE_HOURS - PAUSE).saturating_sub(now.since(self.since))
    }

    fn is_due(&self, now: Timestamp, span: Duration) -> bool {
        let lapsed = self.not_before.is_some() && self.hidden_until <= now;
        let waits = self.not_before.is_some_and(|at| now < at);
        self.left(now) <= span * 2 / 3 && !lapsed && !waits && now.since(self.since) <= LONGEST
    }
}

impl Leases {
    /// No leases yet, on a queue with this `VisibilityTimeout`.
    pub(super) fn new(visibility: Duration) -> Leases {
        Leases {
            visibility,
            messages: HashMap::new(),
            bytes: 0,
            next_look: Timestamp::default(),
        }
    }

    /// The queue's `VisibilityTimeout` has changed; the new one holds for messages received from
    /// now on.
    pub(super) fn set_visibility(&mut self, visibility: Duration) {
        self.visibility = visibility;
    }

    /// Adds a received message. False when it is leased already: then only its receipt is replaced.
    pub(super) fn take(&mut self, now: Timestamp, id: &str, receipt: String, size: usize) -> bool {
        let hidden_until = now + self.visibility;
        let known = self.release(id);
        let since = known.as_ref().map_or(now, |lease| lease.since);
        let lease = Lease {
            receipt,
            size,
            since,
            hidden_until,
            before: hidden_until,
            not_before: None,
        };
        self.messages.insert(id.to_owned(), lease);
        self.bytes += size;
        self.next_look = self.next_look.min(now + self.visibility / 3);
        known.is_none()
    }

    /// Ends the lease of a message.
    pub(super) fn release(&mut self, id: &str) -> Option<Lease> {
        let lease = self.messages.remove(id)?;
        self.bytes -= lease.size;
        Some(lease)
    }

    /// Hides a message that was received before for longer: twice as long for each receive, up to a
    /// quarter of an hour. If this process ends, others are then received in its place. Returns the
    /// receipt and the time to ask for.
    pub(super) fn lengthen(
        &mut self,
        now: Timestamp,
        id: &str,
        receives: u32,
    ) -> Option<(String, Duration)> {
        let rests = Backoff {
            first: self.visibility,
            longest: LONGEST_REST,
        };
        let span = rests.pause(receives.saturating_sub(1));
        let lease = self
            .messages
            .get_mut(id)
            .filter(|lease| now + span > lease.hidden_until + PAUSE)?;
        let span = span.min(lease.most(now));
        lease.before = lease.hidden_until;
        lease.hidden_until = now + span;
        Some((lease.receipt.clone(), span))
    }

    /// Whether a message has been leased for so long that it must be given back.
    pub(super) fn is_overdue(&self, now: Timestamp, id: &str) -> bool {
        self.messages
            .get(id)
            .is_some_and(|lease| now.since(lease.since) > LONGEST)
    }

    /// How many messages are leased.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether no message is leased.
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The size of all leased messages together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The messages whose lease is to be extended now, each with its receipt, and for how long. To
    /// be called at [`Leases::next_look`].
    pub(super) fn extend(&mut self, now: Timestamp) -> (Vec<(String, String)>, Duration) {
        let span = self.visibility.max(LEAST);
        if now < self.next_look {
            return (Vec::new(), span);
        }
        self.next_look =
            now + (self.visibility / 6).clamp(Duration::from_millis(100), Duration::from_secs(5));
        let due = self
            .messages
            .iter_mut()
            .filter(|(_, lease)| lease.is_due(now, span));
        let extend = |(id, lease): (&String, &mut Lease)| {
            lease.before = lease.hidden_until;
            lease.hidden_until = now + span;
            (id.clone(), lease.receipt.clone())
        };
        (due.map(extend).collect(), span)
    }

    /// An extension failed. It is repeated as long as the message is hidden; a message that is no
    /// longer hidden comes again.
    pub(super) fn extension_failed(&mut self, now: Timestamp, id: &str, receipt: &str) {
        let Some(lease) = self
            .messages
            .get_mut(id)
            .filter(|lease| lease.receipt == receipt)
        else {
            return;
        };
        lease.hidden_until = lease.before;
        lease.not_before = Some(now + PAUSE);
        self.next_look = self.next_look.min(now + PAUSE);
    }

    /// When to look for extensions; `None` while nothing is leased.
    pub(super) fn next_look(&self) -> Option<Timestamp> {
        (!self.is_empty()).then_some(self.next_look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn leases(visibility: u64) -> Leases {
        let mut leases = Leases::new(Duration::from_secs(visibility));
        assert!(leases.take(at(0), "m", "r".into(), 7));
        leases
    }

    #[test]
    fn a_message_is_extended_after_a_third_of_its_time_and_again() {
        let mut leases = leases(30);
        let extended: Vec<u64> = (0..=60)
            .filter(|&second| !leases.extend(at(second)).0.is_empty())
            .collect();
        assert_eq!(extended, [10, 20, 30, 40, 50, 60]);
        assert_eq!(leases.bytes(), 7);
        assert_eq!(leases.release("m").unwrap().receipt, "r");
        assert!(leases.is_empty() && leases.next_look().is_none() && leases.bytes() == 0);
    }

    #[test]
    fn an_extension_that_fails_is_repeated_while_the_message_is_hidden() {
        let mut leases = leases(30);
        let tries: Vec<u64> = (0..=60)
            .filter(|&second| {
                let (due, _) = leases.extend(at(second));
                due.iter()
                    .for_each(|(id, receipt)| leases.extension_failed(at(second), id, receipt));
                !due.is_empty()
            })
            .collect();
        assert_eq!(
            tries,
            (10..30).collect::<Vec<_>>(),
            "at thirty it is too late"
        );
        assert!(!leases.take(at(61), "m", "r2".into(), 7), "it comes again");
        assert_eq!(leases.extend(at(71)).0, [("m".to_owned(), "r2".to_owned())]);
    }

    #[test]
    fn a_failure_of_an_older_receipt_says_nothing() {
        let mut leases = leases(30);
        assert_eq!(leases.extend(at(10)).0.len(), 1);
        leases.take(at(11), "m", "r2".into(), 7);
        leases.extension_failed(at(12), "m", "r");
        assert_eq!(
            leases.release("m").unwrap().left(at(12)),
            Duration::from_secs(29)
        );
    }

    #[test]
    fn a_queue_that_hides_for_a_moment_or_not_at_all_is_asked_for_more_at_once() {
        for visibility in [0, 1, 5] {
            let mut leases = leases(visibility);
            let soon = leases.next_look().unwrap();
            assert!(soon <= at(2), "{visibility}: {soon:?}");
            assert_eq!(
                leases.extend(soon),
                (vec![("m".to_owned(), "r".to_owned())], LEAST),
                "{visibility}"
            );
        }
    }

    #[test]
    fn a_visibility_that_was_lowered_is_kept_up_with() {
        let mut leases = leases(300);
        leases.set_visibility(Duration::from_secs(12));
        leases.take(at(0), "n", "r".into(), 1);
        assert_eq!(leases.extend(at(4)).0, [("n".to_owned(), "r".to_owned())]);
    }

    #[test]
    fn a_second_delivery_brings_a_new_receipt_and_nothing_else() {
        let mut leases = leases(30);
        assert!(!leases.take(at(31), "m", "r2".into(), 7));
        assert_eq!(
            (
                leases.len(),
                leases.bytes(),
                leases.release("m").unwrap().receipt.as_str()
            ),
            (1, 7, "r2")
        );
    }

    #[test]
    fn nothing_is_held_for_twelve_hours() {
        let mut leases = leases(30);
        assert!(!leases.is_overdue(at(3600), "m"));
        assert!(leases.is_overdue(at(12 * 3600), "m"));
        assert!(leases.extend(at(12 * 3600)).0.is_empty());
        assert_eq!(
            leases.release("m").unwrap().most(at(3600)).as_secs(),
            11 * 3600 - 1
        );
    }
}
