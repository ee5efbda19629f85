//! Parses the steps of a path.

use super::cursor::{Cursor, PathResult};
use crate::jsonpath::tree::{Condition, PathStep};

/// Steps of a path, those of its filters included: a lookup goes one level deeper for each.
const STEPS: usize = 256;
/// Filters inside filters: each looks through the document anew.
const FILTERS: usize = 4;

impl Cursor<'_> {
    /// Steps, up to the first character that begins none.
    pub(super) fn steps(&mut self, steps: &mut Vec<PathStep>) -> PathResult<()> {
        loop {
            self.count += 1;
            if self.count > STEPS {
                return Err(self.error(format!("more than {STEPS} steps")));
            }
            if self.takes("..") {
                self.takes(".");
                steps.push(PathStep::Scan);
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
            } else if matches!(steps.last(), Some(PathStep::Index(_)))
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
    pub(super) fn name(&mut self) -> PathResult<PathStep> {
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
            PathStep::Wildcard
        } else {
            PathStep::Property(name.to_owned())
        })
    }

    /// After `[`.
    fn bracket(&mut self) -> PathResult<PathStep> {
        self.blanks();
        let step = match self.peek() {
            Some('*') => {
                self.at += 1;
                PathStep::Wildcard
            }
            Some('?') => PathStep::Filter(self.filter()?),
            Some('\'' | '"') => self.properties()?,
            Some('-' | ':' | '0'..='9') => self.places()?,
            _ => return Err(self.error("expected a quoted name, a number, `*` or `?(…)`")),
        };
        self.blanks();
        self.expect("]")?;
        Ok(step)
    }

    fn properties(&mut self) -> PathResult<PathStep> {
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
            PathStep::Property(names.remove(0))
        } else {
            PathStep::Properties(names)
        })
    }

    /// `0`, `0,1`, `1:3`.
    fn places(&mut self) -> PathResult<PathStep> {
        let first = self.number();
        self.blanks();
        if self.takes(":") {
            self.blanks();
            let to = self.number();
            self.blanks();
            if self.takes(":") {
                self.number();
            }
            return Ok(PathStep::Slice(first, to));
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
            PathStep::Index(first)
        } else {
            PathStep::Indexes(all)
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

    fn filter(&mut self) -> PathResult<Condition> {
        self.expect("?")?;
        self.blanks();
        if self.peek() != Some('(') {
            return Err(self.error("expected `(`"));
        }
        self.filters += 1;
        if self.filters > FILTERS {
            return Err(self.error(format!("filters are nested more than {FILTERS} deep")));
        }
        let condition = self.condition()?;
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
