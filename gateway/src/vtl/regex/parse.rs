//! Java's syntax of regular expressions to a tree.

use std::iter::Peekable;
use std::str::Chars;

use super::class::Class;

/// Groups inside groups.
const NESTING: usize = 100;
/// Unicode properties of one pattern.
const PROPERTIES: usize = 16;
/// What `{n}` may ask for.
const MOST: u32 = 1_000;

/// A part of a pattern.
#[derive(Debug, Clone)]
pub enum Node {
    /// Matches without taking anything.
    Empty,
    /// One character.
    Char(char),
    /// One character of a set.
    Class(Box<Class>),
    /// A place.
    Place(Place),
    /// A group that remembers what it matched.
    Group(Box<Node>, usize),
    /// What a group matched, again.
    Back(usize, bool),
    /// One after another.
    Sequence(Vec<Node>),
    /// The first that fits.
    Alternatives(Vec<Node>),
    /// Over and over.
    Repeat(Box<Node>, Repeat),
    /// What follows, or what precedes, without taking it.
    Look { ahead: bool, wanted: bool, node: Box<Node> },
    /// What is matched here is not given back.
    Atomic(Box<Node>),
}

/// How often.
#[derive(Debug, Clone, Copy)]
pub struct Repeat {
    /// At least.
    pub least: u32,
    /// At most; [`None`] for any number.
    pub most: Option<u32>,
    /// As much as possible first, or as little.
    pub greedy: bool,
}

/// A place that a pattern can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `\A`, `^`.
    Start,
    /// `^` of a line.
    LineStart,
    /// `\z`.
    End,
    /// `\Z`, `$`: the end, or before the line terminator that ends the text.
    BeforeLastNewline,
    /// `$` of a line.
    LineEnd,
    /// `\b`.
    WordEdge,
    /// `\B`.
    NoWordEdge,
    /// `\G`: where the search began.
    Begin,
}

/// A whole pattern.
#[derive(Debug)]
pub struct Parsed {
    /// Its tree.
    pub node: Node,
    /// Groups, the whole match included.
    pub groups: usize,
    /// Names of groups.
    pub names: Vec<(String, usize)>,
    /// How many Unicode properties it asks for.
    pub properties: usize,
}

impl Parsed {
    /// The text that every match starts with, and whether the pattern is no more than that.
    pub fn prefix(&self) -> (String, bool) {
        match &self.node {
            Node::Char(character) => (character.to_string(), true),
            Node::Sequence(nodes) => {
                let prefix: String = nodes
                    .iter()
                    .map_while(|node| match node {
                        Node::Char(character) => Some(*character),
                        _ => None,
                    })
                    .collect();
                let literal = prefix.chars().count() == nodes.len();
                (prefix, literal)
            }
            _ => (String::new(), false),
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
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
            '[' => Node::Class(Box::new(self.class()?)),
            '\\' => return self.escape(all).map(Some),
            '.' if self.flags.dot_all => Node::Class(Box::new(Class::ranges(&[('\0', char::MAX)], false))),
            '.' => Node::Class(Box::new(Class::ranges(
                &[('\n', '\n'), ('\r', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')],
                true,
            ))),
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
        if !self.flags.ignore_case || !character.is_ascii_alphabetic() {
            return Node::Char(character);
        }
        let mut class = Class::new(true);
        class.add(character, character);
        Node::Class(Box::new(class.ready()))
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
        self.names.extend(name.map(|name| (name, group)));
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

    /// `i`, `s`, `m`, `x`, `-i` …; true when a group follows (`:`), false when it ends (`)`).
    fn change_flags(&mut self, first: char) -> Part<bool> {
        let mut on = true;
        let mut flag = Some(first);
        loop {
            match flag {
                Some('i') => self.flags.ignore_case = on,
                Some('s') => self.flags.dot_all = on,
                Some('m') => self.flags.multi_line = on,
                Some('x') => self.flags.comments = on,
                Some('u' | 'U' | 'd') => {}
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

    fn escape(&mut self, all: &mut Vec<Node>) -> Part<Node> {
        let Some(character) = self.rest.next() else { return Err("it ends in a backslash".to_owned()) };
        Ok(match character {
            'A' => Node::Place(Place::Start),
            'z' => Node::Place(Place::End),
            'Z' => Node::Place(Place::BeforeLastNewline),
            'b' => Node::Place(Place::WordEdge),
            'B' => Node::Place(Place::NoWordEdge),
            'G' => Node::Place(Place::Begin),
            'Q' => return Ok(self.quoted(all)),
            'R' => Node::Alternatives(vec![
                Node::Sequence(vec![Node::Char('\r'), Node::Char('\n')]),
                Node::Class(Box::new(Class::ranges(
                    &[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')],
                    false,
                ))),
            ]),
            'k' if self.takes('<') => {
                let name = self.name('>')?;
                let known = self.names.iter().find(|(known, _)| *known == name);
                Node::Back(known.ok_or("no such group")?.1, self.flags.ignore_case)
            }
            '1'..='9' => {
                let mut group = character as usize - '0' as usize;
                while let Some(digit) = self.rest.peek().and_then(|next| next.to_digit(10)) {
                    if group * 10 + digit as usize >= self.groups {
                        break;
                    }
                    group = group * 10 + digit as usize;
                    self.rest.next();
                }
                Node::Back(group, self.flags.ignore_case)
            }
            _ => match self.escaped_class(character)? {
                Some(class) => Node::Class(Box::new(class)),
                None => {
                    let character = self.escaped_character(character)?;
                    self.literal(character)
                }
            },
        })
    }

    /// `\Q…\E`: all but the last character go to `all`.
    fn quoted(&mut self, all: &mut Vec<Node>) -> Node {
        let mut last = Node::Empty;
        while let Some(character) = self.rest.next() {
            if character == '\\' && self.takes('E') {
                break;
            }
            let node = self.literal(character);
            all.push(std::mem::replace(&mut last, node));
        }
        last
    }

    /// `\d`, `\p{…}` and their like.
    fn escaped_class(&mut self, character: char) -> Part<Option<Class>> {
        let negated = character.is_ascii_uppercase();
        Ok(Some(match character.to_ascii_lowercase() {
            'd' => Class::ranges(&[('0', '9')], negated),
            'w' => Class::ranges(&[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')], negated),
            's' => Class::ranges(&[('\t', '\r'), (' ', ' ')], negated),
            'h' => Class::ranges(
                &[
                    ('\t', '\t'),
                    (' ', ' '),
                    ('\u{A0}', '\u{A0}'),
                    ('\u{1680}', '\u{1680}'),
                    ('\u{180E}', '\u{180E}'),
                    ('\u{2000}', '\u{200A}'),
                    ('\u{202F}', '\u{202F}'),
                    ('\u{205F}', '\u{205F}'),
                    ('\u{3000}', '\u{3000}'),
                ],
                negated,
            ),
            'v' => Class::ranges(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')], negated),
            'p' => self.property(negated)?,
            _ => return Ok(None),
        }))
    }

    fn property(&mut self, negated: bool) -> Part<Class> {
        let name = if self.takes('{') {
            let name: String = self.rest.by_ref().take_while(|&character| character != '}').collect();
            name
        } else {
            self.rest.next().map(String::from).unwrap_or_default()
        };
        let posix: &[(char, char)] = match name.as_str() {
            "Lower" => &[('a', 'z')],
            "Upper" => &[('A', 'Z')],
            "Alpha" => &[('a', 'z'), ('A', 'Z')],
            "Digit" => &[('0', '9')],
            "Alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
            "Punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
            "Graph" => &[('!', '~')],
            "Print" => &[(' ', '~')],
            "Blank" => &[(' ', ' '), ('\t', '\t')],
            "Cntrl" => &[('\0', '\u{1F}'), ('\u{7F}', '\u{7F}')],
            "XDigit" => &[('0', '9'), ('a', 'f'), ('A', 'F')],
            "Space" => &[('\t', '\r'), (' ', ' ')],
            "ASCII" => &[('\0', '\u{7F}')],
            _ => &[],
        };
        if !posix.is_empty() {
            return Ok(Class::ranges(posix, negated));
        }
        self.properties += 1;
        if self.properties > PROPERTIES {
            return Err(format!("more than {PROPERTIES} Unicode properties"));
        }
        let plain = match name.as_str() {
            "javaLowerCase" => "Lowercase",
            "javaUpperCase" => "Uppercase",
            "javaLetter" | "javaAlphabetic" => "Alphabetic",
            "javaDigit" => "Nd",
            "javaWhitespace" => "White_Space",
            other => other.strip_prefix("Is").unwrap_or(other),
        };
        let known = if plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'=')) {
            Class::property(plain, negated)
        } else {
            None
        };
        known.ok_or_else(|| format!("no property `{}`", name.chars().take(40).collect::<String>()))
    }

    fn escaped_character(&mut self, character: char) -> Part<char> {
        Ok(match character {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{C}',
            'a' => '\u{7}',
            'e' => '\u{1B}',
            'c' => self
                .rest
                .next()
                .and_then(|letter| u8::try_from(letter).ok())
                .map(|letter| char::from(letter ^ 64))
                .ok_or("`\\c` without a letter")?,
            '0' => self.code(8, 3)?,
            'u' => self.code(16, 4)?,
            'x' if self.takes('{') => {
                let code = self.code(16, 6)?;
                if self.takes('}') { code } else { return Err("`\\x{` without `}`".to_owned()) }
            }
            'x' => self.code(16, 2)?,
            letter if letter.is_ascii_alphanumeric() => return Err(format!("an unknown escape `\\{letter}`")),
            other => other,
        })
    }

    fn code(&mut self, radix: u32, most: usize) -> Part<char> {
        let mut code = None;
        for _ in 0..most {
            let Some(digit) = self.rest.peek().and_then(|next| next.to_digit(radix)) else { break };
            code = Some(code.unwrap_or(0) * radix + digit);
            self.rest.next();
        }
        code.and_then(char::from_u32).ok_or_else(|| "a bad character code".to_owned())
    }

    /// After `[`.
    fn class(&mut self) -> Part<Class> {
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
