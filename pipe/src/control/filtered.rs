//! Messages that no filter matched: for each pipe their number, and the last few of them with the
//! reason.
//!
//! For the admin port and the tools, because a wrong filter deletes messages without a trace. The
//! reason comes from the pattern and holds nothing of the message; a body is kept only for pipes
//! whose log may hold execution data.

use std::collections::{BTreeMap, VecDeque};

use kit::lock::Mutex;
use kit::time::Timestamp;
use serde_json::{Value, json};

use crate::pattern::Mismatch;

/// How many messages are kept for each pipe.
pub(crate) const KEPT: usize = 20;

/// How much of a body is kept, in characters.
pub(crate) const LONGEST_BODY: usize = 1024;

/// A message that no filter matched.
#[derive(Debug, Clone)]
pub(crate) struct FilteredEvent {
    /// The id of the message.
    pub(crate) message_id: String,
    /// When the message was filtered.
    pub(crate) at: Timestamp,
    /// What the message lacks, by the pattern that came closest.
    pub(crate) misses: Vec<Mismatch>,
    /// The beginning of the body, where that may be shown.
    pub(crate) body: Option<String>,
}

/// The filtered messages of every pipe of the process.
#[derive(Debug, Default)]
pub(crate) struct FilteredEvents {
    pipes: Mutex<BTreeMap<String, History>>,
}

#[derive(Debug, Default)]
struct History {
    count: u64,
    last: VecDeque<FilteredEvent>,
}

impl FilteredEvent {
    /// Cuts `body` to what is kept.
    pub(crate) fn new(
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
    /// Keeps a history for each of these pipes, and drops all others.
    pub(crate) fn keep_only<'p>(&self, pipes: impl Iterator<Item = &'p str>) {
        let mut histories = self.pipes.lock();
        let kept = pipes
            .map(|pipe| (pipe.to_owned(), histories.remove(pipe).unwrap_or_default()))
            .collect();
        *histories = kept;
    }

    /// Adds a message to the history of a pipe. Without a history, the message is ignored.
    pub(crate) fn note(&self, pipe: &str, message: FilteredEvent) {
        let mut histories = self.pipes.lock();
        let Some(history) = histories.get_mut(pipe) else {
            return;
        };
        history.count += 1;
        if history.last.len() >= KEPT {
            history.last.pop_back();
        }
        history.last.push_front(message);
    }

    /// `{"pipes": [{"name", "count", "last": [{"messageId", "timestamp", "misses": [{"field", "expected"}], "body"?}]}]}`,
    /// the latest first; timestamps in milliseconds.
    pub(crate) fn show(&self) -> Value {
        let histories = self.pipes.lock();
        let show = |(name, history): (&String, &History)| {
            let last: Vec<Value> = history.last.iter().map(FilteredEvent::show).collect();
            json!({"name": name, "count": history.count, "last": last})
        };
        json!({"pipes": histories.iter().map(show).collect::<Vec<_>>()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64, body: Option<&str>) -> FilteredEvent {
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
        (0..25).for_each(|number| filtered.note("p", event(number, None)));
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
        filtered.note("p", event(1, Some(&"ä".repeat(5000))));
        let body = filtered.show()["pipes"][0]["last"][0]["body"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(body.chars().count(), LONGEST_BODY);
        filtered.keep_only(["q"].into_iter());
        filtered.note("p", event(2, None));
        assert_eq!(
            filtered.show(),
            json!({"pipes": [{"name": "q", "count": 0, "last": []}]})
        );
    }
}
