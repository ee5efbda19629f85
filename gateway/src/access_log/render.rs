//! A format and the values of a request to a line. Pure.
//!
//! Values that clients choose (their user agent, their path) cannot end a line or leave their place
//! in it: AWS's documents say nothing of that, it is our choice.

use std::borrow::Cow;

use crate::api::{AccessLogFormat, FormatKind, FormatPiece};

/// What stands in the place of a value that is absent.
const ABSENT: &str = "-";

/// The same for a value that is a JSON text, where no quotes are around it: the line stays JSON.
const ABSENT_TEXT: &str = "\"-\"";

/// The line of a request, with its end. `value` looks up a variable by its name without
/// `$context.`.
pub(super) fn render(format: &AccessLogFormat, value: impl Fn(&str) -> Option<String>) -> String {
    let (mut line, mut is_quoted) = (String::new(), false);
    for piece in &format.pieces {
        match piece {
            FormatPiece::Text(text) => {
                line.push_str(text);
                is_quoted ^= has_odd_quotes(text);
            }
            FormatPiece::Variable(name) => {
                let value = value(name).filter(|value| !value.is_empty());
                let is_text =
                    is_quoted_itself(name) && !is_quoted && format.kind == FormatKind::Json;
                let absent = if is_text { ABSENT_TEXT } else { ABSENT };
                let value = value.as_deref().unwrap_or(absent);
                line.push_str(&escaped(
                    format.kind,
                    is_quoted,
                    is_quoted_itself(name),
                    value,
                ));
            }
        }
    }
    line.push('\n');
    line
}

/// The values that are JSON texts with their quotes.
fn is_quoted_itself(name: &str) -> bool {
    matches!(name, "error.messageString" | "error.validationErrorString")
}

fn has_odd_quotes(text: &str) -> bool {
    text.replace("\\\"", "").matches('"').count() % 2 == 1
}

fn escaped<'v>(
    kind: FormatKind,
    is_quoted: bool,
    is_quoted_itself: bool,
    value: &'v str,
) -> Cow<'v, str> {
    let is_plain =
        |c: char| !c.is_control() && !matches!(c, '"' | '\\' | '<' | '>' | '&' | ',' | '\'');
    if value.chars().all(is_plain) {
        return Cow::Borrowed(value);
    }
    match kind {
        FormatKind::Json if is_quoted => Cow::Owned(in_json(value)),
        FormatKind::Json => Cow::Owned(without_controls(value, "")),
        FormatKind::Xml => Cow::Owned(in_xml(value)),
        FormatKind::Csv => Cow::Owned(in_csv(value)),
        FormatKind::Text if is_quoted_itself => Cow::Owned(without_controls(value, "")),
        FormatKind::Text => Cow::Owned(without_controls(value, "\"\\")),
    }
}

/// The text between the quotes of a JSON text.
fn in_json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn in_xml(value: &str) -> String {
    let escape = |c: char| match c {
        '&' => Cow::Borrowed("&amp;"),
        '<' => Cow::Borrowed("&lt;"),
        '>' => Cow::Borrowed("&gt;"),
        '"' => Cow::Borrowed("&quot;"),
        '\'' => Cow::Borrowed("&apos;"),
        _ if c.is_control() => Cow::Borrowed(" "),
        _ => Cow::Owned(c.to_string()),
    };
    value.chars().map(escape).collect()
}

fn in_csv(value: &str) -> String {
    let text = without_controls(value, "");
    if text.contains([',', '"']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// The text in one line; a backslash stands in front of these characters.
fn without_controls(value: &str, guarded: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            _ if c.is_control() => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => {
                if guarded.contains(c) {
                    text.push('\\');
                }
                text.push(c);
            }
        }
    }
    text
}
