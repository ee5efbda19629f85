//! A text that is read from left to right.

use crate::jsonpath::error::PathError;

/// Reads text from left to right; knows where it is.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    /// Byte offset.
    pub at: usize,
    /// Conditions inside one another.
    pub depth: usize,
    /// Filters inside one another.
    pub(super) filters: usize,
    /// Steps that were read.
    pub(super) count: usize,
}

/// A parsed part, or what is wrong with the path.
pub(super) type PathResult<T> = Result<T, PathError>;

impl<'t> Cursor<'t> {
    /// An error at this place.
    pub(super) fn error(&self, reason: impl Into<String>) -> PathError {
        PathError {
            path: self.text.to_owned(),
            offset: self.at,
            reason: reason.into(),
        }
    }

    /// The rest of the text.
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes `wanted` if it is next.
    pub(super) fn takes(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len() } else { 0 };
        found
    }

    /// Takes `wanted`, which must be next.
    pub(super) fn expect(&mut self, wanted: &str) -> PathResult<()> {
        if self.takes(wanted) {
            Ok(())
        } else {
            Err(self.error(format!("expected `{wanted}`")))
        }
    }

    /// Skips blanks.
    pub(super) fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Text in single or double quotes; a backslash takes the next character as it is.
    pub(super) fn quoted(&mut self) -> PathResult<String> {
        let start = self.at;
        let Some(quote @ ('\'' | '"')) = self.peek() else {
            return Err(self.error("expected a quoted name"));
        };
        let mut text = String::new();
        let mut characters = self.text[start + 1..].char_indices();
        while let Some((offset, character)) = characters.next() {
            match character {
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                _ if character == quote => {
                    self.at = start + 1 + offset + 1;
                    return Ok(text);
                }
                _ => text.push(character),
            }
        }
        Err(self.error("the quote is never closed"))
    }
}
