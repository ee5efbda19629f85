//! What filters turned away: for each pipe how many messages, and the last few of them with the
//! reason.
//!
//! For the admin port and the tools, because a filter that is wrong deletes messages without a
//! word. The reason comes from the pattern and says nothing of the message; a body is kept only for
//! pipes whose log may hold execution data.

use std::collections::{BTreeMap, VecDeque};

use kit::lock::Mutex;
use kit::time::Timestamp;
use serde_json::{Value, json};

use crate::pattern::Mismatch;

/// How many messages are kept for each pipe.
pub const KEPT: usize = 20;

/// How much of a body is kept, in characters.
pub const LONGEST_BODY: usize = 1024;

/// A message that no filter let pass.
#[derive(Debug, Clone)]
pub struct FilteredEvent {
    /// Its id.
    pub message_id: String,
    /// When it was.
    pub at: Timestamp,
    /// What it lacks, by the pattern that came closest.
    pub misses: Vec<Mismatch>,
    /// The beginning of its body, where that may be shown.
    pub body: Option<String>,
}

/// All that was turned away, by pipe. Shared by every pipe of the process.
#[derive(Debug, Default)]
pub struct FilteredEvents {
    pipes: Mutex<BTreeMap<String, Shelf>>,
}

#[derive(Debug, Default)]
struct Shelf {
    count: u64,
    last: VecDeque<FilteredEvent>,
}

impl FilteredEvent {
    /// Cuts `body` to what is kept.
    pub fn new(
        message_id: &str,
        at: Timestamp,
        misses: Vec<Mismatch>,
        body: Option<&str>,
    ) -> FilteredEvent {
        let body = body.map(|body| body.chars().take(LONGEST_BODY).collect());
        FilteredEvent {
            message_id: message_id.to_owned(),
            at,
            misses,
            body,
        }
    }

    fn show(&self) -> Value {
        let misses = self
            .misses
            .iter()
            .map(|miss| json!({"field": miss.field, "expected": miss.expected}));
        let mut shown = json!({
            "messageId": self.message_id,
            "timestamp": self.at.as_millis(),
            "misses": misses.collect::<Vec<_>>(),
        });
        if let Some(body) = &self.body {
            shown["body"] = body.as_str().into();
        }
        shown
    }
}

impl FilteredEvents {
    /// Opens a shelf for each of these pipes and closes all others.
    pub fn keep_only<'p>(&self, pipes: impl Iterator<Item = &'p str>) {
        let mut shelves = self.pipes.lock();
        let kept = pipes
            .map(|pipe| (pipe.to_owned(), shelves.remove(pipe).unwrap_or_default()))
            .collect();
        *shelves = kept;
    }

    /// Takes note of a message. Those of a pipe without a shelf are forgotten.
    pub fn note(&self, pipe: &str, message: FilteredEvent) {
        let mut shelves = self.pipes.lock();
        let Some(shelf) = shelves.get_mut(pipe) else {
            return;
        };
        shelf.count += 1;
        if shelf.last.len() >= KEPT {
            shelf.last.pop_back();
        }
        shelf.last.push_front(message);
    }

    /// `{"pipes": [{"name", "count", "last": [{"messageId", "timestamp", "misses": [{"field", "expected"}], "body"?}]}]}`,
    /// the latest first; timestamps in milliseconds.
    pub fn show(&self) -> Value {
        let shelves = self.pipes.lock();
        let show = |(name, shelf): (&String, &Shelf)| {
            let last: Vec<Value> = shelf.last.iter().map(FilteredEvent::show).collect();
            json!({"name": name, "count": shelf.count, "last": last})
        };
        json!({"pipes": shelves.iter().map(show).collect::<Vec<_>>()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away(number: u64, body: Option<&str>) -> FilteredEvent {
        let miss = Mismatch {
            field: "body.kind".into(),
            expected: r#"["order"]"#.into(),
        };
        FilteredEvent::new(
            &format!("m{number}"),
            Timestamp::from_millis(number),
            vec![miss],
            body,
        )
    }

    #[test]
    fn all_are_counted_and_the_last_few_are_kept() {
        let filtered = FilteredEvents::default();
        filtered.keep_only(["p", "q"].into_iter());
        (0..25).for_each(|number| filtered.note("p", away(number, None)));
        let shown = filtered.show();
        let [p, q] = shown["pipes"].as_array().unwrap().as_slice() else {
            panic!("{shown}")
        };
        assert_eq!(
            (&p["name"], &p["count"], p["last"].as_array().unwrap().len()),
            (&json!("p"), &json!(25), KEPT)
        );
        let misses = json!([{"field": "body.kind", "expected": r#"["order"]"#}]);
        assert_eq!(
            p["last"][0],
            json!({"messageId": "m24", "timestamp": 24, "misses": misses})
        );
        assert_eq!(*q, json!({"name": "q", "count": 0, "last": []}));
    }

    #[test]
    fn a_body_is_cut_and_a_pipe_that_is_gone_forgotten() {
        let filtered = FilteredEvents::default();
        filtered.keep_only(["p"].into_iter());
        filtered.note("p", away(1, Some(&"ä".repeat(5000))));
        let body = filtered.show()["pipes"][0]["last"][0]["body"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(body.chars().count(), LONGEST_BODY);
        filtered.keep_only(["q"].into_iter());
        filtered.note("p", away(2, None));
        assert_eq!(
            filtered.show(),
            json!({"pipes": [{"name": "q", "count": 0, "last": []}]})
        );
    }
}
