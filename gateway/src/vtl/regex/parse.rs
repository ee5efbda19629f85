//! Java's syntax of regular expressions to a tree.

use std::iter::Peekable;
use std::str::Chars;

use super::class::{self, Case};
use super::tree::{Node, Parsed, Place, Repeat};

mod escape;
mod set;

/// Groups inside groups.
const NESTING: usize = 100;
/// What `{n}` may ask for.
const MOST: u32 = 1_000;

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    unicode_case: bool,
    dot_all: bool,
    multi_line: bool,
    comments: bool,
}

struct Parser<'p> {
    rest: Peekable<Chars<'p>>,
    flags: Flags,
    groups: usize,
    names: Vec<(String, usize)>,
    depth: usize,
    properties: usize,
}

type Part<T> = Result<T, String>;

/// Reads a pattern; the error says what is wrong.
pub fn parse(source: &str) -> Part<Parsed> {
    let mut parser = Parser {
        rest: source.chars().peekable(),
        flags: Flags::default(),
        groups: 1,
        names: Vec::new(),
        depth: 0,
        properties: 0,
    };
    let node = parser.alternatives()?;
    if parser.rest.peek().is_some() {
        return Err("a `)` without `(`".to_owned());
    }
    Ok(Parsed { node, groups: parser.groups, names: parser.names, properties: parser.properties })
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Part<Node> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err("groups are nested too deeply".to_owned());
        }
        let mut all = vec![self.sequence()?];
        while self.takes('|') {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if all.len() == 1 { all.remove(0) } else { Node::Alternatives(all) })
    }

    fn sequence(&mut self) -> Part<Node> {
        let mut all = Vec::new();
        loop {
            match self.rest.peek().copied() {
                None | Some('|' | ')') => break,
                Some(blank) if self.flags.comments && blank.is_ascii_whitespace() => {
                    self.rest.next();
                }
                Some('#') if self.flags.comments => {
                    self.rest.by_ref().take_while(|&character| character != '\n').for_each(drop);
                }
                Some(_) => self.repeated(&mut all)?,
            }
        }
        Ok(match all.len() {
            0 => Node::Empty,
            1 => all.remove(0),
            _ => Node::Sequence(all),
        })
    }

    /// One atom and its quantifier; `\Q…\E` is many atoms, of which the last is quantified.
    fn repeated(&mut self, all: &mut Vec<Node>) -> Part<()> {
        let Some(atom) = self.atom(all)? else { return Ok(()) };
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => self.counts()?,
            _ => {
                all.push(atom);
                return Ok(());
            }
        };
        self.rest.next();
        let greedy = !self.takes('?');
        let possessive = greedy && self.takes('+');
        let repeat = Node::Repeat(Box::new(atom), Repeat { least, most, greedy });
        all.push(if possessive { Node::Atomic(Box::new(repeat)) } else { repeat });
        // Java reads a count after a quantifier, and forgets it.
        while self.rest.peek() == Some(&'{') {
            self.counts()?;
            self.rest.next();
            let _ = self.takes('?') || self.takes('+');
        }
        Ok(())
    }

    /// `{n}`, `{n,}`, `{n,m}`, up to the closing brace.
    fn counts(&mut self) -> Part<(u32, Option<u32>)> {
        self.rest.next();
        let least = self.digits()?;
        let most = if !self.takes(',') {
            Some(least)
        } else if self.rest.peek() == Some(&'}') {
            None
        } else {
            Some(self.digits()?)
        };
        if self.rest.peek() != Some(&'}') || most.is_some_and(|most| most < least) {
            return Err("a bad repetition `{…}`".to_owned());
        }
        Ok((least, most))
    }

    fn digits(&mut self) -> Part<u32> {
        let mut digits = String::new();
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let number = digits.parse().ok().filter(|&number| number <= MOST);
        number.ok_or_else(|| format!("a repetition is a number up to {MOST}"))
    }

    /// The next atom. [`None`] when it was only a change of flags.
    fn atom(&mut self, all: &mut Vec<Node>) -> Part<Option<Node>> {
        let character = self.rest.next().expect("the caller has looked at it");
        Ok(Some(match character {
            '(' => return self.group(),
            '[' => Node::of(self.class()?),
            '\\' => return self.escape(all).map(Some),
            '.' if self.flags.dot_all => Node::of(class::ranges(&[('\0', char::MAX)], false)),
            '.' => Node::of(class::ranges(
                &[('\n', '\n'), ('\r', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')],
                true,
            )),
            '^' if self.flags.multi_line => Node::Place(Place::LineStart),
            '^' => Node::Place(Place::Start),
            '$' if self.flags.multi_line => Node::Place(Place::LineEnd),
            '$' => Node::Place(Place::BeforeLastNewline),
            '*' | '+' | '?' => return Err(format!("nothing to repeat before `{character}`")),
            '{' => return Err("`{` must be escaped".to_owned()),
            _ => self.literal(character),
        }))
    }

    fn literal(&self, character: char) -> Node {
        let cased = match self.case() {
            Case::Exact => false,
            Case::Ascii => character.is_ascii_alphabetic(),
            Case::Unicode => character.is_alphabetic(),
        };
        if cased { Node::of(class::of_case(&[(character, character)], self.case())) } else { Node::Char(character) }
    }

    /// Which letters are the same here.
    fn case(&self) -> Case {
        match (self.flags.ignore_case, self.flags.unicode_case) {
            (false, _) => Case::Exact,
            (true, false) => Case::Ascii,
            (true, true) => Case::Unicode,
        }
    }

    fn group(&mut self) -> Part<Option<Node>> {
        let flags = self.flags;
        if !self.takes('?') {
            return self.capture(None).map(Some);
        }
        let node = match self.rest.next() {
            Some(':') => self.closed()?,
            Some('>') => Node::Atomic(Box::new(self.closed()?)),
            Some('=') => self.look(true, true)?,
            Some('!') => self.look(true, false)?,
            Some('<') if self.takes('=') => self.look(false, true)?,
            Some('<') if self.takes('!') => self.look(false, false)?,
            Some('<') => {
                let name = self.name('>')?;
                return self.capture(Some(name)).map(Some);
            }
            Some(flag) => match self.change_flags(flag)? {
                true => self.closed()?,
                // `(?i)` holds up to the end of the group around it.
                false => return Ok(None),
            },
            None => return Err("a group is never closed".to_owned()),
        };
        self.flags = flags;
        Ok(Some(node))
    }

    fn capture(&mut self, name: Option<String>) -> Part<Node> {
        let flags = self.flags;
        let group = self.groups;
        self.groups += 1;
        if let Some(name) = name {
            if self.names.iter().any(|(known, _)| *known == name) {
                return Err(format!("two groups `{name}`"));
            }
            self.names.push((name, group));
        }
        let node = self.closed()?;
        self.flags = flags;
        Ok(Node::Group(Box::new(node), group))
    }

    fn look(&mut self, ahead: bool, wanted: bool) -> Part<Node> {
        Ok(Node::Look { ahead, wanted, node: Box::new(self.closed()?) })
    }

    fn closed(&mut self) -> Part<Node> {
        let node = self.alternatives()?;
        if self.takes(')') { Ok(node) } else { Err("a group is never closed".to_owned()) }
    }

    fn name(&mut self, end: char) -> Part<String> {
        let mut name = String::new();
        while let Some(character) = self.rest.next_if(char::is_ascii_alphanumeric) {
            name.push(character);
        }
        if name.is_empty() || !self.takes(end) { Err("a bad name of a group".to_owned()) } else { Ok(name) }
    }

    /// `i`, `u`, `s`, `m`, `x`, `-i` …; true when a group follows (`:`), false when it ends (`)`).
    fn change_flags(&mut self, first: char) -> Part<bool> {
        let mut on = true;
        let mut flag = Some(first);
        loop {
            match flag {
                Some('i') => self.flags.ignore_case = on,
                Some('s') => self.flags.dot_all = on,
                Some('m') => self.flags.multi_line = on,
                Some('x') => self.flags.comments = on,
                Some('u') => self.flags.unicode_case = on,
                Some(other @ ('U' | 'd')) => return Err(format!("the flag `{other}` is not supported")),
                Some('-') => on = false,
                Some(':') => return Ok(true),
                Some(')') => return Ok(false),
                _ => return Err("an unknown kind of group".to_owned()),
            }
            flag = self.rest.next();
        }
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.rest.next_if_eq(&wanted).is_some()
    }
}
