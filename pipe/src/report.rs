//! What a pipe tells about its work: metrics under AWS's names, and log lines by the pipe's `LogConfiguration.Level`.
//!
//! Events are named by message id; their content is never told.

use std::sync::Arc;
use std::time::Duration;

use kit::time::Timestamp;
use metrics::{counter, gauge, histogram};

use crate::definition::LogLevel;
use crate::event::Message;
use crate::filtered::{Filtered, TurnedAway};
use crate::flow::Change;
use crate::pattern::Miss;
use crate::retry::Verdict;

/// Tells about one pipe.
#[derive(Debug)]
pub struct Report {
    pipe: String,
    level: LogLevel,
    filtered: Arc<Filtered>,
}

impl Report {
    /// For the pipe of this name; what its filters turn away is noted in `filtered`.
    pub fn new(pipe: &str, level: LogLevel, filtered: Arc<Filtered>) -> Report {
        let report = Report { pipe: pipe.to_owned(), level, filtered };
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
            "pipe_target_stage_failed_total",
            "pipe_execution_throttled_total",
        ] {
            counter!(name, "pipe" => self.pipe.clone()).absolute(0);
        }
        self.at_work(0);
        gauge!("pipe_target_down", "pipe" => self.pipe.clone()).set(0.0);
    }

    /// A message came in and passes the filter.
    pub fn accepted(&self, id: &str, bytes: usize) {
        counter!("pipe_event_count_total", "pipe" => self.pipe.clone()).increment(1);
        counter!("pipe_event_size_bytes_total", "pipe" => self.pipe.clone()).increment(bytes as u64);
        self.step(LogLevel::Trace, "PollingStageSucceeded", id);
    }

    /// No filter takes a message: it is deleted.
    pub fn filtered(&self, now: Timestamp, message: &Message, misses: Vec<Miss>) {
        counter!("pipe_events_filtered_total", "pipe" => self.pipe.clone()).increment(1);
        let id = &message.message_id;
        tracing::debug!(pipe = self.pipe, message_id = id, ?misses, "no filter takes the message, it is deleted");
        self.filtered.note(&self.pipe, TurnedAway::new(id, now, misses, None));
    }

    /// A delivery begins.
    pub fn started(&self, id: &str) {
        counter!("pipe_invocations_total", "pipe" => self.pipe.clone()).increment(1);
        self.step(LogLevel::Info, "ExecutionStarted", id);
    }

    /// A delivery is over after `duration`.
    pub fn finished(&self, id: &str, is_probe: bool, duration: Duration, verdict: &Verdict) {
        histogram!("pipe_target_stage_duration_seconds", "pipe" => self.pipe.clone()).record(duration);
        histogram!("pipe_duration_seconds", "pipe" => self.pipe.clone()).record(duration);
        let reason = match verdict {
            Verdict::Delivered => return self.step(LogLevel::Info, "ExecutionSucceeded", id),
            Verdict::Rejected { reason } | Verdict::Down { reason, .. } => reason,
        };
        counter!("pipe_execution_failed_total", "pipe" => self.pipe.clone()).increment(1);
        counter!("pipe_target_stage_failed_total", "pipe" => self.pipe.clone()).increment(1);
        if is_probe {
            tracing::debug!(pipe = self.pipe, message_id = id, reason, "the target is still down");
        } else if self.level >= LogLevel::Error {
            tracing::warn!(
                pipe = self.pipe,
                message_id = id,
                reason,
                message_type = "ExecutionFailed",
                "not delivered"
            );
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
        counter!("pipe_execution_throttled_total", "pipe" => self.pipe.clone()).increment(1);
    }

    /// So many deliveries are under way.
    pub fn at_work(&self, deliveries: usize) {
        gauge!("pipe_concurrency", "pipe" => self.pipe.clone()).set(deliveries as f64);
    }

    fn step(&self, level: LogLevel, message_type: &str, id: &str) {
        if self.level >= level {
            tracing::info!(pipe = self.pipe, message_id = id, message_type);
        }
    }
}
