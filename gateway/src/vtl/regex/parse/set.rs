//! What stands in brackets: `[a-z&&[^x]]`.

use super::{NESTING, Parser, Part};
use crate::vtl::regex::class::{self, Set};

/// A part of a set between `&&`s, and whether it was the last.
struct Segment {
    set: Set,
    last: bool,
}

impl Parser<'_> {
    /// After `[`.
    pub(super) fn class(&mut self) -> Part<Set> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err("classes are nested too deeply".to_owned());
        }
        let negated = self.takes('^');
        let mut segment = self.segment(true)?;
        let mut set = segment.set;
        while !segment.last {
            segment = self.segment(false)?;
            set.intersect(&segment.set);
        }
        self.depth -= 1;
        if negated {
            set.negate();
        }
        Ok(set)
    }

    /// Up to `&&` or the closing bracket, which right after the opening one stands for itself.
    fn segment(&mut self, mut first: bool) -> Part<Segment> {
        let (mut ranges, mut nested) = (Vec::new(), Vec::new());
        let last = loop {
            let Some(character) = self.rest.next() else { return Err("a `[` is never closed".to_owned()) };
            match character {
                ']' if !first => break true,
                '[' => nested.push(self.class()?),
                '&' if self.takes('&') => break false,
                _ => match self.class_item(character)? {
                    Item::Range(from, to) => ranges.push((from, to)),
                    Item::Nested(set) => nested.push(set),
                },
            }
            first = false;
        };
        for set in &nested {
            ranges.extend(set.iter().map(|range| (range.start(), range.end())));
        }
        Ok(Segment { set: class::of_case(&ranges, self.case()), last })
    }

    /// A character, a range or an escape inside brackets.
    fn class_item(&mut self, character: char) -> Part<Item> {
        let from = if character == '\\' {
            let Some(escaped) = self.rest.next() else { return Err("it ends in a backslash".to_owned()) };
            if let Some(nested) = self.escaped_class(escaped)? {
                return Ok(Item::Nested(nested));
            }
            self.escaped_character(escaped)?
        } else {
            character
        };
        let mut ahead = self.rest.clone();
        let range = ahead.next() == Some('-') && !matches!(ahead.next(), Some(']' | '[') | None);
        if !range {
            return Ok(Item::Range(from, from));
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
        Ok(Item::Range(from, to))
    }
}

/// What stands in brackets, one after another.
enum Item {
    Range(char, char),
    Nested(Set),
}
