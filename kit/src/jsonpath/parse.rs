//! Text to the steps of a path.

use super::filter::{self, Condition};
use super::{Error, Step};

/// Steps of a path, those of its filters included: a lookup goes one level deeper for each.
const STEPS: usize = 256;
/// Filters inside filters: each looks through the document anew.
const FILTERS: usize = 4;

/// Reads text from left to right; knows where it is.
pub(super) struct Cursor<'t> {
    text: &'t str,
    /// Byte offset.
    pub at: usize,
    /// Conditions inside one another.
    pub depth: usize,
    /// Filters inside one another.
    filters: usize,
    /// Steps that were read.
    count: usize,
}

pub(super) type Read<T> = Result<T, Error>;

/// Reads a whole path.
pub(super) fn parse(text: &str) -> Read<Vec<Step>> {
    let end = text.trim_end().len();
    let at = text.len() - text.trim_start().len();
    let mut cursor = Cursor {
        text: &text[..end],
        at,
        depth: 0,
        filters: 0,
        count: 0,
    };
    if cursor.at >= end {
        return Err(cursor.error("it is empty"));
    }
    let mut steps = Vec::new();
    if !cursor.takes("$") && !cursor.takes("@") && !matches!(cursor.peek(), Some('.' | '[')) {
        steps.push(cursor.name()?);
    }
    cursor.steps(&mut steps)?;
    match cursor.peek() {
        None => Ok(steps),
        Some(' ') => Err(cursor.error("a name with a blank is written `['…']`")),
        Some(_) => Err(cursor.error("expected `.` or `[`")),
    }
}

impl<'t> Cursor<'t> {
    /// What is wrong here.
    pub fn error(&self, reason: impl Into<String>) -> Error {
        Error {
            path: self.text.to_owned(),
            offset: self.at,
            reason: reason.into(),
        }
    }

    /// The rest of the text.
    pub fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes `wanted` if it is next.
    pub fn takes(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len() } else { 0 };
        found
    }

    /// Takes `wanted`, which must be next.
    pub fn expect(&mut self, wanted: &str) -> Read<()> {
        if self.takes(wanted) {
            Ok(())
        } else {
            Err(self.error(format!("expected `{wanted}`")))
        }
    }

    /// Skips blanks.
    pub fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Steps, up to something that is none.
    pub fn steps(&mut self, steps: &mut Vec<Step>) -> Read<()> {
        loop {
            self.count += 1;
            if self.count > STEPS {
                return Err(self.error(format!("more than {STEPS} steps")));
            }
            if self.takes("..") {
                self.takes(".");
                steps.push(Step::Scan);
                if self.peek() == Some('[') {
                    continue;
                }
                steps.push(self.name()?);
            } else if self.takes(".") {
                if self.peek() == Some('[') {
                    continue;
                }
                steps.push(self.name()?);
            } else if self.takes("[") {
                steps.push(self.bracket()?);
            } else if matches!(steps.last(), Some(Step::Index(_)))
                && self.peek().is_some_and(|next| self.is_name(next))
            {
                // Jayway reads on after a bracket as if a dot were there.
                steps.push(self.name()?);
            } else {
                return Ok(());
            }
        }
    }

    /// `name` or `*`.
    fn name(&mut self) -> Read<Step> {
        let length = self
            .rest()
            .find(|character| !self.is_name(character))
            .unwrap_or(self.rest().len());
        let mut name = &self.rest()[..length];
        if name.is_empty() {
            return Err(self.error("expected a name"));
        }
        self.at += length;
        if self.takes("()") {
            name = &self.text[self.at - length - 2..self.at];
        }
        Ok(if name == "*" {
            Step::Wildcard
        } else {
            Step::Property(name.to_owned())
        })
    }

    /// After `[`.
    fn bracket(&mut self) -> Read<Step> {
        self.blanks();
        let step = match self.peek() {
            Some('*') => {
                self.at += 1;
                Step::Wildcard
            }
            Some('?') => Step::Filter(self.filter()?),
            Some('\'' | '"') => self.properties()?,
            Some('-' | ':' | '0'..='9') => self.places()?,
            _ => return Err(self.error("expected a quoted name, a number, `*` or `?(…)`")),
        };
        self.blanks();
        self.expect("]")?;
        Ok(step)
    }

    fn properties(&mut self) -> Read<Step> {
        let mut names = vec![self.quoted()?];
        loop {
            self.blanks();
            if !self.takes(",") {
                break;
            }
            self.blanks();
            names.push(self.quoted()?);
        }
        Ok(if names.len() == 1 {
            Step::Property(names.remove(0))
        } else {
            Step::Properties(names)
        })
    }

    /// Text in single or double quotes; a backslash takes the next character as it is.
    pub fn quoted(&mut self) -> Read<String> {
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

    /// `0`, `0,1`, `1:3`.
    fn places(&mut self) -> Read<Step> {
        let first = self.number();
        self.blanks();
        if self.takes(":") {
            self.blanks();
            let to = self.number();
            self.blanks();
            if self.takes(":") {
                self.number();
            }
            return Ok(Step::Slice(first, to));
        }
        let first = first.ok_or_else(|| self.error("expected a number"))?;
        let mut all = vec![first];
        while self.takes(",") {
            self.blanks();
            let next = self.number();
            all.push(next.ok_or_else(|| self.error("expected a number"))?);
            self.blanks();
        }
        Ok(if all.len() == 1 {
            Step::Index(first)
        } else {
            Step::Indexes(all)
        })
    }

    fn number(&mut self) -> Option<i64> {
        let sign = usize::from(self.rest().starts_with('-'));
        let digits = self.rest()[sign..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        let number = self.rest()[..sign + digits].parse().ok()?;
        self.at += sign + digits;
        Some(number)
    }

    fn filter(&mut self) -> Read<Condition> {
        self.expect("?")?;
        self.blanks();
        if self.peek() != Some('(') {
            return Err(self.error("expected `(`"));
        }
        self.filters += 1;
        if self.filters > FILTERS {
            return Err(self.error(format!("more than {FILTERS} filters inside one another")));
        }
        let condition = filter::condition(self)?;
        self.filters -= 1;
        Ok(condition)
    }

    /// Whether a name without quotes may hold the character: inside a filter, operators end it.
    fn is_name(&self, character: char) -> bool {
        let ends = matches!(character, '.' | '[' | ']' | '(' | ')' | '\'' | '"')
            || character.is_whitespace();
        let operator = matches!(character, ',' | '=' | '<' | '>' | '!' | '~' | '&' | '|');
        !(ends || operator && self.filters > 0)
    }
}
