//! What stands in brackets: `[a-z&&[^x]]`.

use super::{NESTING, Parser, Part};
use crate::vtl::regex::class::Class;

impl Parser<'_> {
    /// After `[`.
    pub(super) fn class(&mut self) -> Part<Class> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err("classes are nested too deeply".to_owned());
        }
        let mut class = Class::new(self.flags.ignore_case);
        let negated = self.takes('^');
        let mut first = true;
        loop {
            let Some(character) = self.rest.next() else { return Err("a `[` is never closed".to_owned()) };
            match character {
                ']' if !first => break,
                '[' => class.add_class(self.class()?),
                '&' if self.rest.peek() == Some(&'&') => {
                    self.rest.next();
                    let other = self.rest_of_class()?;
                    class.intersect(other);
                    break;
                }
                _ => self.class_item(character, &mut class)?,
            }
            first = false;
        }
        self.depth -= 1;
        if negated {
            class.negate();
        }
        Ok(class.ready())
    }

    /// After `&&`: everything up to the closing bracket.
    fn rest_of_class(&mut self) -> Part<Class> {
        let flags = self.flags;
        let mut class = Class::new(flags.ignore_case);
        loop {
            let Some(character) = self.rest.next() else { return Err("a `[` is never closed".to_owned()) };
            match character {
                ']' => return Ok(class.ready()),
                '[' => class.add_class(self.class()?),
                '&' if self.rest.peek() == Some(&'&') => {
                    self.rest.next();
                    let other = self.rest_of_class()?;
                    class.intersect(other);
                    return Ok(class.ready());
                }
                _ => self.class_item(character, &mut class)?,
            }
        }
    }

    /// A character, a range or an escape inside brackets.
    fn class_item(&mut self, character: char, class: &mut Class) -> Part<()> {
        let from = if character == '\\' {
            let Some(escaped) = self.rest.next() else { return Err("it ends in a backslash".to_owned()) };
            if let Some(nested) = self.escaped_class(escaped)? {
                class.add_class(nested);
                return Ok(());
            }
            self.escaped_character(escaped)?
        } else {
            character
        };
        let mut ahead = self.rest.clone();
        let range = ahead.next() == Some('-') && !matches!(ahead.next(), Some(']' | '[') | None);
        if !range {
            class.add(from, from);
            return Ok(());
        }
        self.rest.next();
        let to = match self.rest.next() {
            Some('\\') => {
                let escaped = self.rest.next().ok_or("it ends in a backslash")?;
                self.escaped_character(escaped)?
            }
            Some(to) => to,
            None => return Err("a `[` is never closed".to_owned()),
        };
        if to < from {
            return Err(format!("a range `{from}-{to}` that ends before it starts"));
        }
        class.add(from, to);
        Ok(())
    }
}
