//! What a verdict changes: the message goes, stays or comes back later; the breaker and the concurrency learn.

use std::time::Duration;

use kit::time::Timestamp;

use super::{Change, Flow, Lost, Settle, Work};
use crate::breaker::Failure;
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
                if let Some(hold) = self.held.release(&work.id) {
                    self.settles.push_back(Settle::Delete { receipt: hold.receipt, tries: 0 });
                }
                self.delivered.insert(&work.id);
                self.blocked.remove(work.group.as_deref());
                self.backlog.advance(work.group.as_deref());
                self.target_is_up(now, work.is_probe)
            }
            Verdict::Rejected { .. } => {
                self.leave(now, &work, None);
                self.target_is_up(now, work.is_probe)
            }
            Verdict::Down { .. } if self.stopping => {
                self.hand_back(&work.id);
                None
            }
            Verdict::Down { blame: Blame::Message, retry_after, .. } => {
                let change = self.target_is_up(now, work.is_probe);
                self.try_again(now, Work { is_probe: false, ..work }, TRIES.0, *retry_after);
                change
            }
            Verdict::Down { blame, retry_after, .. } => self.target_is_down(now, work, *blame, *retry_after),
        }
    }

    /// A delivery ended without a result: a bug elsewhere. The message is left to the queue.
    pub fn lost(&mut self, now: Timestamp, work: &Lost) {
        self.under_way -= 1;
        self.leave_group(now, &work.id, work.group.as_deref(), None);
        if work.is_probe {
            self.breaker.probe_lost(now);
        }
    }

    /// Tells the breaker, but not by a delivery that began before it opened.
    fn target_is_up(&mut self, now: Timestamp, probed: bool) -> Option<Change> {
        if !probed && !self.breaker.is_closed() {
            return None;
        }
        self.concurrency.answered(self.under_way + 1);
        self.throttle.answered(now);
        self.breaker.answered(now).then_some(Change::Closed)
    }

    fn target_is_down(
        &mut self,
        now: Timestamp,
        work: Work,
        blame: Blame,
        retry_after: Option<Duration>,
    ) -> Option<Change> {
        let failure = if blame == Blame::Pace { Failure::Throttled } else { Failure::Down };
        if work.is_probe {
            self.breaker.failed(now, failure, retry_after);
            self.keep(now, work);
            return None;
        }
        if !self.breaker.is_closed() {
            self.keep(now, work);
            return None;
        }
        self.concurrency.down(now, work.begun);
        if failure == Failure::Throttled {
            self.throttle.refused(now, work.begun);
        }
        if self.breaker.failed(now, failure, retry_after) {
            self.opened(failure);
            self.keep(now, work);
            return Some(Change::Opened);
        }
        self.try_again(now, work, if blame == Blame::Either { TRIES.0 } else { TRIES.1 }, retry_after);
        None
    }

    fn opened(&mut self, failure: Failure) {
        self.probes = 0;
        self.next_turn = None;
        self.concurrency.collapse();
        if failure == Failure::Down {
            self.throttle.forget();
        }
    }

    /// Keeps a message for another try after a pause, unless it had `most` or the pause is too long.
    fn try_again(&mut self, now: Timestamp, mut work: Work, most: u32, retry_after: Option<Duration>) {
        work.tries += 1;
        let pause = retry_after.unwrap_or_default().max(PAUSE * 2_u32.pow(work.tries.min(8)));
        if work.tries >= most || pause > LONGEST_HOLD {
            self.leave(now, &work, retry_after);
        } else {
            self.backlog.retry_at(now + pause, work);
        }
    }

    /// Keeps a message that the target could not take while it is down; not beyond what SQS allows.
    fn keep(&mut self, now: Timestamp, work: Work) {
        if self.held.is_overdue(now, &work.id) {
            self.leave(now, &work, None);
        } else {
            self.backlog.put_back(Work { is_probe: false, ..work });
        }
    }

    /// Leaves a message to its visibility timeout, or to what the target asks for, if that is longer.
    pub(super) fn leave(&mut self, now: Timestamp, work: &Work, retry_after: Option<Duration>) {
        self.leave_group(now, &work.id, work.group.as_deref(), retry_after);
    }

    /// The rest of its group is handed back, for its turn has not come. Of a FIFO queue nobody gets it before the first.
    fn leave_group(&mut self, now: Timestamp, id: &str, group: Option<&str>, retry_after: Option<Duration>) {
        let left = self.held.release(id).map_or(Duration::ZERO, |hold| {
            self.released.push(id.to_owned());
            let (left, asked) = (hold.left(now), retry_after.unwrap_or_default().min(hold.most(now)));
            if asked > left {
                self.settles.push_back(Settle::Hide { id: id.to_owned(), receipt: hold.receipt, span: asked });
            }
            left.max(asked)
        });
        for id in self.backlog.drop_group(group) {
            self.hand_back(&id);
        }
        if let Some(group) = group {
            self.blocked.insert(group, now + left);
        }
    }
}
