//! JSON as json-smart reads it, which is what Jayway builds upon: single quotes, bare words,
//! trailing commas.
//!
//! Clients post such things, and templates see them. Valid JSON is read by the strict reader;
//! this one is only for the rest. Text that does not begin like JSON at all is a string.

use serde_json::{Map, Number, Value};

/// Lists and objects inside one another: the bound of the strict reader too.
const NESTING: usize = 128;

/// A text that begins like JSON and is not even lenient JSON: the byte offset, and what is wrong
/// there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}, at byte {offset}")]
pub struct Unreadable {
    /// Byte offset.
    pub offset: usize,
    /// What is wrong.
    pub reason: &'static str,
}

/// Reads text leniently. What follows a whole list or object is ignored.
///
/// # Errors
/// The text begins like a list, an object or a string, and does not continue as one.
pub fn read_lenient(text: &str) -> Result<Value, Unreadable> {
    // The strict reader takes an object with a key of its own for a number: not the text of a
    // stranger.
    let magic = memchr::memmem::find(text.as_bytes(), b"$serde_json::private").is_some();
    if let (false, Ok(value)) = (magic, serde_json::from_str(text)) {
        return Ok(value);
    }
    let mut reader = LenientReader { text, at: 0 };
    reader.blanks();
    match reader.peek() {
        Some(b'{' | b'[' | b'"' | b'\'') => reader.value("", 0),
        Some(b'}' | b']') => Err(reader.unreadable("a bracket that closes nothing")),
        _ => Ok(word(text.trim())),
    }
}

struct LenientReader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> LenientReader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn unreadable(&self, reason: &'static str) -> Unreadable {
        Unreadable {
            offset: self.at,
            reason,
        }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Blanks and any number of commas.
    fn separators(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n' | b',')) {
            self.at += 1;
        }
    }

    /// A value; a bare word ends at one of `ends`.
    fn value(&mut self, ends: &str, depth: usize) -> Result<Value, Unreadable> {
        self.blanks();
        match self.peek() {
            None => Err(self.unreadable("the text ends too early")),
            Some(b'{' | b'[') if depth == NESTING => Err(self.unreadable("too many levels")),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.list(depth + 1),
            Some(b'"' | b'\'') => self.string().map(Value::String),
            Some(_) => Ok(word(self.bare(ends))),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Unreadable> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.separators();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                Some(b'}') => return Err(self.unreadable("a `}` in a list")),
                _ => items.push(self.value(",]", depth)?),
            }
            self.separated(b']')?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Unreadable> {
        self.at += 1;
        let mut members = Map::new();
        loop {
            self.separators();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(Value::Object(members));
            }
            let key = match self.peek() {
                Some(b'"' | b'\'') => self.string()?,
                Some(b'{' | b'[' | b']' | b':') | None => {
                    return Err(self.unreadable("expected a key"));
                }
                Some(_) => self.bare(":}").to_owned(),
            };
            self.blanks();
            if self.peek() != Some(b':') {
                return Err(self.unreadable("expected `:` after a key"));
            }
            self.at += 1;
            self.blanks();
            if self.peek() == Some(b'}') {
                return Err(self.unreadable("expected a value"));
            }
            let value = self.value(",}", depth)?;
            members.insert(key, value);
            self.separated(b'}')?;
        }
    }

    /// After a value: a comma or the end.
    fn separated(&mut self, close: u8) -> Result<(), Unreadable> {
        self.blanks();
        match self.peek() {
            Some(b',') => Ok(()),
            Some(byte) if byte == close => Ok(()),
            None => Err(self.unreadable("the text ends too early")),
            Some(_) => Err(self.unreadable("expected a comma")),
        }
    }

    /// Everything up to one of `ends`, without the blanks around it.
    fn bare(&mut self, ends: &str) -> &'t str {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|character| ends.contains(character))
            .unwrap_or(rest.len());
        self.at += length;
        rest[..length].trim()
    }

    fn string(&mut self) -> Result<String, Unreadable> {
        let quote = self.text.as_bytes()[self.at];
        let mut units: Vec<u16> = Vec::new();
        let mut characters = self.text[self.at + 1..].char_indices();
        while let Some((offset, character)) = characters.next() {
            let here = self.at + 1 + offset;
            match character {
                _ if character == char::from(quote) => {
                    self.at = here + 1;
                    let decoded = char::decode_utf16(units).map(|decoded| decoded.unwrap_or('?'));
                    return Ok(decoded.collect());
                }
                '\\' => match characters.next() {
                    Some((_, 'u')) => {
                        let digits = self.text.get(here + 2..here + 6).unwrap_or_default();
                        let unit = u16::from_str_radix(digits, 16);
                        units.push(unit.map_err(|_| Unreadable {
                            offset: here,
                            reason: "an invalid `\\u` escape",
                        })?);
                        characters.nth(3);
                    }
                    Some((_, escaped)) => units.extend(unescaped(escaped)),
                    None => break,
                },
                _ => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            }
        }
        self.at = self.text.len();
        Err(self.unreadable("the string is never closed"))
    }
}

/// What an escape stands for: an unknown one for nothing.
fn unescaped(escaped: char) -> Option<u16> {
    Some(match escaped {
        't' => 9,
        'n' => 10,
        'r' => 13,
        'f' => 12,
        'b' => 8,
        '"' | '\'' | '\\' | '/' => escaped as u16,
        _ => return None,
    })
}

/// A bare word: a number or a name of JSON if it is one, else text.
fn word(text: &str) -> Value {
    match text {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

/// Digits may have noughts in front, and a point nothing behind it.
fn number(text: &str) -> Option<Number> {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text), |digits| ("-", digits));
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    let zero = if significant.starts_with(|first: char| first.is_ascii_digit()) {
        ""
    } else {
        "0"
    };
    let digits = format!("{zero}{significant}");
    let digits = if digits.ends_with('.') {
        digits + "0"
    } else {
        digits
    };
    serde_json::from_str(&format!("{sign}{digits}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(
            read_lenient(text).map_or("unreadable".to_owned(), |value| value.to_string()),
            expected,
            "{text}"
        );
    }

    #[test]
    fn text_is_text() {
        for text in [
            "not json", "a=b&c=d", "<xml/>", "truex", "123abc", "+5", ".5", "0x10", "",
        ] {
            check(text, &Value::String(text.to_owned()).to_string());
        }
        check("  x ", "\"x\"");
    }

    #[test]
    fn almost_json_is_json() {
        check("{a:1}", r#"{"a":1}"#);
        check("{'a':'b'}", r#"{"a":"b"}"#);
        check(r#"{"a":1,}"#, r#"{"a":1}"#);
        check("[1,]", "[1]");
        check("[,1,,2]", "[1,2]");
        check(r#"{"a":1}garbage"#, r#"{"a":1}"#);
        check(r#"{"a":01}"#, r#"{"a":1}"#);
        check(r#"{"a":-01}"#, r#"{"a":-1}"#);
        check(r#"{"a":tru}"#, r#"{"a":"tru"}"#);
        check(r#"{"a":+1}"#, r#"{"a":"+1"}"#);
        check(r#"{"a":1.}"#, r#"{"a":1.0}"#);
        check("[a b,'it\\'s']", r#"["a b","it's"]"#);
        check(r#"{"a":,"b":1}"#, r#"{"a":"","b":1}"#);
        check("\"a\nb\"", r#""a\nb""#);
        check(r#""a\qb""#, r#""ab""#);
        check("{a:{b:[1,{c:2}]}}x", r#"{"a":{"b":[1,{"c":2}]}}"#);
        check("{1:2}", r#"{"1":2}"#);
        check(
            r#"{"$serde_json::private::Number":"5"}"#,
            r#"{"$serde_json::private::Number":"5"}"#,
        );
    }

    #[test]
    fn what_cannot_be_read() {
        for text in [
            "{",
            "}",
            "[",
            "]",
            "[1,2",
            r#"{"a":1"#,
            r#"{"a"}"#,
            r#"{"a" "b"}"#,
            r#"{"a":}"#,
            "\"str",
            r#""\u00zz""#,
        ] {
            check(text, "unreadable");
        }
        assert!(read_lenient(&format!("{}x", "[".repeat(100_000))).is_err());
    }
}
