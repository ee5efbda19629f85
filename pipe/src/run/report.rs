//! What a worker reports beside the execution log: metrics, lines about single messages and about
//! the target, the pipe's state, and filtered events.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kit::hops;
use kit::time::Timestamp;

use super::metrics::Metrics;
use crate::control::filtered::{FilteredEvent, FilteredEvents};
use crate::control::state::Status;
use crate::definition::Pipe;
use crate::event::Event;
use crate::execution::tally::Ending;
use crate::execution::unfinished;
use crate::execution_log::{Details, ExecutionLog, ExecutionStep, LogConfiguration};
use crate::flow::{Reason, TargetChange, Verdict, Work};
use crate::pattern::Mismatch;
use crate::redact::secrets;
use crate::sqs::attributes::RedrivePolicy;

/// Reports what one pipe does.
#[derive(Debug)]
pub(crate) struct Report {
    pipe: String,
    arn: String,
    log: Option<LogConfiguration>,
    filtered: Arc<FilteredEvents>,
    status: Arc<Status>,
    metrics: Metrics,
    /// Whether the target was reported as down.
    is_down: AtomicBool,
}

impl Report {
    /// Reports about `pipe`: events that its filters reject also to `filtered`, and the state of
    /// its target to `status`.
    pub(crate) fn new(pipe: &Pipe, filtered: Arc<FilteredEvents>, status: Arc<Status>) -> Report {
        unfinished::describe();
        Report {
            pipe: pipe.name.clone(),
            arn: pipe.names.pipe_arn.clone(),
            log: pipe.log,
            filtered,
            status,
            metrics: Metrics::new(&pipe.name),
            is_down: AtomicBool::default(),
        }
    }

    /// Reports a message that passes the filter.
    pub(crate) fn accepted(&self, id: &str, bytes: usize) {
        self.metrics.messages.received.increment(1);
        self.metrics.messages.bytes.increment(bytes as u64);
        ExecutionLog::of_polling(self.log.unwrap_or_default(), &self.arn, vec![id])
            .record(ExecutionStep::PollingStageSucceeded, Details::default);
    }

    /// Reports a message that no filter matches, which is deleted.
    pub(crate) fn filtered(&self, now: Timestamp, id: &str, event: &Event, misses: Vec<Mismatch>) {
        self.metrics.messages.filtered.increment(1);
        tracing::debug!(
            pipe = self.pipe,
            message_id = id,
            ?misses,
            "no filter matches the message: it is deleted"
        );
        let body = event
            .body()
            .filter(|_| self.log.is_some_and(|log| log.execution_data));
        let body = body.map(|body| secrets::redactor().redact(body).into_owned());
        self.filtered.note(
            &self.pipe,
            FilteredEvent::new(id, now, misses, body.as_deref()),
        );
    }

    /// Reports a delivery that ended at `now`. The queue's `redrive` policy tells which attempt is
    /// the last.
    pub(crate) fn finished(
        &self,
        now: Timestamp,
        work: &Work,
        ending: &Ending,
        redrive: Option<&RedrivePolicy>,
    ) {
        if let Some(execution) = &ending.execution {
            self.metrics.executions.count(execution);
        }
        let (pipe, message_id) = (self.pipe.as_str(), work.id.as_str());
        let ms = now.since(work.begun).as_millis() as u64;
        match ending.verdict.failure() {
            None if hops::are_logged() => {
                let (attempt, status) = (work.receives, ending.status);
                tracing::info!(target: "pipe", pipe, message_id, attempt, status, ms, "delivered");
            }
            None => {}
            Some(reason) => {
                self.status.delivery_failed(&reason.text, reason.status);
                if let Verdict::Failed { cause, .. } = &ending.verdict {
                    self.metrics.messages.count_failure(*cause);
                }
                self.failed(
                    work,
                    reason,
                    ms,
                    redrive.map(|redrive| redrive.max_receive_count),
                );
            }
        }
    }

    /// Reports a failed delivery, with or without a `LogConfiguration`, whose records do not hold
    /// the number of the attempt.
    fn failed(&self, work: &Work, reason: &Reason, ms: u64, max_receive_count: Option<u32>) {
        let (pipe, message_id, attempt) = (self.pipe.as_str(), work.id.as_str(), work.receives);
        let Reason {
            text,
            status,
            answer,
        } = reason;
        let (reason, status, answer) = (text.as_str(), *status, answer.as_deref());
        // One line has reported the target as down; the probes that follow add nothing to it.
        if work.is_probe && self.is_down.load(Ordering::Relaxed) {
            tracing::debug!(target: "pipe", pipe, message_id, status, reason, answer, "the target is still down");
            return;
        }
        tracing::warn!(
            target: "pipe", pipe, message_id, attempt, max_receive_count, status, ms, reason, answer, "not delivered"
        );
    }

    /// Reports a message that was given up after its last attempt: the next receive is SQS's own,
    /// which moves it to the dead-letter queue.
    pub(crate) fn dead(&self, message_id: &str, attempt: u32, redrive: &RedrivePolicy) {
        self.metrics.messages.dead_lettered.increment(1);
        let RedrivePolicy {
            max_receive_count: most,
            dead_letter_queue: queue,
        } = redrive;
        tracing::warn!(
            target: "pipe",
            pipe = self.pipe,
            message_id,
            attempt,
            max_receive_count = most,
            dead_letter_queue = queue,
            "dead: attempt {attempt} of {most} was the last, SQS moves the message to the dead-letter queue {queue}"
        );
    }

    /// Reports that the target is down, or back.
    pub(crate) fn changed(&self, change: TargetChange) {
        match change {
            TargetChange::Down {
                failures,
                messages,
                share,
                cause,
            } => {
                self.metrics.target.is_down.set(1.0);
                self.is_down.store(true, Ordering::Relaxed);
                let reason = self.status.target_down(cause);
                let before = format!("{:.1} %", share * 100.0);
                tracing::warn!(
                    pipe = self.pipe,
                    failures,
                    messages,
                    failed_before = before,
                    "{reason}: no message gets through, so none is given up; a few are tried until one does"
                );
            }
            TargetChange::Up { after, probes } => {
                self.metrics.target.is_down.set(0.0);
                self.is_down.store(false, Ordering::Relaxed);
                self.status.target_up();
                let after = format!("{:.1} s", after.as_secs_f64());
                tracing::info!(
                    pipe = self.pipe,
                    after,
                    probes,
                    "the target is back: a message got through"
                );
            }
        }
    }

    /// Reports how many messages failed and are remembered.
    pub(crate) fn suspected(&self, messages: usize) {
        self.metrics.messages.suspected.set(messages as f64);
    }

    /// Reports a probe: a message that is sent to see if the target takes it.
    pub(crate) fn probes(&self) {
        self.metrics.target.probes.increment(1);
    }

    /// Reports that the rate of a destination holds deliveries back.
    pub(crate) fn throttled(&self) {
        self.metrics.executions.throttled.increment(1);
    }

    /// Reports how many deliveries are under way.
    pub(crate) fn at_work(&self, deliveries: usize) {
        self.metrics.messages.under_way.set(deliveries as f64);
    }
}
