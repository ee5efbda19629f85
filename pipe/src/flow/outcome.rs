//! What a verdict changes: the message goes, stays or comes back later; the breaker and the concurrency learn.

use std::time::Duration;

use kit::time::Timestamp;

use super::{Change, Flow, Settle, Work};
use crate::retry::{Blame, Verdict};

/// A message that fails so often in a row is left to the queue: the first number when it may be the message's own
/// fault, the second when it is not. The latter is what opens the breaker.
const TRIES: (u32, u32) = (3, 5);

/// The pause before a message is tried again; doubles each time.
const PAUSE: Duration = Duration::from_millis(250);

/// A target that asks for more patience than this gets the message from the queue again.
const LONGEST_HOLD: Duration = Duration::from_secs(30);

impl Flow {
    /// A delivery is over.
    pub fn finished(&mut self, now: Timestamp, work: Work, verdict: &Verdict) -> Option<Change> {
        self.under_way -= 1;
        match verdict {
            Verdict::Delivered => {
                if let Some(receipt) = self.held.release(&work.id) {
                    self.settles.push_back(Settle::Delete { receipt });
                }
                self.delivered.insert(&work.id);
                self.backlog.advance(work.group.as_deref());
                self.target_is_up(now, work.is_probe)
            }
            Verdict::Rejected { .. } => {
                let probed = work.is_probe;
                self.leave(&work);
                self.target_is_up(now, probed)
            }
            Verdict::Down { blame, retry_after, .. } => self.target_is_down(now, work, *blame, *retry_after),
        }
    }

    /// A delivery ended without a result: a bug elsewhere. The message is left to the queue.
    pub fn lost(&mut self, now: Timestamp, id: &str, group: Option<&str>) {
        self.under_way -= 1;
        self.held.release(id);
        for id in self.backlog.drop_group(group) {
            self.held.release(&id);
        }
        self.breaker.probe_lost(now);
    }

    /// Tells the breaker, but not by a delivery that began before it opened.
    fn target_is_up(&mut self, now: Timestamp, probed: bool) -> Option<Change> {
        if !probed && !self.breaker.is_closed() {
            return None;
        }
        self.concurrency.answered(self.under_way + 1);
        self.breaker.answered(now).then_some(Change::Closed)
    }

    fn target_is_down(
        &mut self,
        now: Timestamp,
        mut work: Work,
        blame: Blame,
        retry_after: Option<Duration>,
    ) -> Option<Change> {
        if self.stopping {
            self.hand_back(&work.id);
            return None;
        }
        if work.is_probe {
            self.breaker.down(now, retry_after);
            self.keep(now, work);
            return None;
        }
        if !self.breaker.is_closed() {
            self.keep(now, work);
            return None;
        }
        self.concurrency.down();
        if self.breaker.down(now, retry_after) {
            self.probes = 0;
            self.keep(now, work);
            return Some(Change::Opened);
        }
        work.tries += 1;
        let spent = work.tries >= if blame == Blame::Either { TRIES.0 } else { TRIES.1 };
        let pause = retry_after.unwrap_or_default().max(PAUSE * 2_u32.pow(work.tries.min(8)));
        if spent || pause > LONGEST_HOLD {
            self.leave_for(&work, retry_after);
        } else {
            self.backlog.retry_at(now + pause, work);
        }
        None
    }

    /// Keeps a message that the target could not take while it is down; not beyond what SQS allows.
    fn keep(&mut self, now: Timestamp, work: Work) {
        if self.held.is_overdue(now, &work.id) {
            self.leave(&work);
        } else {
            self.backlog.put_back(Work { is_probe: false, ..work });
        }
    }

    /// Leaves a message to its visibility timeout, and with it the rest of its group, whose turn it is not.
    pub(super) fn leave(&mut self, work: &Work) {
        self.leave_for(work, None);
    }

    fn leave_for(&mut self, work: &Work, span: Option<Duration>) {
        let receipt = self.held.release(&work.id);
        if let (Some(receipt), Some(span)) = (receipt, span) {
            self.settles.push_back(Settle::Hide { receipt, span });
        }
        for id in self.backlog.drop_group(work.group.as_deref()) {
            self.held.release(&id);
        }
    }
}
