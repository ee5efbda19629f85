//! The event inside the body that a pipe posts. Pure; the text is kept byte for byte.

use std::collections::HashMap;

use serde_json::value::RawValue;

/// S3's limit for a key, in bytes.
const KEY_LIMIT: usize = 1024;

/// Wrappers deeper than this are not looked into.
const DEPTH: usize = 16;

/// The innermost object that has an `id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event<'b> {
    id: String,
    /// The object as it arrived.
    pub text: &'b str,
}

/// Why a body holds no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoEvent {
    #[error("the body is not a JSON object")]
    NotAnObject,
    #[error("no object in the body has an id")]
    NoId,
    #[error("the id must be a string or a number")]
    OddId,
    #[error("the id is too long: an S3 key has at most 1,024 bytes of UTF-8, including -sqs.txt")]
    LongId,
    #[error("the id has a control character that XML cannot hold, so S3 could not list the object")]
    UnlistableId,
    #[error("the id has more .. segments than segments before them, which S3 rejects in a key")]
    OutsideId,
}

impl<'b> Event<'b> {
    /// Looks through `{"body": {"body": …}}` for the innermost object that has an `id`.
    pub(crate) fn read(body: &'b [u8]) -> Result<Event<'b>, NoEvent> {
        let mut fields: HashMap<String, &RawValue> =
            serde_json::from_slice(body).map_err(|_| NoEvent::NotAnObject)?;
        let mut text = std::str::from_utf8(body).map_err(|_| NoEvent::NotAnObject)?;
        let mut found = None;
        for _ in 0..DEPTH {
            if let Some(id) = fields.get("id") {
                found = Some((*id, text));
            }
            let Some(inner) = fields.get("body") else {
                break;
            };
            text = inner.get();
            match serde_json::from_str(text) {
                Ok(inner) => fields = inner,
                Err(_) => break,
            }
        }
        let (id, text) = found.ok_or(NoEvent::NoId)?;
        let event = Event {
            id: id_text(id).ok_or(NoEvent::OddId)?,
            text: text.trim(),
        };
        check(&event.key()).map(|()| event)
    }

    /// The object's key: `{id}-sqs.txt`.
    pub(crate) fn key(&self) -> String {
        format!("{}-sqs.txt", self.id)
    }
}

/// Whether a bucket accepts a key. Source: "Naming Amazon S3 objects", S3 user guide. Rejecting
/// characters that XML does not have is our choice: S3 and some stores keep them, and then the
/// bucket cannot be listed as usual.
fn check(key: &str) -> Result<(), NoEvent> {
    let is_unlistable = |c: char| matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match () {
        () if key.len() > KEY_LIMIT => Err(NoEvent::LongId),
        () if key.contains(is_unlistable) => Err(NoEvent::UnlistableId),
        () if leads_outside(key) => Err(NoEvent::OutsideId),
        () => Ok(()),
    }
}

/// Whether the relative segments of a key ever outnumber the others, read from the left.
fn leads_outside(key: &str) -> bool {
    let mut depth = 0_i32;
    key.split('/').any(|segment| {
        match segment {
            "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        depth < 0
    })
}

fn id_text(id: &RawValue) -> Option<String> {
    match serde_json::from_str(id.get()).ok()? {
        serde_json::Value::String(text) if !text.is_empty() => Some(text),
        serde_json::Value::Number(_) => Some(id.get().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Result<(&str, &str), NoEvent>) {
        let found = Event::read(body.as_bytes()).map(|event| (event.key(), event.text.to_owned()));
        assert_eq!(
            found,
            expected.map(|(key, text)| (key.to_owned(), text.to_owned())),
            "{body}"
        );
    }

    #[test]
    fn the_innermost_object_with_an_id_is_kept_as_it_arrived() {
        check(
            r#"{"body": {"body": {"id": "a", "n": 1.50} } }"#,
            Ok(("a-sqs.txt", r#"{"id": "a", "n": 1.50}"#)),
        );
        check(
            r#"{"body":{"id":10,"name":"é & +"}}"#,
            Ok(("10-sqs.txt", r#"{"id":10,"name":"é & +"}"#)),
        );
        check(
            r#" {"id":1,"body":{"x":2}} "#,
            Ok(("1-sqs.txt", r#"{"id":1,"body":{"x":2}}"#)),
        );
        check(
            r#"{"id":1,"body":{"id":2}}"#,
            Ok(("2-sqs.txt", r#"{"id":2}"#)),
        );
        check(
            r#"{"id":1,"body":"text"}"#,
            Ok(("1-sqs.txt", r#"{"id":1,"body":"text"}"#)),
        );
    }

    #[test]
    fn bodies_without_an_event_are_told_apart() {
        check("[1]", Err(NoEvent::NotAnObject));
        check("no json", Err(NoEvent::NotAnObject));
        check(r#"{"body":{}}"#, Err(NoEvent::NoId));
        check(r#"{"id":null}"#, Err(NoEvent::OddId));
        check(r#"{"id":""}"#, Err(NoEvent::OddId));
        check(
            &format!(r#"{{"id":"{}"}}"#, "x".repeat(1020)),
            Err(NoEvent::LongId),
        );
        check(r#"{"id":"\ud800"}"#, Err(NoEvent::OddId));
    }

    #[test]
    fn an_id_is_one_that_a_bucket_keeps() {
        let wide = "é".repeat(508);
        for id in [
            "a\\nb", "a\\tb", "\\u007f", "\\u0085", "é ü", ".", "..", "a/../b", "a/./b", "./a",
            "/a", "a//b", &wide,
        ] {
            let found = Event::read(format!(r#"{{"id":"{id}"}}"#).as_bytes())
                .map(|event| event.key().len());
            assert!(found.is_ok_and(|length| length <= KEY_LIMIT), "{id}");
        }
        for id in ["a\\u0000b", "\\u0001", "\\u001f", "\\b", "\\f", "\\uffff"] {
            check(
                &format!(r#"{{"body":{{"id":"{id}"}}}}"#),
                Err(NoEvent::UnlistableId),
            );
        }
        for id in ["../a", "./../a", "a/../../b", "a/../b/../../c"] {
            check(&format!(r#"{{"id":"{id}"}}"#), Err(NoEvent::OutsideId));
        }
        check(&format!(r#"{{"id":"{wide}é"}}"#), Err(NoEvent::LongId));
    }
}
