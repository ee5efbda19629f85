//! Is it the message or the target? The table of what must happen, row by row, against the real
//! pipe: good messages, messages that the target never takes, targets that take none for a while.
//!
//! Each row is measured at two sizes. The short one is for every day: its conditions are counts and
//! orders, which no slow machine changes. In the full one limits of time hold, too, most of them
//! against an undisturbed run of the same size. [`catalog`](catalog::rows) has all rows,
//! [`Row::line`] prints one.

pub mod aws;
pub mod backlog;
pub mod catalog;
pub mod groups;
pub mod network;
pub mod outage;
pub mod restart;
pub mod scenario;
pub mod stream;

use std::fmt::Write as _;
use std::time::Duration;

use crate::evidence::Figures;

/// How large a row is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Of the full size; none for the short one.
    share: Option<f64>,
}

impl Size {
    /// `TIDEGATE_FULL` says how large: 1 for all, 0.5 for half, nothing for the short size.
    ///
    /// # Panics
    /// It is no number.
    pub fn from_environment() -> Size {
        let text = std::env::var("TIDEGATE_FULL").ok();
        Size {
            share: text.map(|text| {
                text.parse()
                    .expect("TIDEGATE_FULL is a share of the full size, such as 1 or 0.5")
            }),
        }
    }

    /// `short` or the share of `full`, which is never less than `short`.
    pub fn of(self, short: u64, full: u64) -> u64 {
        self.share.map_or(short, |share| {
            short.max((full as f64 * share).round() as u64)
        })
    }

    /// `short` or all of `full`, where less would be another question.
    pub fn all(self, short: u64, full: u64) -> u64 {
        if self.is_full() { full } else { short }
    }

    /// As [`Size::of`] for messages a second, of which each of twenty ticks has as many.
    pub fn rate(self, short: u64, full: u64) -> u64 {
        self.of(short, full).next_multiple_of(20)
    }

    /// Whether limits of time hold.
    pub fn is_full(self) -> bool {
        self.share.is_some()
    }

    /// How long a row waits for what must happen.
    pub fn patience(self) -> Duration {
        Duration::from_secs(self.of(60, 400))
    }

    /// Seconds that a message is hidden after a receive.
    pub fn visibility(self) -> u32 {
        if self.is_full() { 5 } else { 2 }
    }
}

/// One row of the table, measured.
#[derive(Debug, Clone)]
pub struct Row {
    /// What happens.
    pub what: String,
    /// What must happen.
    pub must: String,
    measured: Vec<String>,
    broken: Vec<String>,
}

impl Row {
    /// A row that nothing was measured for yet.
    pub fn new(what: impl Into<String>, must: impl Into<String>) -> Row {
        Row {
            what: what.into(),
            must: must.into(),
            measured: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// A figure.
    pub fn note(&mut self, figure: impl Into<String>) {
        self.measured.push(figure.into());
    }

    /// A condition; `told` says what it demands.
    pub fn demand(&mut self, holds: bool, told: impl Into<String>) {
        if !holds {
            self.broken.push(told.into());
        }
    }

    /// A limit of time, which only the full size has.
    pub fn limit(&mut self, size: Size, holds: bool, told: impl Into<String>) {
        self.demand(holds || !size.is_full(), told);
    }

    /// What every row demands of good messages and of poison: `deaths` is how often poison is
    /// received.
    pub fn demand_of(&mut self, figures: &Figures, deaths: u32) {
        let Figures {
            good,
            delivered,
            poison,
            poison_dead,
            good_dead,
            ..
        } = figures;
        let receives: Vec<String> = figures.deaths.iter().map(ToString::to_string).collect();
        self.note(format!(
            "{delivered} of {good} good delivered, {good_dead} dead, receives up to {}",
            figures.most_receives
        ));
        if *poison > 0 {
            let after = if receives.is_empty() {
                String::new()
            } else {
                format!(" after {} receives", receives.join(", "))
            };
            self.note(format!("{poison_dead} of {poison} bad ones dead{after}"));
        }
        self.demand(delivered == good, "every good message is delivered");
        self.demand(*good_dead == 0, "no good message is dead");
        self.demand(
            poison_dead == poison,
            "everything that the target never takes is dead",
        );
        let exactly = figures
            .deaths
            .iter()
            .all(|receives| *receives == u64::from(deaths));
        self.demand(exactly, format!("dead after exactly {deaths} receives"));
    }

    /// What was demanded and is not so.
    pub fn broken(&self) -> &[String] {
        &self.broken
    }

    /// As a line of a table in Markdown.
    pub fn line(&self) -> String {
        let mut line = format!(
            "| {} | {} | {} | ",
            self.what,
            self.must,
            self.measured.join("; ")
        );
        match self.broken.as_slice() {
            [] => line.push_str("yes |"),
            broken => {
                write!(line, "**no**: {} |", broken.join("; ")).expect("a string takes everything");
            }
        }
        line
    }
}

/// The head of the table.
pub const HEAD: &str = "| what happens | what must happen | measured | holds |\n|---|---|---|---|";

/// A duration as a figure.
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
