//! What a pipe knows of every record before a message arrives: the fields of a message from SQS,
//! which paths lead nowhere in them, and which filters nothing can pass. Pure.
//!
//! See `docs/aws/pipes.md#the-record-of-a-message`.

use kit::suggest::nearest;

use super::filter::Filter;
use super::path::Path;
use crate::pattern::{Condition, Domain};

/// The fields of a record.
const FIELDS: [&str; 10] = [
    "messageId",
    "receiptHandle",
    "body",
    "attributes",
    "messageAttributes",
    "md5OfMessageAttributes",
    "md5OfBody",
    "eventSource",
    "eventSourceARN",
    "awsRegion",
];

/// Attributes that every record has.
const ALWAYS: [&str; 4] = [
    "ApproximateReceiveCount",
    "SentTimestamp",
    "SenderId",
    "ApproximateFirstReceiveTimestamp",
];

/// Attributes that some records have.
const SOMETIMES: [&str; 3] = [
    "AWSTraceHeader",
    "DeadLetterQueueSourceArn",
    "MessageGroupId",
];

/// Attributes of messages of FIFO queues.
const OF_FIFO: [&str; 2] = ["SequenceNumber", "MessageDeduplicationId"];

/// The members of a message attribute.
const MEMBERS: [&str; 5] = [
    "stringValue",
    "binaryValue",
    "dataType",
    "stringListValues",
    "binaryListValues",
];

/// A field that no record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField {
    /// The field, from the record on: `bdy`, `attributes.SentTime`.
    pub name: String,
    /// The field that was probably meant.
    pub meant: Option<&'static str>,
    /// The fields that there are.
    pub known: Vec<&'static str>,
}

/// A condition of a filter that no record meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeverMet {
    /// The number of the filter, from 0.
    pub filter: usize,
    /// The field, dotted.
    pub field: String,
    /// What the pattern lists for it.
    pub expected: String,
    /// Why nothing matches.
    pub reason: String,
}

/// The field of a path that no record of an SQS message has, if there is one.
pub fn unknown_field(path: &Path) -> Option<UnknownField> {
    unknown(&path.fields())
}

fn unknown(fields: &[&str]) -> Option<UnknownField> {
    let unknown = |at: usize, known: Vec<&'static str>| {
        let name = *fields.get(at)?;
        let is_known = known.contains(&name);
        (!is_known).then(|| UnknownField {
            name: fields[..=at].join("."),
            meant: nearest(name, known.iter().copied()),
            known,
        })
    };
    match fields.first().copied()? {
        "attributes" => {
            let all = ALWAYS.into_iter().chain(SOMETIMES).chain(OF_FIFO);
            unknown(1, all.collect())
        }
        "messageAttributes" => unknown(2, MEMBERS.to_vec()),
        _ => unknown(0, FIELDS.to_vec()),
    }
}

impl Filter {
    /// The conditions that no record of a message from SQS meets.
    pub fn never_met(&self, is_fifo: bool) -> Vec<NeverMet> {
        let mut found = Vec::new();
        for (filter, pattern) in self.patterns().iter().enumerate() {
            for branch in pattern.branches() {
                for (path, condition) in branch.conditions() {
                    let reason = why_never(&path, condition, is_fifo);
                    let never = reason.map(|reason| NeverMet {
                        filter,
                        field: path.join("."),
                        expected: condition.expected().to_owned(),
                        reason,
                    });
                    found.extend(never.filter(|never| !found.contains(never)));
                }
            }
        }
        found
    }
}

/// Why no record meets a condition; `None` when one may.
fn why_never(path: &[&str], condition: Condition<'_>, is_fifo: bool) -> Option<String> {
    if let Some(unknown) = unknown(path) {
        let meant = unknown
            .meant
            .map(|meant| format!("; did you mean {meant}?"));
        let reason = format!(
            "no record has {}{}",
            unknown.name,
            meant.unwrap_or_default()
        );
        return (!condition.can_match(Domain::Missing)).then_some(reason);
    }
    if let (["body"], Some(text)) = (path, condition.only_text())
        && serde_json::from_str::<serde_json::Value>(text)
            .is_ok_and(|json| json.is_object() || json.is_array())
    {
        return Some("a list looks at bodies that are text, and this one is JSON".to_owned());
    }
    if matches!(
        path,
        ["attributes" | "messageAttributes"] | ["messageAttributes", _]
    ) {
        let reason = format!(
            "{} is an object, and a list looks at values",
            path.join(".")
        );
        return (!condition.can_match(Domain::Missing)).then_some(reason);
    }
    let domain = domain(path, is_fifo);
    let reason = match domain {
        Domain::Missing => format!("no record of this queue has {}", path.join(".")),
        Domain::Text | Domain::OptionalText => {
            format!(
                "{} is text, and nothing else is listed that text can be",
                path.join(".")
            )
        }
        Domain::Anything => "its alternatives exclude each other".to_owned(),
    };
    (!condition.can_match(domain)).then_some(reason)
}

fn domain(path: &[&str], is_fifo: bool) -> Domain {
    match path {
        ["body", _, ..] => Domain::Anything,
        ["attributes", name] if ALWAYS.contains(name) => Domain::Text,
        ["attributes", name] if OF_FIFO.contains(name) && !is_fifo => Domain::Missing,
        // These lists are always empty.
        [
            "messageAttributes",
            _,
            "stringListValues" | "binaryListValues",
        ] => Domain::Missing,
        ["md5OfMessageAttributes"] | ["attributes" | "messageAttributes", ..] => {
            Domain::OptionalText
        }
        _ => Domain::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_nowhere_are_named() {
        for (path, expected) in [
            ("$.bdy", Some(("bdy", Some("body")))),
            ("$.detail.id", Some(("detail", None))),
            (
                "$.attributes.SenderID",
                Some(("attributes.SenderID", Some("SenderId"))),
            ),
            (
                "$.messageAttributes.kind.StringValue",
                Some(("messageAttributes.kind.StringValue", Some("stringValue"))),
            ),
            ("$.body.anything", None),
            ("$.messageAttributes.kind.stringValue", None),
            ("$.attributes.MessageGroupId", None),
            ("$", None),
        ] {
            let found = unknown_field(&Path::parse(path).unwrap());
            let found = found
                .as_ref()
                .map(|found| (found.name.as_str(), found.meant));
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn conditions_that_nothing_meets_are_found() {
        for (pattern, never) in [
            (r#"{"bdy":["x"]}"#, true),
            (r#"{"bdy":[{"exists":false}]}"#, false),
            (r#"{"detail":{"a":[1]}}"#, true),
            (r#"{"attributes":{"ApproximateReceiveCount":[1]}}"#, true),
            (r#"{"attributes":{"ApproximateReceiveCount":["1"]}}"#, false),
            (
                r#"{"attributes":{"ApproximateReceiveCount":[{"numeric":[">",1]}]}}"#,
                true,
            ),
            (
                r#"{"attributes":{"SequenceNumber":[{"exists":true}]}}"#,
                true,
            ),
            (r#"{"messageAttributes":{"kind":["order"]}}"#, true),
            (
                r#"{"messageAttributes":{"kind":{"stringValue":["order"]}}}"#,
                false,
            ),
            (r#"{"messageId":[{"exists":false}]}"#, true),
            (r#"{"body":[42]}"#, true),
            (r#"{"body":["{\"a\":1}"]}"#, true),
            (r#"{"body":[{"prefix":"x"}]}"#, false),
            (
                r#"{"body":{"n":[{"numeric":[">",1,"<",5]}],"t":[null,true]}}"#,
                false,
            ),
        ] {
            let mut filter = Filter::default();
            filter.add(pattern).unwrap();
            assert_eq!(!filter.never_met(false).is_empty(), never, "{pattern}");
        }
    }
}
