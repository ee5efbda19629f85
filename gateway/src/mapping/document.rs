//! Parses a JSON text, which is paid for first.
//!
//! A document takes far more memory than its text: `[1,1,1,…]` some fifty times as much. So the
//! parts of the document are counted in the text first.

use kit::jsonpath::read_lenient;
use serde_json::Value as Json;

use crate::vtl::limits::{DOCUMENT_BYTES, Exceeded};
use crate::vtl::method::{Thrown, Work};

/// The memory that one part of a document takes, besides its text.
const PART: usize = 96;

/// Parses the body. A body that is `null` has no paths, as in Jayway JsonPath.
pub(super) fn read_body(body: &str, work: &mut Work) -> Result<Json, Thrown> {
    let cost = cost(body);
    if cost > DOCUMENT_BYTES {
        return Err(Exceeded::Document.into());
    }
    work.budget
        .steps((body.len() / 256 + cost / (8 * PART)) as u64)?;
    match read_lenient(body) {
        Ok(Json::Null) => Err(Thrown::Exception(
            "the body is `null`, which has no paths".to_owned(),
        )),
        Ok(document) => Ok(document),
        Err(why) => Err(Thrown::Exception(format!(
            "the body is not valid JSON: {why}"
        ))),
    }
}

/// Parses the text of a string, as leniently as a body.
pub(super) fn read_text(text: &str, work: &mut Work) -> Result<Json, Thrown> {
    work.budget.bytes(2 * cost(text))?;
    work.budget.steps(20)?;
    read_lenient(text).map_err(|why| {
        Thrown::Exception(format!(
            "`parseJson` was given text that is not valid JSON: {why}"
        ))
    })
}

/// About how much memory the document of this text takes: the text, and something for each part.
fn cost(text: &str) -> usize {
    let (mut parts, mut rest) = (0, text.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b',' | b':' | b'[' | b'{' => parts += 1,
            b'"' => rest = after_string(after),
            _ => {}
        }
    }
    text.len() + PART * parts
}

/// Whether the document of a text takes more memory than a template may use.
pub(crate) fn is_too_dense(text: &str) -> bool {
    cost(text) > DOCUMENT_BYTES
}

/// The text after a string whose opening quote was read.
fn after_string(mut rest: &[u8]) -> &[u8] {
    loop {
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(at) if rest[at] == b'"' => return &rest[at + 1..],
            Some(at) => rest = rest.get(at + 2..).unwrap_or_default(),
            None => return &[],
        }
    }
}

/// About how much memory a value of a template takes for this JSON.
pub(super) fn size(json: &Json) -> usize {
    match json {
        Json::String(text) => 16 + text.len(),
        Json::Number(number) if number.as_str().len() > 18 => 64 + number.as_str().len(),
        Json::Array(items) => 96 + items.iter().map(|item| 32 + size(item)).sum::<usize>(),
        Json::Object(members) => {
            160 + members
                .iter()
                .map(|(name, member)| 96 + name.len() + size(member))
                .sum::<usize>()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cost_and_text_in_strings_does_not() {
        assert_eq!(cost("[1,1]") - 5, 2 * PART);
        assert_eq!(cost(r#"{"a,b":"[{\"x,:"}"#) - 17, 2 * PART);
        assert_eq!(cost("\"\\"), 2);
    }

    #[test]
    fn a_body_of_too_many_parts_is_not_read() {
        let dense = format!("[{}1]", "1,".repeat(1_000_000));
        assert_eq!(
            read_body(&dense, &mut Work::default()),
            Err(Thrown::Exceeded(Exceeded::Document))
        );
        let long = format!("[\"{}\"]", "a,".repeat(5_000_000));
        assert!(read_body(&long, &mut Work::default()).is_ok());
    }

    #[test]
    fn a_null_has_no_paths() {
        assert!(read_body(" null ", &mut Work::default()).is_err());
        assert_eq!(read_text("null", &mut Work::default()), Ok(Json::Null));
    }
}
