//! The metrics of a pipe, each named after CloudWatch's in the namespace `AWS/EventBridge/Pipes`
//! (`docs/aws/pipes.md#metrics`), with its help text.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use metrics::{describe_counter, describe_gauge, describe_histogram};

use crate::execution::tally::{ExecutionOutcome, ExecutionSummary};
use crate::execution_log::Stage;
use crate::flow::Cause;

/// All metrics of one pipe, looked up once.
#[derive(Debug)]
pub(super) struct Metrics {
    pub(super) messages: MessageMetrics,
    pub(super) executions: ExecutionMetrics,
    pub(super) target: TargetMetrics,
}

/// What becomes of messages.
#[derive(Debug)]
pub(super) struct MessageMetrics {
    pub(super) received: Counter,
    pub(super) bytes: Counter,
    pub(super) filtered: Counter,
    pub(super) dead_lettered: Counter,
    pub(super) under_way: Gauge,
    pub(super) suspected: Gauge,
    failures: Vec<(Cause, Counter)>,
}

/// How executions and their stages end.
#[derive(Debug)]
pub(super) struct ExecutionMetrics {
    invocations: Counter,
    failed: Counter,
    partially_failed: Counter,
    pub(super) throttled: Counter,
    timed_out: Counter,
    duration: Histogram,
    enrichment: StageMetrics,
    target: StageMetrics,
    target_partially_failed: Counter,
    target_skipped: Counter,
}

#[derive(Debug)]
struct StageMetrics {
    failed: Counter,
    duration: Histogram,
}

/// What is known about the target.
#[derive(Debug)]
pub(super) struct TargetMetrics {
    pub(super) probes: Counter,
    pub(super) is_down: Gauge,
}

impl Metrics {
    /// The metrics of the pipe of this name. All begin at 0, as CloudWatch's do.
    pub(super) fn new(pipe: &str) -> Metrics {
        let pipe = Labels(pipe);
        Metrics {
            messages: MessageMetrics::new(&pipe),
            executions: ExecutionMetrics::new(&pipe),
            target: TargetMetrics {
                probes: pipe.counter(
                    "pipe_probes_total",
                    "Messages sent to see if the target takes any; CloudWatch does not have it",
                ),
                is_down: pipe.gauge(
                    "pipe_target_down",
                    "1 while no message gets through; CloudWatch does not have it",
                ),
            },
        }
    }
}

impl MessageMetrics {
    fn new(pipe: &Labels<'_>) -> MessageMetrics {
        MessageMetrics {
            received: pipe.counter(
                "pipe_event_count_total",
                "EventCount: messages that passed the filter",
            ),
            bytes: pipe.counter(
                "pipe_event_size_bytes_total",
                "EventSize: the bytes of their bodies",
            ),
            filtered: pipe.counter(
                "pipe_events_filtered_total",
                "Messages that no filter let pass; CloudWatch does not have it",
            ),
            dead_lettered: pipe.counter(
                "pipe_dead_lettered_total",
                "Messages given up after their last attempt; CloudWatch does not have it",
            ),
            under_way: pipe.gauge(
                "pipe_concurrency",
                "Concurrency: messages that are under way",
            ),
            suspected: pipe.gauge(
                "pipe_suspected_messages",
                "Messages that failed and are remembered; CloudWatch does not have it",
            ),
            failures: pipe.counters_by_cause(
                "pipe_failures_total",
                "Failed deliveries by what each suggests about its cause; CloudWatch does not have it",
            ),
        }
    }

    /// Counts a failed delivery.
    pub(super) fn count_failure(&self, cause: Cause) {
        let counter = self.failures.iter().find(|(counted, _)| *counted == cause);
        if let Some((_, counter)) = counter {
            counter.increment(1);
        }
    }
}

impl ExecutionMetrics {
    fn new(pipe: &Labels<'_>) -> ExecutionMetrics {
        ExecutionMetrics {
            invocations: pipe.counter(
                "pipe_invocations_total",
                "Invocations: executions, each of one batch",
            ),
            failed: pipe.counter("pipe_execution_failed_total", "ExecutionFailed"),
            partially_failed: pipe.counter(
                "pipe_execution_partially_failed_total",
                "ExecutionPartiallyFailed",
            ),
            throttled: pipe.counter(
                "pipe_execution_throttled_total",
                "ExecutionThrottled: held back by the rate of a destination",
            ),
            timed_out: pipe.counter("pipe_execution_timeout_total", "ExecutionTimeout"),
            duration: pipe.histogram("pipe_duration_seconds", "Duration"),
            enrichment: StageMetrics {
                failed: pipe.counter(
                    "pipe_enrichment_stage_failed_total",
                    "EnrichmentStageFailed",
                ),
                duration: pipe.histogram(
                    "pipe_enrichment_stage_duration_seconds",
                    "EnrichmentStageDuration",
                ),
            },
            target: StageMetrics {
                failed: pipe.counter("pipe_target_stage_failed_total", "TargetStageFailed"),
                duration: pipe
                    .histogram("pipe_target_stage_duration_seconds", "TargetStageDuration"),
            },
            target_partially_failed: pipe.counter(
                "pipe_target_stage_partially_failed_total",
                "TargetStagePartiallyFailed",
            ),
            target_skipped: pipe.counter("pipe_target_stage_skipped_total", "TargetStageSkipped"),
        }
    }

    /// Counts an execution and its stages.
    pub(super) fn count(&self, execution: &ExecutionSummary) {
        self.invocations.increment(1);
        self.duration.record(execution.duration);
        for (stage, duration) in &execution.stages {
            self.of_stage(*stage).duration.record(*duration);
        }
        let last = execution
            .stages
            .last()
            .map_or(Stage::Target, |(stage, _)| *stage);
        match (execution.outcome, last) {
            (ExecutionOutcome::Succeeded, Stage::Target) => {}
            (ExecutionOutcome::Succeeded, Stage::Enrichment) => self.target_skipped.increment(1),
            (ExecutionOutcome::TimedOut, _) => self.timed_out.increment(1),
            (ExecutionOutcome::PartiallyFailed, Stage::Target) => {
                self.target_partially_failed.increment(1);
                self.partially_failed.increment(1);
            }
            (ExecutionOutcome::PartiallyFailed, Stage::Enrichment) => {
                self.enrichment.failed.increment(1);
                self.partially_failed.increment(1);
            }
            (ExecutionOutcome::Failed, stage) => {
                self.of_stage(stage).failed.increment(1);
                self.failed.increment(1);
            }
        }
    }

    fn of_stage(&self, stage: Stage) -> &StageMetrics {
        match stage {
            Stage::Enrichment => &self.enrichment,
            Stage::Target => &self.target,
        }
    }
}

/// The label of all metrics of a pipe: its name.
struct Labels<'p>(&'p str);

impl Labels<'_> {
    fn counter(&self, name: &'static str, help: &'static str) -> Counter {
        describe_counter!(name, help);
        let counter = counter!(name, "pipe" => self.0.to_owned());
        counter.absolute(0);
        counter
    }

    fn counters_by_cause(&self, name: &'static str, help: &'static str) -> Vec<(Cause, Counter)> {
        describe_counter!(name, help);
        Cause::ALL
            .map(|(cause, label)| {
                let counter = counter!(name, "pipe" => self.0.to_owned(), "cause" => label);
                counter.absolute(0);
                (cause, counter)
            })
            .into()
    }

    fn gauge(&self, name: &'static str, help: &'static str) -> Gauge {
        describe_gauge!(name, help);
        let gauge = gauge!(name, "pipe" => self.0.to_owned());
        gauge.set(0.0);
        gauge
    }

    fn histogram(&self, name: &'static str, help: &'static str) -> Histogram {
        describe_histogram!(name, help);
        histogram!(name, "pipe" => self.0.to_owned())
    }
}
