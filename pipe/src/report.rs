//! What a pipe tells about its work beside its journal: metrics under AWS's names, and lines about its state.

use std::sync::Arc;
use std::time::Duration;

use kit::time::Timestamp;
use metrics::{counter, gauge, histogram};

use crate::courier::Ending;
use crate::definition::Pipe;
use crate::event::Message;
use crate::filtered::{Filtered, TurnedAway};
use crate::flow::Change;
use crate::journal::{Details, Journal, LogConfiguration, Stage, Step};
use crate::pattern::Miss;
use crate::retry::Verdict;

/// Tells about one pipe.
#[derive(Debug)]
pub struct Report {
    pipe: String,
    arn: String,
    log: LogConfiguration,
    filtered: Arc<Filtered>,
}

impl Report {
    /// For this pipe; what its filters turn away is noted in `filtered`.
    pub fn new(pipe: &Pipe, filtered: Arc<Filtered>) -> Report {
        let (name, arn) = (pipe.name.clone(), pipe.names.pipe_arn.clone());
        let report = Report { pipe: name, arn, log: pipe.log, filtered };
        report.start_at_zero();
        report
    }

    /// Counters that nothing has happened to say so, as CloudWatch's do.
    fn start_at_zero(&self) {
        for name in [
            "pipe_event_count_total",
            "pipe_event_size_bytes_total",
            "pipe_events_filtered_total",
            "pipe_invocations_total",
            "pipe_execution_failed_total",
            "pipe_enrichment_stage_failed_total",
            "pipe_target_stage_failed_total",
            "pipe_target_stage_skipped_total",
            "pipe_execution_throttled_total",
        ] {
            counter!(name, "pipe" => self.name()).absolute(0);
        }
        self.at_work(0);
        gauge!("pipe_target_down", "pipe" => self.name()).set(0.0);
    }

    /// A message came in and passes the filter.
    pub fn accepted(&self, id: &str, bytes: usize) {
        counter!("pipe_event_count_total", "pipe" => self.name()).increment(1);
        counter!("pipe_event_size_bytes_total", "pipe" => self.name()).increment(bytes as u64);
        self.journal(id).tell(Step::PollingStageSucceeded, Details::default);
    }

    /// No filter takes a message: it is deleted.
    pub fn filtered(&self, now: Timestamp, message: &Message, misses: Vec<Miss>) {
        counter!("pipe_events_filtered_total", "pipe" => self.name()).increment(1);
        let id = &message.message_id;
        tracing::debug!(pipe = self.pipe, message_id = id, ?misses, "no filter takes the message, it is deleted");
        let body = self.log.execution_data.then_some(message.body.as_str());
        self.filtered.note(&self.pipe, TurnedAway::new(id, now, misses, body));
    }

    /// A delivery begins.
    pub fn started(&self) {
        counter!("pipe_invocations_total", "pipe" => self.name()).increment(1);
    }

    /// A delivery is over after `duration`.
    pub fn finished(&self, duration: Duration, ending: &Ending) {
        histogram!("pipe_duration_seconds", "pipe" => self.name()).record(duration);
        for (stage, span) in &ending.stages {
            match stage {
                Stage::Enrichment => histogram!("pipe_enrichment_stage_duration_seconds", "pipe" => self.name()),
                Stage::Target => histogram!("pipe_target_stage_duration_seconds", "pipe" => self.name()),
            }
            .record(*span);
        }
        let last = ending.stages.last().map_or(Stage::Target, |(stage, _)| *stage);
        let failed = ending.verdict != Verdict::Delivered;
        let name = match (last, failed) {
            (Stage::Target, false) => return,
            (Stage::Enrichment, false) => "pipe_target_stage_skipped_total",
            (Stage::Enrichment, true) => "pipe_enrichment_stage_failed_total",
            (Stage::Target, true) => "pipe_target_stage_failed_total",
        };
        counter!(name, "pipe" => self.name()).increment(1);
        if failed {
            counter!("pipe_execution_failed_total", "pipe" => self.name()).increment(1);
        }
    }

    /// The breaker opened or closed.
    pub fn changed(&self, change: Change) {
        let down = gauge!("pipe_target_down", "pipe" => self.pipe.clone());
        match change {
            Change::Opened => {
                down.set(1.0);
                tracing::warn!(pipe = self.pipe, "the target is down: nothing is received until a probe gets through");
            }
            Change::Closed => {
                down.set(0.0);
                tracing::info!(pipe = self.pipe, "the target is back");
            }
        }
    }

    /// The destination's rate holds deliveries back.
    pub fn throttled(&self) {
        counter!("pipe_execution_throttled_total", "pipe" => self.name()).increment(1);
    }

    /// So many deliveries are under way.
    pub fn at_work(&self, deliveries: usize) {
        gauge!("pipe_concurrency", "pipe" => self.name()).set(deliveries as f64);
    }

    /// Receiving is no execution yet, so it has no id.
    fn journal<'a>(&'a self, message_id: &'a str) -> Journal<'a> {
        Journal::new(self.log, &self.arn, message_id, String::new(), false)
    }

    fn name(&self) -> String {
        self.pipe.clone()
    }
}
