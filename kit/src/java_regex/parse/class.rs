//! Parses classes in brackets: `[a-z&&[^x]]`.

use super::parser::{NESTING, Parser, SyntaxResult};
use crate::java_regex::set::{self, Set};
use crate::java_regex::source::Sign;

/// A class that is being read.
#[derive(Default)]
struct Members {
    /// Everything so far but what is in `plain`.
    all: Option<Set>,
    /// Single characters up to U+00FF, which an intersection takes in as one. It does not forget
    /// them: one more after it brings back those before it.
    plain: Option<Set>,
    /// Some of them are not in `all` yet.
    fresh: bool,
    /// What was read last, unless that was such a character.
    last: Option<Set>,
}

/// One item in brackets.
enum Item {
    /// A character.
    Plain(Set),
    /// A range, an escaped class, a class in its own brackets.
    Whole(Set),
}

impl Parser {
    /// Parses a class. The next sign is its bracket or, right of `&&`, the sign before its first
    /// one. Takes the closing bracket if `consume`.
    pub(super) fn class(&mut self, consume: bool) -> SyntaxResult<Set> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err(self.error(format!("Classes are nested more than {NESTING} deep")));
        }
        let mut sign = self.next();
        let negated = consume
            && sign == Sign::Plain('^')
            && self.source.raw(self.source.at - 1) == Sign::Plain('[');
        if negated {
            sign = self.next();
        }
        let mut left: Option<Set> = None;
        let mut members = Members::default();
        loop {
            match sign {
                Sign::End => return Err(self.error("Unclosed character class")),
                Sign::Plain(']') if !members.is_empty() => break,
                Sign::Plain('[') => {
                    let inner = self.class(true)?;
                    members.add(Item::Whole(inner));
                }
                Sign::Plain('&') if self.is_and() => self.intersection(&mut left, &mut members)?,
                _ => {
                    let item = self.class_item()?;
                    members.add(item);
                }
            }
            sign = self.peek();
        }
        if consume {
            self.source.at += 1;
        }
        self.depth -= 1;
        let set = intersection(left, members.whole().unwrap_or_else(|| set::ranges(&[])));
        Ok(if negated { set::negated(set) } else { set })
    }

    /// Whether a second `&` follows the one that is next, blanks and comments apart.
    fn is_and(&mut self) -> bool {
        let before = self.source.at;
        let follows = self.next() == Sign::Plain('&');
        self.source.at = before;
        follows
    }

    /// At the first `&` of two. What stands right of them is all that follows, so that what is left
    /// of them waits in `left`; after a class in its own brackets (`[a&&[b]c&&d]`) it is that class
    /// or all that follows.
    fn intersection(&mut self, left: &mut Option<Set>, members: &mut Members) -> SyntaxResult<()> {
        self.next();
        let mut sign = self.next();
        let mut right: Option<Set> = None;
        while !matches!(sign, Sign::Plain(']' | '&')) {
            let more = match (sign, &right) {
                (Sign::Plain('['), _) => self.class(true)?,
                (_, None) => {
                    if let Some(before) = std::mem::take(members).whole() {
                        *left = Some(intersection(left.take(), before));
                    }
                    return Ok(());
                }
                _ => {
                    self.source.at -= 1;
                    self.class(false)?
                }
            };
            right = Some(match right {
                Some(right) => set::union(right, &more),
                None => more,
            });
            sign = self.peek();
        }
        members
            .intersect(right)
            .ok_or_else(|| self.error("Bad class syntax"))
    }

    /// A character, a range or an escape inside brackets.
    fn class_item(&mut self) -> SyntaxResult<Item> {
        let from = match self.peek() {
            Sign::Plain('\\') => {
                let escaped = self.source.raw(self.source.at + 1);
                let is_range = self.source.raw(self.source.at + 2) == Sign::Plain('-');
                self.source.at += 2;
                let Sign::Plain(escaped) = escaped else {
                    return Err(self.error("Unclosed character class"));
                };
                if escaped == 'v' && is_range {
                    // As before Java 8, for the sake of ranges: the vertical tabulation.
                    0x0B
                } else if let Some(set) = self.escaped_class(escaped)? {
                    return Ok(Item::Whole(set));
                } else {
                    self.escaped_character(escaped)?
                }
            }
            Sign::Plain(character) | Sign::Quoted(character) => {
                self.source.at += 1;
                character.into()
            }
            Sign::End => return Err(self.error("Unclosed character class")),
        };
        let is_range = self.peek() == Sign::Plain('-')
            && !matches!(self.source.raw(self.source.at + 1), Sign::Plain('[' | ']'));
        if !is_range {
            let set = set::of_codes(from, from, self.flags.case());
            return Ok(if from < 256 {
                Item::Plain(set)
            } else {
                Item::Whole(set)
            });
        }
        let to = self.range_end()?;
        if to.is_none_or(|to| to < from) {
            return Err(self.error("Illegal character range"));
        }
        Ok(Item::Whole(set::of_codes(
            from,
            to.unwrap_or(from),
            self.flags.case(),
        )))
    }

    /// What follows the `-` that is next; [`None`] when it is a class.
    fn range_end(&mut self) -> SyntaxResult<Option<u32>> {
        match self.next() {
            Sign::Plain('\\') => {
                let escaped = self.source.raw(self.source.at + 1);
                self.source.at += 2;
                match escaped {
                    Sign::Plain('v') => Ok(Some(0x0B)),
                    Sign::Plain(
                        escaped @ ('d' | 'D' | 'w' | 'W' | 's' | 'S' | 'h' | 'H' | 'V'),
                    ) => self.escaped_class(escaped).map(|_| None),
                    Sign::Plain(escaped) => self.escaped_character(escaped).map(Some),
                    _ => Err(self.error("Unclosed character class")),
                }
            }
            Sign::Plain(character) | Sign::Quoted(character) => {
                self.source.at += 1;
                Ok(Some(character.into()))
            }
            Sign::End => {
                self.source.at += 1;
                Ok(None)
            }
        }
    }
}

impl Members {
    fn is_empty(&self) -> bool {
        self.all.is_none() && !self.fresh
    }

    fn add(&mut self, item: Item) {
        let (place, set) = match item {
            Item::Plain(set) => {
                (self.last, self.fresh) = (None, true);
                (&mut self.plain, set)
            }
            Item::Whole(set) => {
                self.last = Some(set.clone());
                (&mut self.all, set)
            }
        };
        match place {
            Some(before) => before.union(&set),
            None => *place = Some(set),
        }
    }

    /// Keeps what is in `right` too; right of nothing (`[a&&]`) what was read last counts. [`None`]
    /// where Java finds nothing to intersect.
    fn intersect(&mut self, right: Option<Set>) -> Option<()> {
        if let Some(plain) = self
            .plain
            .clone()
            .filter(|_| std::mem::take(&mut self.fresh))
        {
            self.all = Some(match self.all.take() {
                Some(all) => set::union(all, &plain),
                None => self.last.insert(plain).clone(),
            });
        }
        self.last = Some(right.or_else(|| self.last.take())?);
        let right = self.last.clone()?;
        self.all = Some(intersection(self.all.take(), right));
        Some(())
    }

    fn whole(self) -> Option<Set> {
        match (self.all, self.plain.filter(|_| self.fresh)) {
            (Some(all), Some(plain)) => Some(set::union(all, &plain)),
            (all, plain) => all.or(plain),
        }
    }
}

fn intersection(left: Option<Set>, mut set: Set) -> Set {
    if let Some(left) = left {
        set.intersect(&left);
    }
    set
}
