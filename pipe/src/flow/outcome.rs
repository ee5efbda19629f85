//! What the result of a delivery changes: what is known of the message and of the target, and
//! whether the message is deleted, kept or left to the queue.

use std::time::Duration;

use kit::time::Timestamp;

use super::breaker::{Before, TargetChange};
use super::cause::Cause;
use super::command::Settle;
use super::machine::Flow;
use super::settings::VerdictRule;
use super::suspects::FailureKind;
use super::verdict::Verdict;
use super::work::{BatchPosition, Lost, Work};

/// From this share of failures on, one in [`SAMPLE`] messages is tried again although its status
/// concerns the message.
const OFTEN: f64 = 0.05;
const SAMPLE: u32 = 8;

/// A target that took nothing for so long starts with one message at a time.
const LONG: Duration = Duration::from_secs(10);

/// How often a message is tried that may have met a passing fault, before it is left to the queue.
pub(super) const TRIES: u8 = 3;

/// Where so many messages wait for another try, those that are known to fail, or were tried so
/// often, wait until another one gets through.
const MANY: usize = 20;
const MANY_TRIES: u32 = 10;

/// How one delivery failed.
#[derive(Debug, Clone, Copy)]
struct Failure {
    kind: FailureKind,
    cause: Cause,
    retry_after: Option<Duration>,
    position: BatchPosition,
}

impl Flow {
    /// A delivery has ended. `position` says where the message stood in its batch.
    pub(crate) fn finished(
        &mut self,
        now: Timestamp,
        work: Work,
        verdict: &Verdict,
        position: BatchPosition,
    ) -> Option<TargetChange> {
        self.ended(work.begun, work.ticket, work.may_hang);
        match verdict {
            Verdict::Delivered => self.delivered(now, &work),
            Verdict::Unsendable { .. } => {
                // Nothing was learned about the target.
                if work.is_probe {
                    self.breaker.probe_lost(now);
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
                let failure = Failure {
                    kind: FailureKind::of(verdict, cause),
                    cause,
                    retry_after,
                    position,
                };
                self.failed(now, work, failure)
            }
        }
    }

    /// A delivery ended without a result, which is a bug elsewhere. The message is left to the
    /// queue.
    pub(crate) fn lost(&mut self, now: Timestamp, work: &Lost) {
        self.ended(work.begun, work.ticket, work.may_hang);
        self.leave_group(now, &work.id, work.group.as_deref(), None);
        if work.is_probe {
            self.breaker.probe_lost(now);
        }
    }

    fn ended(&mut self, begun: Timestamp, ticket: u64, may_hang: bool) {
        self.under_way.end(begun, ticket);
        self.may_hang = self.may_hang.saturating_sub(usize::from(may_hang));
    }

    /// In AWS's terms (`docs/aws/pipes.md#errors-and-retries`), an answer other than a 2xx, or no
    /// answer in time, is the customer's error and counts as a receive; a throttle and a connection
    /// that cannot be made are the service's.
    fn is_customer_error(&self, cause: Cause) -> bool {
        self.settings.rule == VerdictRule::Aws
            && !matches!(cause, Cause::Unreachable | Cause::Throttled)
    }

    fn delivered(&mut self, now: Timestamp, work: &Work) -> Option<TargetChange> {
        if let Some(lease) = self.leases.release(&work.id) {
            self.settles.push_back(Settle::Delete {
                receipt: lease.receipt,
                tries: 0,
            });
        }
        self.delivered.insert(&work.id);
        self.blocked.advance(now, work.group.as_deref());
        self.backlog.advance(now, work.group.as_deref());
        self.passed(now, work)
    }

    /// A message got through: messages that failed meanwhile are compared with it.
    fn passed(&mut self, now: Timestamp, work: &Work) -> Option<TargetChange> {
        self.suspects.passed(&work.id);
        if work.failed_before() {
            self.backlog.learn(now, true);
        } else {
            self.breaker.learn(work.begun, false);
        }
        self.under_way.passed(now, work.begun);
        if self.breaker.is_closed() {
            self.idle_try = now;
            for id in self.suspects.others_passed(work.begun) {
                self.look_again(now, &id);
            }
        }
        self.target_is_up(now, work)
    }

    fn target_is_up(&mut self, now: Timestamp, work: &Work) -> Option<TargetChange> {
        let (closed, change) = self.breaker.passed(now, work.begun, work.is_probe);
        if closed {
            self.backlog.target_is_up(now);
            if change.is_some() {
                self.throttle.forget();
            }
            if matches!(change, Some(TargetChange::Up { after, .. }) if after >= LONG) {
                self.concurrency.collapse();
            }
        }
        if self.breaker.is_closed() {
            self.backlog.let_follow(now);
            let is_used = self.slots_taken(now) + 1 >= self.concurrency.limit();
            self.concurrency.answered(self.is_saturated || is_used);
            self.throttle.answered(now);
        }
        change
    }

    fn failed(&mut self, now: Timestamp, work: Work, failure: Failure) -> Option<TargetChange> {
        let Failure { kind, position, .. } = failure;
        let before = Before {
            failed: work.failed_before() && !self.suspects.failed_otherwise(&work.id, kind),
            share: self.backlog.least_share(now),
        };
        if work.failed_before() && position == BatchPosition::Alone {
            self.backlog.learn(now, false);
        }
        if self.breaker.is_closed() {
            self.failed_while_flowing(now, work, failure, before);
            None
        } else if work.is_probe {
            self.probe_failed(now, work, failure)
        } else {
            self.keep(now, work);
            None
        }
    }

    fn probe_failed(
        &mut self,
        now: Timestamp,
        mut work: Work,
        failure: Failure,
    ) -> Option<TargetChange> {
        let Failure {
            kind,
            cause,
            retry_after,
            ..
        } = failure;
        let change = self.breaker.probe_failed(now, &work, cause, retry_after);
        work.tries = work.tries.max(1);
        work.may_hang = cause == Cause::Timeout;
        self.suspects.blame_target(kind);
        self.keep(now, work);
        change
    }

    fn failed_while_flowing(
        &mut self,
        now: Timestamp,
        mut work: Work,
        failure: Failure,
        before: Before,
    ) {
        let Failure {
            kind,
            cause,
            retry_after,
            position,
        } = failure;
        // Of several probes, another one may have got through.
        work.is_probe = false;
        let is_first = !work.failed_before();
        let hung_before = work.may_hang;
        work.tries += 1;
        work.may_hang = cause == Cause::Timeout;
        work.failing_since = work.failing_since.or(Some(work.begun));
        work.patience = patience(cause).max(self.sample(cause));
        self.slow_down(now, &work, cause, hung_before);
        let compared = self.under_way.passed_after(work.begun);
        let opens = !compared
            && self.is_evidence(&work, failure)
            && self
                .breaker
                .failed(now, &work.id, work.begun, cause, before);
        if is_first && position != BatchPosition::Other {
            self.breaker.learn(work.begun, true);
        }
        if opens {
            self.target_is_down(cause);
            return self.keep(now, work);
        }
        if position == BatchPosition::Alone {
            self.suspects
                .failed(now, &work.id, work.begun, (kind, cause), compared);
            work.is_known = self.suspects.is_known(&work.id);
        } else {
            work.alone = true;
        }
        let pause = self.pause(now, &work, position, compared);
        let is_hopeless =
            self.backlog.waiting() >= MANY && (work.is_known || work.tries >= MANY_TRIES);
        work.waits_for_others =
            retry_after.is_none() && self.suspects.needs_others(&work.id, is_hopeless);
        self.try_again(now, work, pause, retry_after);
    }

    fn slow_down(&mut self, now: Timestamp, work: &Work, cause: Cause, hung_before: bool) {
        match cause {
            Cause::Throttled => {
                self.concurrency.halve(now, work.begun);
                self.throttle.refused(now, work.begun);
            }
            Cause::Unreachable => {}
            // Where other messages are answered quickly, it is not the load.
            Cause::Timeout if work.is_known || self.under_way.is_quick(now, work.begun) => {}
            // A message that hangs again says less of the load than of itself.
            Cause::Timeout if hung_before => {}
            Cause::Timeout => self.concurrency.timed_out(now, work.begun),
            _ => self.concurrency.refused(),
        }
    }

    /// Whether a failure that was not compared is evidence against the target.
    fn is_evidence(&self, work: &Work, failure: Failure) -> bool {
        let is_known = self.suspects.is_known_by(&work.id, failure.kind);
        (failure.cause == Cause::Unreachable || !is_known)
            && failure.position != BatchPosition::Other
    }

    /// Where a good part of all calls fails with a status that concerns the message, one message
    /// now and then is tried again all the same: the calls may fail at random.
    fn sample(&mut self, cause: Cause) -> u8 {
        if cause != Cause::Message || self.breaker.share() < OFTEN {
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
        if cause != Cause::Throttled {
            self.throttle.forget();
        }
    }
}

/// How often a message is tried that failed with this cause, before it is left to the queue.
fn patience(cause: Cause) -> u8 {
    match cause {
        // The answer concerns the message; and a timeout costs more than another try can bring.
        Cause::Message | Cause::Timeout => 1,
        Cause::Unreachable | Cause::Target | Cause::Throttled | Cause::Either => TRIES,
    }
}
