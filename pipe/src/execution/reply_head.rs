//! The head of a reply, fit for the log. What a target answers about a message that it rejects
//! helps to find the reason, but it may repeat the message or a secret of the connection: both are
//! removed. Pure.

use std::collections::HashSet;

use serde_json::Value;

use crate::redact::secrets;
use crate::redact::{REMOVED, Redactor, SHORTEST};

/// How much of an answer is shown, in bytes.
const LONGEST: usize = 200;

/// How much of a reply is searched for secrets, and how much of what is left for values.
const SEARCHED: usize = 16 * 1024;
const LOOKED_AT: usize = 1024;

/// This number of bytes in a row that a value of the message holds too counts as a piece of it.
const PIECE: usize = 8;

/// Longer words are keys, tokens, or something encoded.
const LONGEST_WORD: usize = 24;

/// The head of a reply with this body; `None` when nothing of it can be shown. `event` is what was
/// sent of the message, and `secrets` are those of the connection; the secrets of all connections
/// are removed, too.
pub(super) fn reply_head(body: &[u8], event: &Value, secrets: &[String]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(SEARCHED)]);
    let own = Redactor::new(secrets.iter().map(String::as_str));
    let text =
        [&own, &*secrets::redactor()]
            .into_iter()
            .fold(text.into_owned(), |text, redactor| {
                let shown = if body.len() < LOOKED_AT {
                    redactor.redact(&text)
                } else {
                    redactor.redact_cut(&text)
                };
                shown.into_owned()
            });
    let mut mask = Mask::new(&in_one_line(&text[..text.floor_char_boundary(LOOKED_AT)]));
    hide_values(&mut mask, event);
    mask.hide_words();
    let shown = mask.shown();
    let is_something = shown.chars().any(char::is_alphanumeric);
    let cut = shown.floor_char_boundary(LONGEST);
    is_something.then(|| {
        if cut < shown.len() {
            format!("{}{REMOVED}", &shown[..cut])
        } else {
            shown
        }
    })
}

/// The text without line breaks and other characters that do not print.
fn in_one_line(text: &str) -> String {
    let words = text
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A text as it stands in JSON that is ASCII only, which many servers answer with.
fn escaped(text: &str) -> String {
    let json = Value::String(text.to_owned()).to_string();
    let mut escaped = String::with_capacity(json.len());
    for character in json[1..json.len() - 1].chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            let mut units = [0; 2];
            escaped.extend(
                character
                    .encode_utf16(&mut units)
                    .iter()
                    .map(|unit| format!("\\u{unit:04x}")),
            );
        }
    }
    escaped
}

fn hide_values(mask: &mut Mask, value: &Value) {
    match value {
        Value::String(text) => {
            mask.hide_value(&in_one_line(text));
            mask.hide_value(&escaped(text));
            // A body is JSON in a string: of that, the values count, and not the names.
            match serde_json::from_str::<Value>(text) {
                Ok(inner @ (Value::Object(_) | Value::Array(_))) => hide_values(mask, &inner),
                _ => {
                    mask.hide_pieces(text);
                    mask.hide_pieces(&escaped(text));
                }
            }
        }
        Value::Number(number) => mask.hide_value(number.as_str()),
        Value::Array(list) => list.iter().for_each(|value| hide_values(mask, value)),
        Value::Object(map) => map.values().for_each(|value| hide_values(mask, value)),
        Value::Bool(_) | Value::Null => {}
    }
}

/// A text, and which of its bytes are not shown. Case does not matter.
struct Mask {
    text: String,
    lower: String,
    hidden: Vec<bool>,
    /// Every run of [`PIECE`] bytes of the text.
    pieces: HashSet<[u8; PIECE]>,
}

impl Mask {
    fn new(text: &str) -> Mask {
        let lower = text.to_ascii_lowercase();
        let pieces = lower
            .as_bytes()
            .windows(PIECE)
            .filter_map(|piece| piece.try_into().ok())
            .collect();
        Mask {
            text: text.to_owned(),
            hidden: vec![false; lower.len()],
            lower,
            pieces,
        }
    }

    /// Hides a value wherever it stands by itself.
    fn hide_value(&mut self, value: &str) {
        if value.len() < SHORTEST || value.len() > self.lower.len() {
            return;
        }
        let value = value.to_ascii_lowercase();
        let is_part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let places: Vec<usize> = self.lower.match_indices(&value).map(|(at, _)| at).collect();
        for at in places {
            let bytes = self.lower.as_bytes();
            let (before, after) = (
                at.checked_sub(1).and_then(|at| bytes.get(at)),
                bytes.get(at + value.len()),
            );
            if value.len() >= PIECE || !(is_part(before) || is_part(after)) {
                self.hidden[at..at + value.len()].fill(true);
            }
        }
    }

    /// Hides what the text has in common with a value, [`PIECE`] bytes or more.
    fn hide_pieces(&mut self, value: &str) {
        if self.pieces.is_empty() {
            return;
        }
        let mut common = HashSet::new();
        let mut window = [0; PIECE];
        for (index, byte) in value.bytes().enumerate() {
            window.rotate_left(1);
            window[PIECE - 1] = byte.to_ascii_lowercase();
            if index + 1 >= PIECE && self.pieces.contains(&window) {
                common.insert(window);
            }
        }
        for at in 0..self.lower.len().saturating_sub(PIECE - 1) {
            if self.lower.as_bytes()[at..at + PIECE]
                .try_into()
                .is_ok_and(|piece: [u8; PIECE]| common.contains(&piece))
            {
                self.hidden[at..at + PIECE].fill(true);
            }
        }
    }

    /// Hides words that are too long for words.
    fn hide_words(&mut self) {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-%.".contains(byte);
        let mut start = 0;
        for end in 0..=self.lower.len() {
            if self.lower.as_bytes().get(end).is_some_and(is_word) {
                continue;
            }
            if end - start > LONGEST_WORD {
                self.hidden[start..end].fill(true);
            }
            start = end + 1;
        }
    }

    fn shown(&self) -> String {
        let mut shown = String::new();
        for (at, character) in self.text.char_indices() {
            if !self.hidden[at..at + character.len_utf8()].contains(&true) {
                shown.push(character);
            } else if !shown.ends_with(REMOVED) {
                shown.push(REMOVED);
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(body: &str) -> Option<String> {
        let inner = r#"{"email":"ada@example.org","age":31,"note":"the quick brown fox","ok":"no","list":[{"pin":"4711"}]}"#;
        let event =
            json!({"messageId": "m-1", "body": inner, "attributes": {"SenderId": "AROA:sender"}});
        reply_head(body.as_bytes(), &event, &["s3cr3t".to_owned()])
    }

    #[test]
    fn what_the_target_says_is_shown_without_what_it_repeats() {
        let cases = [
            (
                r#"{"error":"email is invalid"}"#,
                r#"{"error":"email is invalid"}"#,
            ),
            (
                r#"{"error":"ada@example.org is taken"}"#,
                r#"{"error":"… is taken"}"#,
            ),
            ("ADA@EXAMPLE.ORG is taken", "… is taken"),
            ("pin 4711 is wrong, 47110 too", "pin … is wrong, 47110 too"),
            ("saw: quick brown, no more", "saw:…, no more"),
            ("key s3cr3t refused", "key … refused"),
            ("line\r\none\t\u{1b}[31mtwo", "line one [31mtwo"),
            ("no such order", "no such order"),
            (
                "token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9 expired",
                "token … expired",
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(shown(body).as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn nothing_is_shown_of_an_answer_that_is_only_the_message() {
        assert_eq!(shown("the quick brown fox"), None);
        assert_eq!((shown(""), shown(" \n")), (None, None));
    }

    #[test]
    fn a_body_of_text_is_taken_out_piece_by_piece() {
        let event = json!({"body": "order 17 of Ada Lovelace, London"});
        assert_eq!(
            reply_head(b"bad: ada lovelace from Paris", &event, &[]).as_deref(),
            Some("bad:… from Paris")
        );
    }

    #[test]
    fn numbers_and_ids_are_taken_out_and_names_are_not() {
        let body = r#"{"order":4711,"price":12.50,"far":-80012345678,"n":42,"ref":"A-7","who":"Jür","text":"a b\nc"}"#;
        let event = json!({"messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78", "body": body});
        for (answer, expected) in [
            ("order 4711 is unknown", "order … is unknown"),
            (
                r#"{"order":4711,"price":12.50}"#,
                r#"{"order":…,"price":…}"#,
            ),
            ("far is -80012345678", "far is …"),
            ("message 19dd0b57-b21e-4ac1-bd88-01bbb068cb78", "message …"),
            ("ref A-7, not A-70", "ref …, not A-70"),
            (
                "n is 42: under three characters",
                "n is 42: under three characters",
            ),
            (
                r#"{"error":"J\u00fcr is nobody"}"#,
                r#"{"error":"… is nobody"}"#,
            ),
            ("Jür is nobody", "… is nobody"),
            ("text 'a b\nc'", "text '…'"),
            (
                "order, price, who and text are missing",
                "order, price, who and text are missing",
            ),
        ] {
            assert_eq!(
                reply_head(answer.as_bytes(), &event, &[]).as_deref(),
                Some(expected),
                "{answer}"
            );
        }
    }

    #[test]
    fn it_is_short() {
        let long = "word ".repeat(1000);
        let shown = reply_head(long.as_bytes(), &Value::Null, &[]).unwrap();
        assert!(
            shown.len() <= LONGEST + REMOVED.len_utf8() && shown.ends_with(REMOVED),
            "{shown}"
        );
        let wide = "é ".repeat(1000);
        assert!(reply_head(wide.as_bytes(), &Value::Null, &[]).is_some());
    }
}
