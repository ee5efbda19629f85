//! How the emulator is, as Prometheus reads it. Pure: stats in, text out.

use std::fmt::Write as _;
use std::time::Duration;

use crate::engine::{Counts, QueueArn};
use crate::store::{Health, LogStats};

/// The most queues with metrics of their own: the first by region, account and name.
pub(crate) const MOST_QUEUES: usize = 1000;

/// The state of all queues and of the store, at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// How many queues there are.
    pub queues: usize,
    /// How many messages are in all of them.
    pub messages: usize,
    /// Up to [`MOST_QUEUES`] of them.
    pub shown: Vec<QueueStats>,
    /// The state of the store.
    pub health: Health,
    /// Its files; none in memory.
    pub log: Option<LogStats>,
}

/// The state of one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueStats {
    /// Which one.
    pub queue: QueueArn,
    /// How many messages are in which state.
    pub counts: Counts,
    /// How long ago its oldest message was sent; zero without messages.
    pub oldest: Duration,
}

impl Stats {
    /// The text that Prometheus reads.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write_states(&mut out);
        self.write_ages(&mut out);
        self.write_totals(&mut out);
        write_condition(&mut out, self.health);
        if let Some(log) = self.log {
            write_log(&mut out, log);
        }
        out
    }

    /// How many messages of each queue are in which state.
    fn write_states(&self, out: &mut String) {
        let name = "emulator_queue_messages";
        head(out, name, "Messages of a queue by state");
        for QueueStats { queue, counts, .. } in &self.shown {
            let labels = labels(queue);
            for (state, count) in [
                ("visible", counts.ready),
                ("in_flight", counts.in_flight),
                ("delayed", counts.delayed),
            ] {
                line(out, name, &format!("{labels},state=\"{state}\""), count);
            }
        }
    }

    /// How old the oldest message of each queue is.
    fn write_ages(&self, out: &mut String) {
        let name = "emulator_queue_oldest_message_age_seconds";
        head(
            out,
            name,
            "Age of the oldest message of a queue, 0 when it is empty",
        );
        for QueueStats { queue, oldest, .. } in &self.shown {
            line(out, name, &labels(queue), oldest.as_secs_f64());
        }
    }

    /// What is counted over all queues, also those that are not shown.
    fn write_totals(&self, out: &mut String) {
        single(out, "emulator_queues", "Queues", self.queues);
        let left_out = self.queues.saturating_sub(self.shown.len());
        single(
            out,
            "emulator_queues_left_out",
            "Queues that have no metrics of their own, for there are too many",
            left_out,
        );
        single(
            out,
            "emulator_messages",
            "Messages in all queues",
            self.messages,
        );
    }
}

/// A line for every condition that the store can be in.
fn write_condition(out: &mut String, health: Health) {
    let name = "emulator_store_condition";
    head(out, name, "1 for the condition that the store is in");
    for (label, condition) in [
        ("sound", Health::Sound),
        ("full", Health::Full),
        ("failed", Health::Failed),
    ] {
        let is_it = u8::from(condition == health);
        line(out, name, &format!("condition=\"{label}\""), is_it);
    }
}

/// How much the files of the store hold.
fn write_log(out: &mut String, log: LogStats) {
    let LogStats {
        segments,
        bytes,
        live,
    } = log;
    single(
        out,
        "emulator_log_segments",
        "Files of the log of the queues",
        segments,
    );
    single(
        out,
        "emulator_log_bytes",
        "Bytes that these files take",
        bytes,
    );
    single(
        out,
        "emulator_log_live_bytes",
        "Bytes of these files that messages need",
        live,
    );
}

fn labels(
    QueueArn {
        region,
        account,
        name,
    }: &QueueArn,
) -> String {
    format!(
        "region=\"{}\",account=\"{}\",queue=\"{}\"",
        escape(region),
        escape(account),
        escape(name)
    )
}

/// A region is what a signature says it is.
fn escape(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn head(out: &mut String, name: &str, help: &str) {
    writeln!(out, "# HELP {name} {help}.\n# TYPE {name} gauge").expect("a string takes everything");
}

fn line(out: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    writeln!(out, "{name}{{{labels}}} {value}").expect("a string takes everything");
}

fn single(out: &mut String, name: &str, help: &str, value: impl std::fmt::Display) {
    head(out, name, help);
    writeln!(out, "{name} {value}").expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_text_of_prometheus() {
        let queue = QueueArn {
            region: "a\"b\\c\n".into(),
            account: "000000000000".into(),
            name: "q.fifo".into(),
        };
        let counts = Counts {
            ready: 3,
            delayed: 2,
            in_flight: 1,
        };
        let shown = vec![QueueStats {
            queue,
            counts,
            oldest: Duration::from_millis(1500),
        }];
        let log = Some(LogStats {
            segments: 2,
            bytes: 64,
            live: 7,
        });
        let text = Stats {
            queues: 5,
            messages: 6,
            shown,
            health: Health::Full,
            log,
        }
        .text();
        let labels = r#"region="a\"b\\c\n",account="000000000000",queue="q.fifo""#;
        for line in [
            "# TYPE emulator_queue_messages gauge".to_owned(),
            format!("emulator_queue_messages{{{labels},state=\"visible\"}} 3"),
            format!("emulator_queue_messages{{{labels},state=\"in_flight\"}} 1"),
            format!("emulator_queue_messages{{{labels},state=\"delayed\"}} 2"),
            format!("emulator_queue_oldest_message_age_seconds{{{labels}}} 1.5"),
            "emulator_queues 5".to_owned(),
            "emulator_queues_left_out 4".to_owned(),
            "emulator_messages 6".to_owned(),
            "emulator_store_condition{condition=\"full\"} 1".to_owned(),
            "emulator_store_condition{condition=\"sound\"} 0".to_owned(),
            "emulator_log_live_bytes 7".to_owned(),
        ] {
            assert!(
                text.lines().any(|other| other == line),
                "{line}\nis missing in\n{text}"
            );
        }
        assert!(
            text.lines()
                .all(|line| line.starts_with("# ") || line.starts_with("emulator_")),
            "{text}"
        );
    }
}
