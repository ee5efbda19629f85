//! What becomes of a message that failed: another try after a pause, or back to the queue.

use std::time::Duration;

use kit::time::Timestamp;

use super::backoff::Backoff;
use super::command::Settle;
use super::machine::Flow;
use super::outcome::TRIES;
use super::polling::{MARGIN, comes_back};
use super::work::{BatchPosition, Work};

/// The pauses before a message is tried again.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(400),
    longest: Duration::from_secs(5),
};

/// The pause before a message that is known to fail is tried again, if no other message gets
/// through until then; and how far apart such tries are, however many messages wait for them.
const LONG_PAUSE: Duration = Duration::from_secs(60);
const SPACING: Duration = Duration::from_secs(2);

/// The pauses while other messages get through, and good messages fail often: the next try may
/// succeed.
const SHORT_PAUSES: Backoff = Backoff {
    first: Duration::from_millis(100),
    longest: Duration::from_millis(500),
};

/// [`SHORT_PAUSES`] hold when so large a share of the messages that failed gets through the next
/// time, or so large a share of the calls fails with messages that get through in the end.
const FREQUENT: f64 = 0.25;

/// Messages get through as long as the last one that did is no longer ago than this.
const PASSES: Duration = Duration::from_secs(1);

/// The pause before a message that failed in a batch is sent alone.
const ALONE_PAUSE: Duration = Duration::from_millis(50);

/// When the target asks for more patience than this, and the message is at fault, the message is
/// left to the queue.
const LONGEST_HOLD: Duration = Duration::from_secs(30);

/// A message that is tried [`TRIES`] times is tried for so long at least.
const LEAST_TIME: Duration = Duration::from_secs(1);

/// Where a smaller share of the messages that failed gets through the second time, faults do not
/// pass.
const PASSING: f64 = 0.125;

impl Flow {
    /// A message that waits for another try was compared with one that got through: it may be at
    /// fault by now.
    pub(super) fn look_again(&mut self, now: Timestamp, id: &str) {
        let Some((until, work)) = self.backlog.find_waiting(id) else {
            return;
        };
        let asked = until.since(now);
        let is_over = self.is_over(now, work) || self.asks_too_much(work, asked);
        let is_idle = work.waits_for_others;
        if !is_over && !is_idle {
            return;
        }
        let Some(mut work) = self.backlog.take_waiting(id) else {
            return;
        };
        if is_over {
            self.give_up(now, &work, (asked > PAUSES.longest).then_some(asked));
        } else {
            work.waits_for_others = false;
            self.backlog.try_again_at(now + PAUSES.first, work);
        }
    }

    /// Whether the message was tried often enough, and is at fault.
    fn is_over(&self, now: Timestamp, work: &Work) -> bool {
        let least = if self.backlog.share(now) < PASSING || self.suspects.was_left(&work.id) {
            1
        } else {
            work.patience
        };
        let failing = work
            .failing_since
            .map_or(Duration::ZERO, |since| now.since(since));
        let was_tried = work.tries >= u32::from(least) && (least < TRIES || failing >= LEAST_TIME);
        was_tried && self.is_to_blame(work, false)
    }

    /// Whether the message is at fault, and is not to be tried for a long time anyway.
    fn asks_too_much(&self, work: &Work, asked: Duration) -> bool {
        asked > LONGEST_HOLD && self.is_to_blame(work, true)
    }

    fn is_to_blame(&self, work: &Work, waits_anyway: bool) -> bool {
        let receives = (work.receives, self.settings.max_receives);
        self.suspects.is_to_blame(&work.id, receives, waits_anyway)
    }

    /// Keeps a message for another try after a pause, unless it is at fault.
    pub(super) fn try_again(
        &mut self,
        now: Timestamp,
        mut work: Work,
        pause: Duration,
        retry_after: Option<Duration>,
    ) {
        let asked = retry_after.unwrap_or_default();
        if self.is_over(now, &work) || self.asks_too_much(&work, asked) {
            self.give_up(now, &work, retry_after);
        } else if self.stopping.is_some() || self.leases.is_overdue(now, &work.id) {
            self.leave(now, &work, retry_after);
        } else {
            let at = match work.waits_for_others {
                true => self.next_idle_try(now),
                false => now + pause,
            };
            work.may_be_left = work.is_known && comes_back(&work, self.settings.max_receives);
            self.backlog.try_again_at(at.max(now + asked), work);
        }
    }

    /// When a message is tried again that needs others to be compared with.
    fn next_idle_try(&mut self, now: Timestamp) -> Timestamp {
        self.idle_try = (self.idle_try + SPACING).max(now + LONG_PAUSE);
        self.idle_try
    }

    /// The pause before a message is tried again.
    pub(super) fn pause(
        &self,
        now: Timestamp,
        work: &Work,
        position: BatchPosition,
        compared: bool,
    ) -> Duration {
        if position != BatchPosition::Alone {
            return ALONE_PAUSE;
        }
        let flakiness = self.suspects.flakiness(&work.id);
        // A try that took long was no shorter a look at the target.
        let lately = PASSES.max(now.since(work.begun));
        let others_pass = compared || self.under_way.passed_within(now, lately);
        let pauses = match others_pass && self.backlog.share(now).max(flakiness) >= FREQUENT {
            true => SHORT_PAUSES,
            false => PAUSES,
        };
        pauses.pause(work.tries.saturating_sub(1))
    }

    /// Leaves a message that is at fault to the queue.
    pub(super) fn give_up(&mut self, now: Timestamp, work: &Work, retry_after: Option<Duration>) {
        self.suspects.leave(now, &work.id);
        self.leave(now, work, retry_after);
    }

    /// Keeps a message that failed while the target takes none, but no longer than SQS allows.
    pub(super) fn keep(&mut self, now: Timestamp, work: Work) {
        if self.stopping.is_some() || self.leases.is_overdue(now, &work.id) {
            return self.leave(now, &work, None);
        }
        if work.is_probe {
            self.rest(now, &work);
        }
        self.backlog.keep_tried(Work {
            is_probe: false,
            ..work
        });
    }

    /// While no message gets through, hides a message that was received before for longer, in case
    /// this process ends.
    pub(super) fn rest(&mut self, now: Timestamp, work: &Work) {
        if work.receives > 1
            && let Some((receipt, span)) = self.leases.lengthen(now, &work.id, work.receives)
        {
            self.hide(work.id.clone(), receipt, span);
        }
    }

    /// Leaves a message to its visibility timeout, which is longer for one that was received
    /// before.
    pub(super) fn leave_to_rest(&mut self, now: Timestamp, work: &Work) {
        self.rest(now, work);
        self.leave(now, work, None);
    }

    /// Leaves a message to its visibility timeout, or to what the target asks for if that is
    /// longer.
    pub(super) fn leave(&mut self, now: Timestamp, work: &Work, retry_after: Option<Duration>) {
        self.suspects.forget(&work.id);
        self.leave_group(now, &work.id, work.group.as_deref(), retry_after);
    }

    /// Leaves a message, and hands back the messages behind it in its group: their turn has not
    /// come, and SQS hands out none of them before the first.
    pub(super) fn leave_group(
        &mut self,
        now: Timestamp,
        id: &str,
        group: Option<&str>,
        retry_after: Option<Duration>,
    ) {
        let least = group.map(|_| self.longest_wait() + MARGIN);
        let left = self.end_lease(now, id, retry_after.max(least));
        let behind = self.backlog.drop_group(group);
        behind.iter().for_each(|id| self.hand_back(id));
        if let Some(group) = group {
            self.blocked.insert(group, now + left, behind.len());
        }
    }

    /// Ends the lease of a message that is left to the queue; returns how long it stays hidden.
    fn end_lease(&mut self, now: Timestamp, id: &str, retry_after: Option<Duration>) -> Duration {
        let Some(lease) = self.leases.release(id) else {
            return Duration::ZERO;
        };
        self.released.push(id.to_owned());
        let left = lease.left(now);
        let asked = retry_after.unwrap_or_default().min(lease.most(now));
        if asked > left {
            self.hide(id.to_owned(), lease.receipt, asked);
        }
        left.max(asked)
    }

    /// Makes a message visible again at once.
    pub(super) fn hand_back(&mut self, id: &str) {
        self.suspects.forget(id);
        if let Some(lease) = self.leases.release(id) {
            self.released.push(id.to_owned());
            self.hide(id.to_owned(), lease.receipt, Duration::ZERO);
        }
    }

    fn hide(&mut self, id: String, receipt: String, span: Duration) {
        self.settles.push_back(Settle::Hide { id, receipt, span });
    }
}
