//! The filters of a pipe on an SQS source: does this event go on? Pure.
//!
//! In addition to the pattern language there are rules for `body`: a pattern with an object for it
//! looks into a body that is JSON, a pattern with a list looks at a body that is text, and a body
//! of the other kind never passes (`docs/aws/pipes.md#filters-on-the-body`). A body counts as JSON
//! if it is an object or an array.

use serde_json::Value;

use super::record::Event;
use crate::pattern::{Branch, Mention, Mismatch, Pattern};

/// Fields that the poller adds; AWS does not allow filters on them.
const ADDED_BY_POLLING: [&str; 3] = ["eventSource", "eventSourceARN", "awsRegion"];

/// The longest pattern that the Pipes API accepts, in characters.
pub const MAX_PATTERN: usize = 4096;

/// The longest pattern of a rule, in characters.
const MAX_RULE: usize = 4096;

/// How many filters a pipe can have.
pub const MAX_FILTERS: usize = 5;

/// The patterns of a pipe: an event must match one of them. Without patterns, every event passes.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    patterns: Vec<Pattern>,
}

impl Filter {
    /// Adds a pattern.
    ///
    /// # Errors
    /// The pattern is too long or not valid, or names a field that the poller adds.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        if text.chars().count() > MAX_PATTERN {
            return Err(format!(
                "the pattern has more than {MAX_PATTERN} characters"
            ));
        }
        let pattern = Pattern::parse(text).map_err(|error| error.to_string())?;
        let added = |branch: &Branch| {
            ADDED_BY_POLLING
                .into_iter()
                .find(|name| branch.mention(name) != Mention::Absent)
        };
        if let Some(name) = pattern.branches().iter().find_map(added) {
            return Err(format!(
                "{name} is added while polling and cannot be filtered on"
            ));
        }
        self.patterns.push(pattern);
        Ok(())
    }

    /// Adds the pattern of a rule.
    ///
    /// # Errors
    /// The pattern is too long or not valid.
    pub(crate) fn add_rule(&mut self, text: &str) -> Result<(), String> {
        if text.chars().count() > MAX_RULE {
            return Err(format!("the pattern has more than {MAX_RULE} characters"));
        }
        let pattern = Pattern::parse(text).map_err(|error| error.to_string())?;
        self.patterns.push(pattern);
        Ok(())
    }

    /// Whether there is no pattern, so that every event passes.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the event goes on.
    pub fn passes(&self, event: &Event) -> bool {
        // Most pipes have no filter, and a view is a copy of the event.
        self.is_empty() || {
            let views = Views::of(event);
            self.branches().any(|branch| views.accept(branch))
        }
    }

    /// Why an event does not pass, by the branch that comes closest; empty when it passes.
    pub fn misses(&self, event: &Event) -> Vec<Mismatch> {
        let views = Views::of(event);
        self.branches()
            .map(|branch| views.misses(branch))
            .min_by_key(Vec::len)
            .unwrap_or_default()
    }

    /// The patterns, in the order of the definition.
    pub(super) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.patterns.iter().flat_map(Pattern::branches)
    }
}

/// The event as the two kinds of patterns see it.
struct Views<'e> {
    event: &'e Event,
    /// The event with its body parsed; `None` when the body is text.
    parsed: Option<Value>,
}

impl Views<'_> {
    fn of(event: &Event) -> Views<'_> {
        let body = event
            .parsed_body()
            .filter(|body| body.is_object() || body.is_array());
        Views {
            event,
            parsed: body.map(|body| event.with_body(body.clone())),
        }
    }

    /// What the branch looks at; or a mismatch, if the body is of the other kind.
    fn view(&self, branch: &Branch) -> Result<&Value, Mismatch> {
        let miss = |expected: &str| Mismatch {
            field: "body".into(),
            expected: expected.into(),
        };
        match (branch.mention("body"), &self.parsed) {
            (Mention::Object, Some(parsed)) => Ok(parsed),
            (Mention::Object, None) => Err(miss("the forms of a JSON body (this one is text)")),
            (Mention::List, Some(_)) => Err(miss("the forms of a text body (this one is JSON)")),
            (Mention::List, None) | (Mention::Absent, _) => Ok(self.event.value()),
        }
    }

    fn accept(&self, branch: &Branch) -> bool {
        self.view(branch).is_ok_and(|event| branch.matches(event))
    }

    fn misses(&self, branch: &Branch) -> Vec<Mismatch> {
        match self.view(branch) {
            Ok(event) => branch.misses(event),
            Err(miss) => vec![miss],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(patterns: &[&str], body: &str, passes: bool) {
        let mut filter = Filter::default();
        patterns
            .iter()
            .for_each(|pattern| filter.add(pattern).expect("a pattern"));
        let event = Event::from_record(
            json!({"messageId": "m", "body": body, "attributes": {"SenderId": "s"}}),
        );
        assert_eq!(filter.passes(&event), passes, "{patterns:?} {body}");
        assert_eq!(filter.misses(&event).is_empty(), passes);
    }

    #[test]
    fn the_matrix_of_bodies_and_patterns() {
        let (text, object, none) = (
            r#"{"body":["hello"]}"#,
            r#"{"body":{"k":["v"]}}"#,
            r#"{"messageId":["m"]}"#,
        );
        check(&[text], "hello", true);
        check(&[none], "hello", true);
        check(&[object], "hello", false);
        check(&[r#"{"body":[{"exists":true}]}"#], r#"{"k":"v"}"#, false);
        check(&[none], r#"{"k":"v"}"#, true);
        check(&[object], r#"{"k":"v"}"#, true);
        check(&[object], r#"[{"k":"x"},{"k":"v"}]"#, true);
        check(&[r#"{"body":["42"]}"#], "42", true);
    }

    #[test]
    fn any_filter_is_enough_and_none_lets_everything_pass() {
        check(&[], "anything", true);
        check(
            &[r#"{"body":["a"]}"#, r#"{"body":{"k":["v"]}}"#],
            r#"{"k":"v"}"#,
            true,
        );
        check(
            &[r#"{"$or":[{"body":["a"]},{"body":{"k":["v"]}}]}"#],
            "a",
            true,
        );
    }

    #[test]
    fn what_cannot_be_filtered_on_is_refused() {
        let mut filter = Filter::default();
        let message = filter.add(r#"{"eventSource":["aws:sqs"]}"#).unwrap_err();
        assert_eq!(
            message,
            "eventSource is added while polling and cannot be filtered on"
        );
        let long = format!(r#"{{"a":["{}"]}}"#, "x".repeat(MAX_PATTERN));
        assert!(filter.add(&long).is_err());
        assert!(
            filter
                .add(r#"{"a":"x"}"#)
                .unwrap_err()
                .contains("must be an object or an array")
        );
    }
}
