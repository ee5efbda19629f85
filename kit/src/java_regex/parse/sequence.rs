//! Alternatives, and in each of them one atom after the other with its quantifier.

use super::parser::{NESTING, Parser, SyntaxResult};
use crate::java_regex::flags::Case;
use crate::java_regex::set;
use crate::java_regex::source::Sign;
use crate::java_regex::tree::{Anchor, Ast, Greed, MANY, Repeat};

impl Parser {
    pub(super) fn alternatives(&mut self) -> SyntaxResult<Ast> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err(self.error(format!("Groups are nested more than {NESTING} deep")));
        }
        let mut all = vec![self.sequence()?];
        while self.takes('|') {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if all.len() == 1 {
            all.remove(0)
        } else {
            Ast::Alternatives(all)
        })
    }

    fn sequence(&mut self) -> SyntaxResult<Ast> {
        let mut all = Vec::new();
        loop {
            let atom = match self.peek() {
                Sign::End | Sign::Plain('|' | ')') => break,
                Sign::Plain('(') => match self.group()? {
                    Some(group) => group,
                    // `(?i)` holds up to the end of the group around it.
                    None => continue,
                },
                Sign::Plain(found @ ('*' | '+' | '?')) => {
                    self.source.at += 1;
                    return Err(self.error(format!("Dangling meta character '{found}'")));
                }
                // A count that follows no atom repeats nothing.
                Sign::Plain('{') => Ast::Empty,
                Sign::Plain('[') => Ast::Class(self.class(true)?),
                Sign::Plain('\\') => self.escape()?,
                Sign::Plain('.') => self.dot(),
                Sign::Plain('^') => self.line_start(),
                Sign::Plain('$') => self.line_end(),
                Sign::Plain(character) | Sign::Quoted(character) => {
                    self.source.at += 1;
                    self.literal(character.into())
                }
            };
            all.push(self.quantified(atom)?);
        }
        Ok(match all.len() {
            0 => Ast::Empty,
            1 => all.remove(0),
            _ => Ast::Sequence(all),
        })
    }

    /// An atom and its quantifier, of which there is one at most.
    fn quantified(&mut self, atom: Ast) -> SyntaxResult<Ast> {
        let (least, most) = match self.peek() {
            Sign::Plain('?') => {
                self.source.at += 1;
                let kind = self.kind();
                return Ok(Ast::Maybe(Box::new(atom), kind));
            }
            Sign::Plain('*') => (0, MANY),
            Sign::Plain('+') => (1, MANY),
            Sign::Plain('{') => self.counts()?,
            _ => return Ok(atom),
        };
        self.source.at += 1;
        let kind = self.kind();
        Ok(Ast::Repeat(Box::new(atom), Repeat { least, most, kind }))
    }

    fn kind(&mut self) -> Greed {
        if self.takes('?') {
            Greed::Reluctant
        } else if self.takes('+') {
            Greed::Possessive
        } else {
            Greed::Greedy
        }
    }

    /// `{n}`, `{n,}`, `{n,m}`, up to the closing brace.
    fn counts(&mut self) -> SyntaxResult<(u32, u32)> {
        self.source.at += 1;
        if !matches!(self.source.raw(self.source.at), Sign::Plain('0'..='9')) {
            self.source.at += 1;
            return Err(self.error("Illegal repetition"));
        }
        let least = self.digits()?;
        let most = if !self.takes(',') {
            least
        } else if self.peek() == Sign::Plain('}') {
            MANY
        } else {
            self.digits()?
        };
        if self.peek() != Sign::Plain('}') {
            self.source.at += 1;
            return Err(self.error("Unclosed counted closure"));
        }
        if most < least {
            self.source.at += 1;
            return Err(self.error("Illegal repetition range"));
        }
        Ok((least, most))
    }

    fn digits(&mut self) -> SyntaxResult<u32> {
        let mut number = 0u32;
        while let Sign::Plain(digit @ '0'..='9') = self.peek() {
            self.source.at += 1;
            let longer = u64::from(number) * 10 + u64::from(digit) - u64::from('0');
            number = u32::try_from(longer)
                .ok()
                .filter(|&longer| longer <= MANY)
                .ok_or_else(|| self.error("Illegal repetition range"))?;
        }
        Ok(number)
    }

    fn dot(&mut self) -> Ast {
        self.source.at += 1;
        let ends: &[(char, char)] = match (self.flags.dot_all, self.flags.unix_lines) {
            (true, _) => &[],
            (false, true) => &[('\n', '\n')],
            (false, false) => &[
                ('\n', '\n'),
                ('\r', '\r'),
                ('\u{85}', '\u{85}'),
                ('\u{2028}', '\u{2029}'),
            ],
        };
        Ast::Class(set::negated(set::ranges(ends)))
    }

    fn line_start(&mut self) -> Ast {
        self.source.at += 1;
        let unix = self.flags.unix_lines;
        Ast::Anchor(if self.flags.multi_line {
            Anchor::LineStart { unix }
        } else {
            Anchor::Start
        })
    }

    fn line_end(&mut self) -> Ast {
        self.source.at += 1;
        let unix = self.flags.unix_lines;
        Ast::Anchor(if self.flags.multi_line {
            Anchor::LineEnd { unix }
        } else {
            Anchor::LastLineEnd { unix }
        })
    }

    /// A character that stands for itself, in any case if that is asked.
    pub(super) fn literal(&self, code: u32) -> Ast {
        match char::from_u32(code) {
            Some(character) if self.flags.case() == Case::Exact => Ast::Char(character),
            character => {
                // Half of a surrogate pair is the set of nothing: no text has it.
                let set = set::of_codes(code, code, self.flags.case());
                let alone = set
                    .iter()
                    .map(|range| u32::from(range.end()) - u32::from(range.start()) + 1)
                    .sum::<u32>()
                    == 1;
                character
                    .filter(|_| alone)
                    .map_or(Ast::Class(set), Ast::Char)
            }
        }
    }
}
