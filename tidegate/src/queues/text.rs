//! Messages as text for a person: of a body, only what can be seen reaches the terminal. Pure.

use std::fmt::Write as _;

use kit::time::Timestamp;
use serde_json::Value;

use super::message::{QueuedMessage, State};

/// How much of each message is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    /// The most lines of a body.
    pub lines: usize,
    /// Whether the attributes are shown, too.
    pub attributes: bool,
}

/// The most characters of a line.
const WIDTH: usize = 400;

/// A message in a few lines.
pub(crate) fn as_text(message: &QueuedMessage, now: Timestamp, shown: Shown) -> String {
    let mut text = head(message, now);
    if shown.attributes {
        for (name, value) in &message.attributes {
            let _ = writeln!(text, "  {name}: {}", visible(value));
        }
        for (name, value) in &message.message_attributes {
            let _ = writeln!(text, "  {}: {}", visible(name), visible(&value.to_string()));
        }
    }
    let body = pretty(&message.body);
    let lines: Vec<&str> = body.lines().collect();
    for line in lines.iter().take(shown.lines) {
        let _ = writeln!(text, "  {}", visible(line));
    }
    if let more @ 1.. = lines.len().saturating_sub(shown.lines) {
        let _ = writeln!(text, "  … {more} more lines (--full)");
    }
    text
}

fn head(message: &QueuedMessage, now: Timestamp) -> String {
    let state = match message.state {
        State::Waiting => "waiting",
        State::InFlight => "in flight",
        State::Delayed => "delayed",
    };
    let mut parts = vec![message.message_id.clone(), state.to_owned()];
    if let Some(count) = message.number("ApproximateReceiveCount") {
        parts.push(match count {
            0 => "never received".to_owned(),
            1 => "received once".to_owned(),
            count => format!("received {count} times"),
        });
    }
    if let Some(sent) = message.number("SentTimestamp") {
        let sent = u64::try_from(sent).unwrap_or_default();
        let age = duration(now.as_millis().saturating_sub(sent));
        parts.push(format!("sent {age} ago"));
    }
    if let Some(group) = message.group() {
        parts.push(format!("group {}", visible(group)));
    }
    format!("{}\n", parts.join("  "))
}

/// JSON over several lines, any other text as it is.
fn pretty(body: &str) -> String {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let json = json.filter(|value| value.is_object() || value.is_array());
    json.and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| body.to_owned())
}

/// A span of time in its two largest units.
fn duration(millis: u64) -> String {
    let seconds = millis / 1000;
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let Some(first) = units.iter().position(|(size, _)| seconds >= *size) else {
        return format!("{millis} ms");
    };
    let (size, name) = units[first];
    let mut text = format!("{} {name}", seconds / size);
    if let Some((smaller, name)) = units.get(first + 1)
        && let rest @ 1.. = seconds % size / smaller
    {
        let _ = write!(text, " {rest} {name}");
    }
    text
}

/// A line without what would move the cursor, change colours or turn the direction of writing.
fn visible(line: &str) -> String {
    let mut text = String::new();
    for (count, c) in line.chars().enumerate() {
        if count == WIDTH {
            text.push('…');
            break;
        }
        match c {
            '\t' => text.push_str("    "),
            c if is_hidden(c) => _ = write!(text, "\\u{{{:x}}}", u32::from(c)),
            c => text.push(c),
        }
    }
    text
}

/// Control characters, and those that change the direction of writing or take no room.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> QueuedMessage {
        QueuedMessage::all_of(&serde_json::json!({"Messages": [{
            "MessageId": "m1", "Body": body, "Attributes": {
                "ApproximateReceiveCount": "3", "SentTimestamp": "1000", "MessageGroupId": "g",
            },
        }]}))
        .remove(0)
    }

    const ALL: Shown = Shown {
        lines: 3,
        attributes: false,
    };

    #[test]
    fn a_message_is_a_head_and_its_body() {
        let now = Timestamp::from_millis(66_000);
        assert_eq!(
            as_text(&message(r#"{"a":[1]}"#), now, ALL),
            "m1  waiting  received 3 times  sent 1 min 5 s ago  group g\n  {\n    \"a\": [\n      1\n  … 2 more lines (--full)\n"
        );
    }

    #[test]
    fn nothing_in_a_body_reaches_the_terminal_unseen() {
        let now = Timestamp::from_millis(1_000);
        let text = as_text(&message("a\u{1b}[31mb\u{202e}c\td\r"), now, ALL);
        assert!(
            text.ends_with("  a\\u{1b}[31mb\\u{202e}c    d\\u{d}\n"),
            "{text:?}"
        );
        let long = as_text(&message(&"x".repeat(500)), now, ALL);
        assert!(long.ends_with(&format!("  {}…\n", "x".repeat(WIDTH))));
    }

    #[test]
    fn spans_have_two_units() {
        let spans = [12, 59_999, 60_000, 3_660_000, 90_000_000, 86_400_000];
        assert_eq!(
            spans.map(duration),
            ["12 ms", "59 s", "1 min", "1 h 1 min", "1 d 1 h", "1 d"]
        );
    }
}
