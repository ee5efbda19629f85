//! What a verdict changes: the message goes, stays or comes back later; what is believed of message
//! and target follows.

use std::time::Duration;

use kit::time::Timestamp;

use super::belief::Again;
use super::suspects::Way;
use super::{Change, Company, Flow, Judge, Lost, Settle, Work};
use crate::flow::verdict::{Cause, Verdict};

/// The pause before a message is tried again; doubles each time, up to the second.
const PAUSE: Duration = Duration::from_millis(400);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The same while others get through, and so do messages that failed before: the next try may be
/// the one that does.
const SHORT_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_SHORT_PAUSE: Duration = Duration::from_millis(500);

/// So large a share of the messages that failed gets through the next time then.
const FREQUENT: f64 = 0.25;

/// The pause before a message goes out alone that failed in a batch.
const ALONE_PAUSE: Duration = Duration::from_millis(50);

/// A target that asks for more patience than this gets the message from the queue again, if the
/// message is to blame.
const LONGEST_HOLD: Duration = Duration::from_secs(30);

/// A message that may meet with a passing fault is tried so often, and for so long, before it is
/// left to the queue.
const TRIES: u32 = 3;
const LEAST_TIME: Duration = Duration::from_secs(1);

/// From this share of failures on, one in [`SAMPLE`] messages is tried again whose status speaks of
/// the message.
const OFTEN: f64 = 0.05;
const SAMPLE: u32 = 8;

/// Where fewer of the messages that failed get through the second time, there are no passing
/// faults.
const PASSING: f64 = 0.125;

/// A target that took nothing for so long starts with one message at a time.
const LONG: Duration = Duration::from_secs(10);

/// A message that failed, and how.
struct Failure {
    work: Work,
    way: Way,
    cause: Cause,
    retry_after: Option<Duration>,
    company: Company,
}

impl Flow {
    /// A delivery is over. `company` says with whom the message went out.
    pub fn finished(
        &mut self,
        now: Timestamp,
        work: Work,
        verdict: &Verdict,
        company: Company,
    ) -> Option<Change> {
        self.ended(work.begun, work.ticket, work.failed_before());
        match verdict {
            Verdict::Delivered => {
                if let Some(hold) = self.held.release(&work.id) {
                    self.settles.push_back(Settle::Delete {
                        receipt: hold.receipt,
                        tries: 0,
                    });
                }
                self.delivered.insert(&work.id);
                self.blocked.remove(work.group.as_deref());
                self.backlog.advance(now, work.group.as_deref());
                self.passed(now, &work)
            }
            Verdict::Unsendable { .. } => {
                // Nothing was learned about the target.
                if work.is_probe {
                    self.belief.probe_lost(now);
                }
                self.leave(now, &work, None);
                None
            }
            &Verdict::Failed {
                cause, retry_after, ..
            } if self.is_customer_error(cause) => {
                self.leave(now, &work, retry_after);
                self.target_is_up(now, &work)
            }
            &Verdict::Failed {
                cause, retry_after, ..
            } => {
                let way = Way::of(verdict, cause);
                self.failed(
                    now,
                    Failure {
                        work,
                        way,
                        cause,
                        retry_after,
                        company,
                    },
                )
            }
        }
    }

    /// A delivery ended without a result: a bug elsewhere. The message is left to the queue.
    pub fn lost(&mut self, now: Timestamp, work: &Lost) {
        self.ended(work.begun, work.ticket, work.failed_before);
        self.leave_group(now, &work.id, work.group.as_deref(), None);
        if work.is_probe {
            self.belief.probe_lost(now);
        }
    }

    fn ended(&mut self, begun: Timestamp, ticket: u64, failed_before: bool) {
        self.under_way.end(begun, ticket);
        self.again_under_way = self
            .again_under_way
            .saturating_sub(usize::from(failed_before));
    }

    /// In AWS's terms (`docs/aws/pipes.md#errors-and-retries`): what the target answers and what it
    /// doesn't answer is the customer's own error and counts as a receive; a throttle and a
    /// connection that does not come about are the service's.
    fn is_customer_error(&self, cause: Cause) -> bool {
        self.terms.judge == Judge::Aws && !matches!(cause, Cause::Unreachable | Cause::Pace)
    }

    /// A message got through: what failed meanwhile is compared with it.
    fn passed(&mut self, now: Timestamp, work: &Work) -> Option<Change> {
        self.suspects.passed(&work.id);
        if work.failed_before() {
            self.backlog.learn(now, true);
        }
        self.under_way.passed(now, work.begun);
        if self.belief.is_up() {
            for id in self.suspects.others_passed(work.begun) {
                self.look_again(now, &id);
            }
        }
        self.target_is_up(now, work)
    }

    fn target_is_up(&mut self, now: Timestamp, work: &Work) -> Option<Change> {
        let (changed, told) = self.belief.passed(now, work.begun, work.is_probe);
        if changed {
            self.backlog.target_is_up(now);
            if told.is_some() {
                self.throttle.forget();
            }
            if matches!(told, Some(Change::Up { after, .. }) if after >= LONG) {
                self.concurrency.collapse();
            }
        }
        if self.belief.is_up() {
            let places = self.under_way.places(now, self.terms.concurrency);
            self.concurrency
                .answered(self.is_saturated || places + 1 >= self.concurrency.limit());
            self.throttle.answered(now);
        }
        told
    }

    /// A message that waits for another try was compared: it may be to blame by now.
    fn look_again(&mut self, now: Timestamp, id: &str) {
        let Some((until, work)) = self.backlog.find_waiting(id) else {
            return;
        };
        let asked = until.since(now);
        let is_over = self.is_over(now, work) || asked > LONGEST_HOLD && self.is_to_blame(work);
        if is_over && let Some(work) = self.backlog.take_waiting(id) {
            self.give_up(now, &work, (asked > LONGEST_PAUSE).then_some(asked));
        }
    }

    fn failed(&mut self, now: Timestamp, failure: Failure) -> Option<Change> {
        let Failure {
            mut work,
            way,
            cause,
            retry_after,
            company,
        } = failure;
        let failed_before = work.failed_before() && !self.suspects.failed_otherwise(&work.id, way);
        let again = Again {
            failed_before,
            share: self.backlog.share(now),
        };
        if work.failed_before() && company == Company::Alone {
            self.backlog.learn(now, false);
        }
        if work.is_probe && !self.belief.is_up() {
            let change = self.belief.probe_failed(now, &work, cause, retry_after);
            work.tries = work.tries.max(1);
            self.suspects.blame_target(way);
            self.keep(now, work);
            return change;
        }
        if !self.belief.is_up() {
            self.keep(now, work);
            return None;
        }
        // Of several probes, another one may have got through.
        work.is_probe = false;
        work.tries += 1;
        work.failing_since = work.failing_since.or(Some(work.begun));
        work.patience = patience(cause).max(self.sample(cause));
        let compared = self.under_way.passed_after(work.begun);
        match cause {
            Cause::Pace => {
                self.concurrency.down(now, work.begun);
                self.throttle.refused(now, work.begun);
            }
            Cause::Silence if !work.is_known => self.concurrency.silent(now, work.begun),
            _ => {}
        }
        if compared {
            self.belief.failed_alone();
        } else if (cause == Cause::Unreachable || !self.suspects.is_known_by(&work.id, way))
            && company != Company::Other
            && self.belief.failed(now, &work.id, work.begun, cause, again)
        {
            self.target_is_down(cause);
            self.keep(now, work);
            return None;
        }
        if company == Company::Alone {
            self.suspects
                .failed(now, &work.id, work.begun, (way, cause), compared);
            work.is_known = self.suspects.is_known(&work.id);
        } else {
            work.alone = true;
        }
        let pause = match company {
            Company::Alone => self.pause(now, work.tries, compared),
            Company::First | Company::Other => ALONE_PAUSE,
        };
        self.try_again(now, work, pause, retry_after);
        None
    }

    /// Where a good part of all calls fails with a status that speaks of the message, now and then
    /// one is tried again all the same: it may be that they fail at random.
    fn sample(&mut self, cause: Cause) -> u32 {
        if cause != Cause::Message || self.belief.share() < OFTEN {
            return 1;
        }
        self.samples += 1;
        if self.samples.is_multiple_of(SAMPLE) {
            2
        } else {
            1
        }
    }

    fn target_is_down(&mut self, cause: Cause) {
        self.next_turn = None;
        self.suspects.target_is_down();
        self.backlog.target_is_down();
        if cause != Cause::Pace {
            self.throttle.forget();
        }
    }

    /// Whether the message was tried often enough, and is to blame.
    fn is_over(&self, now: Timestamp, work: &Work) -> bool {
        let least = if self.backlog.share(now) < PASSING || self.suspects.was_left(&work.id) {
            1
        } else {
            work.patience
        };
        let failing = work
            .failing_since
            .map_or(Duration::ZERO, |since| now.since(since));
        let was_tried = work.tries >= least && (least < TRIES || failing >= LEAST_TIME);
        was_tried && self.is_to_blame(work)
    }

    fn is_to_blame(&self, work: &Work) -> bool {
        self.suspects
            .is_to_blame(&work.id, work.receives, self.terms.max_receives)
    }

    /// Keeps a message for another try after a pause, unless it is to blame.
    fn try_again(
        &mut self,
        now: Timestamp,
        work: Work,
        pause: Duration,
        retry_after: Option<Duration>,
    ) {
        let asked = retry_after.unwrap_or_default();
        if self.is_over(now, &work) || asked > LONGEST_HOLD && self.is_to_blame(&work) {
            self.give_up(now, &work, retry_after);
        } else if self.stopping.is_some() || self.held.is_overdue(now, &work.id) {
            self.leave(now, &work, retry_after);
        } else {
            self.backlog.try_again_at(now + pause.max(asked), work);
        }
    }

    fn pause(&self, now: Timestamp, tries: u32, compared: bool) -> Duration {
        let (first, longest) = match compared && self.backlog.share(now) >= FREQUENT {
            true => (SHORT_PAUSE, LONGEST_SHORT_PAUSE),
            false => (PAUSE, LONGEST_PAUSE),
        };
        (first * 2_u32.pow(tries.saturating_sub(1).min(8))).min(longest)
    }

    /// Leaves a message to the queue that is to blame.
    fn give_up(&mut self, now: Timestamp, work: &Work, retry_after: Option<Duration>) {
        self.suspects.leave(now, &work.id);
        self.leave(now, work, retry_after);
    }

    /// Keeps a message that the target did not take while it takes none; not beyond what SQS
    /// allows. One that was received before rests for longer, should this process end.
    fn keep(&mut self, now: Timestamp, work: Work) {
        if self.stopping.is_some() || self.held.is_overdue(now, &work.id) {
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

    /// A message that was received before is hidden for longer while none gets through, should this
    /// process end.
    pub(super) fn rest(&mut self, now: Timestamp, work: &Work) {
        if work.receives > 1
            && let Some((receipt, span)) = self.held.lengthen(now, &work.id, work.receives)
        {
            self.settles.push_back(Settle::Hide {
                id: work.id.clone(),
                receipt,
                span,
            });
        }
    }

    /// Leaves a message to its visibility timeout, which is longer for one that was received
    /// before.
    pub(super) fn leave_to_rest(&mut self, now: Timestamp, work: &Work) {
        self.rest(now, work);
        self.leave(now, work, None);
    }

    /// Leaves a message to its visibility timeout, or to what the target asks for, if that is
    /// longer.
    pub(super) fn leave(&mut self, now: Timestamp, work: &Work, retry_after: Option<Duration>) {
        self.suspects.forget(&work.id);
        self.leave_group(now, &work.id, work.group.as_deref(), retry_after);
    }

    /// The rest of its group is handed back, for its turn has not come. Of a FIFO queue nobody gets
    /// it before the first.
    fn leave_group(
        &mut self,
        now: Timestamp,
        id: &str,
        group: Option<&str>,
        retry_after: Option<Duration>,
    ) {
        let left = self.held.release(id).map_or(Duration::ZERO, |hold| {
            self.released.push(id.to_owned());
            let (left, asked) = (
                hold.left(now),
                retry_after.unwrap_or_default().min(hold.most(now)),
            );
            if asked > left {
                self.settles.push_back(Settle::Hide {
                    id: id.to_owned(),
                    receipt: hold.receipt,
                    span: asked,
                });
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

/// How often a message is tried that failed like this, before it is left to the queue.
fn patience(cause: Cause) -> u32 {
    match cause {
        // An answer that speaks of the message; and a wait that costs more than it can bring.
        Cause::Message | Cause::Silence => 1,
        Cause::Unreachable | Cause::Target | Cause::Pace | Cause::Either => TRIES,
    }
}
