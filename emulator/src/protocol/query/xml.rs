//! Responses as XML. See `docs/aws/sqs.md#answers-in-xml`.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::elements::{NAMESPACE, elements, has_result};

/// The whole response.
pub(super) fn output(action: &str, members: &Map<String, Value>, request_id: &str) -> String {
    let mut result = String::new();
    for (name, value) in members {
        element(&mut result, action, name, value);
    }
    let result = match (result.is_empty(), has_result(action)) {
        (true, false) => String::new(),
        (true, true) => format!("<{action}Result/>"),
        (false, _) => format!("<{action}Result>{result}</{action}Result>"),
    };
    format!(
        "<?xml version=\"1.0\"?><{action}Response xmlns=\"{NAMESPACE}\">{result}<ResponseMetadata><RequestId>{request_id}\
         </RequestId></ResponseMetadata></{action}Response>"
    )
}

fn element(out: &mut String, action: &str, name: &str, value: &Value) {
    let (single, values) = elements(action, name, value);
    values
        .iter()
        .for_each(|value| tagged(out, action, &single, value));
}

fn tagged(out: &mut String, action: &str, name: &str, value: &Value) {
    let mut inner = String::new();
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| element(&mut inner, action, name, value)),
        Value::String(text) => inner = escape(text),
        other => inner = other.to_string(),
    }
    write!(out, "<{name}>{inner}</{name}>").expect("a string takes everything");
}

/// As SQS escapes: quotes and carriage returns too. See `docs/aws/sqs.md#answers-in-xml`.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            letter => out.push(letter),
        }
    }
    out
}
