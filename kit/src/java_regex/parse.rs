//! Java's syntax of regular expressions to a tree.
//!
//! The order in which signs are taken is that of `java.util.regex.Pattern`, so that what is refused
//! is refused in the same words and at the same index, and what is accepted by its leniency (`{2}`,
//! `x+{3}`, `]`) is accepted here.

use super::error::SyntaxError;
use super::flags::{Case, Flags};
use super::set;
use super::source::{Sign, Source};
use super::tree::{Kind, MANY, Node, Parsed, Place, Repeat};

mod class;
mod code;
mod escape;
mod group;

/// Groups or classes inside one another. Java's bound is its stack.
const NESTING: usize = 100;

struct Parser {
    source: Source,
    flags: Flags,
    groups: usize,
    names: Vec<(String, usize)>,
    depth: usize,
    properties: usize,
}

type Part<T> = Result<T, SyntaxError>;

/// Reads a pattern; the error says what is wrong.
pub(super) fn parse(pattern: &str, flags: Flags) -> Part<Parsed> {
    let source = Source::new(pattern);
    let mut parser = Parser {
        source,
        flags,
        groups: 1,
        names: Vec::new(),
        depth: 0,
        properties: 0,
    };
    let node = parser.alternatives()?;
    if !parser.source.is_at_end() {
        return Err(parser.error("Unmatched closing ')'"));
    }
    Ok(Parsed {
        node,
        groups: parser.groups,
        names: parser.names,
        properties: parser.properties,
    })
}

impl Parser {
    fn alternatives(&mut self) -> Part<Node> {
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
            Node::Alternatives(all)
        })
    }

    fn sequence(&mut self) -> Part<Node> {
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
                Sign::Plain('{') => Node::Empty,
                Sign::Plain('[') => Node::Class(self.class(true)?),
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
            0 => Node::Empty,
            1 => all.remove(0),
            _ => Node::Sequence(all),
        })
    }

    /// An atom and its quantifier, of which there is one at most.
    fn quantified(&mut self, atom: Node) -> Part<Node> {
        let (least, most) = match self.peek() {
            Sign::Plain('?') => {
                self.source.at += 1;
                let kind = self.kind();
                return Ok(Node::Maybe(Box::new(atom), kind));
            }
            Sign::Plain('*') => (0, MANY),
            Sign::Plain('+') => (1, MANY),
            Sign::Plain('{') => self.counts()?,
            _ => return Ok(atom),
        };
        self.source.at += 1;
        let kind = self.kind();
        Ok(Node::Repeat(Box::new(atom), Repeat { least, most, kind }))
    }

    fn kind(&mut self) -> Kind {
        if self.takes('?') {
            Kind::Reluctant
        } else if self.takes('+') {
            Kind::Possessive
        } else {
            Kind::Greedy
        }
    }

    /// `{n}`, `{n,}`, `{n,m}`, up to the closing brace.
    fn counts(&mut self) -> Part<(u32, u32)> {
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

    fn digits(&mut self) -> Part<u32> {
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

    fn dot(&mut self) -> Node {
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
        Node::Class(set::negated(set::ranges(ends)))
    }

    fn line_start(&mut self) -> Node {
        self.source.at += 1;
        let unix = self.flags.unix_lines;
        Node::Place(if self.flags.multi_line {
            Place::LineStart { unix }
        } else {
            Place::Start
        })
    }

    fn line_end(&mut self) -> Node {
        self.source.at += 1;
        let unix = self.flags.unix_lines;
        Node::Place(if self.flags.multi_line {
            Place::LineEnd { unix }
        } else {
            Place::LastLineEnd { unix }
        })
    }

    /// A character that stands for itself, in any case if that is asked.
    fn literal(&self, code: u32) -> Node {
        match char::from_u32(code) {
            Some(character) if self.flags.case() == Case::Exact => Node::Char(character),
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
                    .map_or(Node::Class(set), Node::Char)
            }
        }
    }

    fn peek(&mut self) -> Sign {
        self.source.peek(self.flags)
    }

    fn read(&mut self) -> Sign {
        self.source.read(self.flags)
    }

    fn next(&mut self) -> Sign {
        self.source.next(self.flags)
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.source.takes(wanted, self.flags)
    }

    fn error(&self, description: impl Into<String>) -> SyntaxError {
        self.source.error(description)
    }
}
