//! What a pipe tells about its work beside its journal: metrics under AWS's names, and lines about
//! its state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kit::hops;
use kit::time::Timestamp;
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use metrics::{describe_counter, describe_gauge, describe_histogram};

use crate::control::filtered::{FilteredEvent, FilteredEvents};
use crate::control::state::Status;
use crate::definition::Pipe;
use crate::event::Event;
use crate::execution::tally::{Ending, ExecutionOutcome, ExecutionSummary};
use crate::execution::unfinished;
use crate::execution_log::{Details, ExecutionLog, ExecutionStep, LogConfiguration, Stage};
use crate::flow::{Cause, Reason, TargetChange, Verdict, Work};
use crate::pattern::Mismatch;
use crate::redact::secrets;
use crate::sqs::attributes::RedrivePolicy;

/// Tells about one pipe.
#[derive(Debug)]
pub struct Report {
    pipe: String,
    arn: String,
    log: Option<LogConfiguration>,
    filtered: Arc<FilteredEvents>,
    status: Arc<Status>,
    metrics: Metrics,
    /// Whether it was told that no message gets through.
    is_down: AtomicBool,
}

/// The metrics of one pipe, looked up once. Named as CloudWatch's are: `docs/aws/pipes.md#metrics`.
#[derive(Debug)]
struct Metrics {
    event_count: Counter,
    event_size: Counter,
    events_filtered: Counter,
    dead: Counter,
    invocations: Counter,
    execution_failed: Counter,
    execution_partially_failed: Counter,
    execution_throttled: Counter,
    execution_timeout: Counter,
    enrichment_stage_failed: Counter,
    target_stage_failed: Counter,
    target_stage_partially_failed: Counter,
    target_stage_skipped: Counter,
    duration: Histogram,
    enrichment_stage_duration: Histogram,
    target_stage_duration: Histogram,
    probes: Counter,
    failures: Vec<(Cause, Counter)>,
    concurrency: Gauge,
    suspected: Gauge,
    target_down: Gauge,
}

/// ReservedVariables, and CloudWatch's names in the namespace `AWS/EventBridge/Pipes` for them.
const COUNTERS: [(&str, &str); 14] = [
    (
        "pipe_event_count_total",
        "EventCount: messages that passed the filter",
    ),
    (
        "pipe_event_size_bytes_total",
        "EventSize: the bytes of their bodies",
    ),
    (
        "pipe_events_filtered_total",
        "Messages that no filter let pass; CloudWatch does not have it",
    ),
    (
        "pipe_dead_lettered_total",
        "Messages given up after their last attempt; CloudWatch does not have it",
    ),
    (
        "pipe_invocations_total",
        "Invocations: executions, each of one batch",
    ),
    ("pipe_execution_failed_total", "ExecutionFailed"),
    (
        "pipe_execution_partially_failed_total",
        "ExecutionPartiallyFailed",
    ),
    (
        "pipe_execution_throttled_total",
        "ExecutionThrottled: held back by the rate of a destination",
    ),
    ("pipe_execution_timeout_total", "ExecutionTimeout"),
    (
        "pipe_enrichment_stage_failed_total",
        "EnrichmentStageFailed",
    ),
    ("pipe_target_stage_failed_total", "TargetStageFailed"),
    (
        "pipe_target_stage_partially_failed_total",
        "TargetStagePartiallyFailed",
    ),
    ("pipe_target_stage_skipped_total", "TargetStageSkipped"),
    (
        "pipe_probes_total",
        "Messages sent to see if the target takes any; CloudWatch does not have it",
    ),
];
const HISTOGRAMS: [(&str, &str); 3] = [
    ("pipe_duration_seconds", "Duration"),
    (
        "pipe_enrichment_stage_duration_seconds",
        "EnrichmentStageDuration",
    ),
    ("pipe_target_stage_duration_seconds", "TargetStageDuration"),
];
const FAILURES: (&str, &str) = (
    "pipe_failures_total",
    "Failed deliveries by what each suggests about its cause; CloudWatch does not have it",
);
const GAUGES: [(&str, &str); 3] = [
    (
        "pipe_concurrency",
        "Concurrency: messages that are under way",
    ),
    (
        "pipe_suspected_messages",
        "Messages that failed and are remembered; CloudWatch does not have it",
    ),
    (
        "pipe_target_down",
        "1 while no message gets through; CloudWatch does not have it",
    ),
];

fn describe() {
    unfinished::describe();
    describe_counter!(FAILURES.0, FAILURES.1);
    COUNTERS
        .iter()
        .for_each(|&(name, help)| describe_counter!(name, help));
    HISTOGRAMS
        .iter()
        .for_each(|&(name, help)| describe_histogram!(name, help));
    GAUGES
        .iter()
        .for_each(|&(name, help)| describe_gauge!(name, help));
}

impl Metrics {
    /// Counters that nothing has happened to say so, as CloudWatch's do.
    fn new(pipe: &str) -> Metrics {
        describe();
        let count = |name: &'static str| {
            let counter = counter!(name, "pipe" => pipe.to_owned());
            counter.absolute(0);
            counter
        };
        let count_cause = |cause: &'static str| {
            let counter = counter!(FAILURES.0, "pipe" => pipe.to_owned(), "cause" => cause);
            counter.absolute(0);
            counter
        };
        let time = |name: &'static str| histogram!(name, "pipe" => pipe.to_owned());
        let level = |name: &'static str| {
            let gauge = gauge!(name, "pipe" => pipe.to_owned());
            gauge.set(0.0);
            gauge
        };
        Metrics {
            event_count: count("pipe_event_count_total"),
            event_size: count("pipe_event_size_bytes_total"),
            events_filtered: count("pipe_events_filtered_total"),
            dead: count("pipe_dead_lettered_total"),
            invocations: count("pipe_invocations_total"),
            execution_failed: count("pipe_execution_failed_total"),
            execution_partially_failed: count("pipe_execution_partially_failed_total"),
            execution_throttled: count("pipe_execution_throttled_total"),
            execution_timeout: count("pipe_execution_timeout_total"),
            enrichment_stage_failed: count("pipe_enrichment_stage_failed_total"),
            target_stage_failed: count("pipe_target_stage_failed_total"),
            target_stage_partially_failed: count("pipe_target_stage_partially_failed_total"),
            target_stage_skipped: count("pipe_target_stage_skipped_total"),
            duration: time("pipe_duration_seconds"),
            enrichment_stage_duration: time("pipe_enrichment_stage_duration_seconds"),
            target_stage_duration: time("pipe_target_stage_duration_seconds"),
            probes: count("pipe_probes_total"),
            failures: Cause::ALL
                .map(|(cause, name)| (cause, count_cause(name)))
                .into(),
            concurrency: level("pipe_concurrency"),
            suspected: level("pipe_suspected_messages"),
            target_down: level("pipe_target_down"),
        }
    }

    /// Counts an execution.
    fn count(&self, execution: &ExecutionSummary) {
        self.invocations.increment(1);
        self.duration.record(execution.duration);
        for (stage, span) in &execution.stages {
            match stage {
                Stage::Enrichment => self.enrichment_stage_duration.record(*span),
                Stage::Target => self.target_stage_duration.record(*span),
            }
        }
        let last = execution
            .stages
            .last()
            .map_or(Stage::Target, |(stage, _)| *stage);
        match (execution.outcome, last) {
            (ExecutionOutcome::Succeeded, Stage::Target) => return,
            (ExecutionOutcome::Succeeded, Stage::Enrichment) => {
                return self.target_stage_skipped.increment(1);
            }
            (ExecutionOutcome::TimedOut, _) => return self.execution_timeout.increment(1),
            (ExecutionOutcome::PartiallyFailed | ExecutionOutcome::Failed, Stage::Enrichment) => {
                self.enrichment_stage_failed.increment(1);
            }
            (ExecutionOutcome::PartiallyFailed, Stage::Target) => {
                self.target_stage_partially_failed.increment(1);
            }
            (ExecutionOutcome::Failed, Stage::Target) => self.target_stage_failed.increment(1),
        }
        match execution.outcome {
            ExecutionOutcome::PartiallyFailed => self.execution_partially_failed.increment(1),
            _ => self.execution_failed.increment(1),
        }
    }
}

impl Report {
    /// For this pipe; what its filters turn away is noted in `filtered`, and how its target is in
    /// `status`.
    pub fn new(pipe: &Pipe, filtered: Arc<FilteredEvents>, status: Arc<Status>) -> Report {
        let (name, arn, metrics) = (
            pipe.name.clone(),
            pipe.names.pipe_arn.clone(),
            Metrics::new(&pipe.name),
        );
        Report {
            pipe: name,
            arn,
            log: pipe.log,
            filtered,
            status,
            metrics,
            is_down: AtomicBool::default(),
        }
    }

    /// A message came in and passes the filter.
    pub fn accepted(&self, id: &str, bytes: usize) {
        self.metrics.event_count.increment(1);
        self.metrics.event_size.increment(bytes as u64);
        ExecutionLog::of_polling(self.log.unwrap_or_default(), &self.arn, vec![id])
            .record(ExecutionStep::PollingStageSucceeded, Details::default);
    }

    /// No filter takes a message: it is deleted.
    pub fn filtered(&self, now: Timestamp, id: &str, event: &Event, misses: Vec<Mismatch>) {
        self.metrics.events_filtered.increment(1);
        tracing::debug!(
            pipe = self.pipe,
            message_id = id,
            ?misses,
            "no filter takes the message, it is deleted"
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

    /// A delivery is over at `now`. The queue's `redrive` says which attempt is the last.
    pub fn finished(
        &self,
        now: Timestamp,
        work: &Work,
        ending: &Ending,
        redrive: Option<&RedrivePolicy>,
    ) {
        if let Some(execution) = &ending.execution {
            self.metrics.count(execution);
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
                self.count_failure(&ending.verdict);
                self.failed(
                    work,
                    reason,
                    ms,
                    redrive.map(|redrive| redrive.max_receive_count),
                );
            }
        }
    }

    fn count_failure(&self, verdict: &Verdict) {
        let Verdict::Failed { cause, .. } = verdict else {
            return;
        };
        let counter = self
            .metrics
            .failures
            .iter()
            .find(|(counted, _)| counted == cause);
        if let Some((_, counter)) = counter {
            counter.increment(1);
        }
    }

    /// With or without a `LogConfiguration`: its records do not say which attempt it was.
    fn failed(&self, work: &Work, reason: &Reason, ms: u64, max_receive_count: Option<u32>) {
        let (pipe, message_id, attempt) = (self.pipe.as_str(), work.id.as_str(), work.receives);
        let Reason {
            text,
            status,
            answer,
        } = reason;
        let (reason, status, answer) = (text.as_str(), *status, answer.as_deref());
        // One line says that the target is out; those that are tried meanwhile add nothing to it.
        if work.is_probe && self.is_down.load(Ordering::Relaxed) {
            tracing::debug!(target: "pipe", pipe, message_id, status, reason, answer, "the target is still down");
            return;
        }
        tracing::warn!(
            target: "pipe", pipe, message_id, attempt, max_receive_count, status, ms, reason, answer, "not delivered"
        );
    }

    /// A message had its last attempt and was given up: whoever receives it next is SQS, which
    /// moves it.
    pub fn dead(&self, message_id: &str, attempt: u32, redrive: &RedrivePolicy) {
        self.metrics.dead.increment(1);
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

    /// What is believed of the target has changed.
    pub fn changed(&self, change: TargetChange) {
        match change {
            TargetChange::Down {
                failures,
                messages,
                share,
                cause,
            } => {
                self.metrics.target_down.set(1.0);
                self.is_down.store(true, Ordering::Relaxed);
                let said = self.status.target_down(cause);
                let before = format!("{:.1} %", share * 100.0);
                tracing::warn!(
                    pipe = self.pipe,
                    failures,
                    messages,
                    failed_before = before,
                    "{said}: no message gets through, so none is given up; a few are tried until one does"
                );
            }
            TargetChange::Up { after, probes } => {
                self.metrics.target_down.set(0.0);
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

    /// So many messages failed and are remembered.
    pub fn suspected(&self, messages: usize) {
        self.metrics.suspected.set(messages as f64);
    }

    /// A message goes out to see if the target takes it.
    pub fn probes(&self) {
        self.metrics.probes.increment(1);
    }

    /// The destination's rate holds deliveries back.
    pub fn throttled(&self) {
        self.metrics.execution_throttled.increment(1);
    }

    /// So many deliveries are under way.
    pub fn at_work(&self, deliveries: usize) {
        self.metrics.concurrency.set(deliveries as f64);
    }
}
