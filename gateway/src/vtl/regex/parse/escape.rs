//! What follows a backslash.

use super::{Node, Parser, Part, Place};
use crate::vtl::regex::class::{self, Set};

/// Unicode properties of one pattern.
const PROPERTIES: usize = 16;

impl Parser<'_> {
    pub(super) fn escape(&mut self, all: &mut Vec<Node>) -> Part<Node> {
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
                Node::of(class::ranges(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')], false)),
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
                Some(set) => Node::of(set),
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
    pub(super) fn escaped_class(&mut self, character: char) -> Part<Option<Set>> {
        let negated = character.is_ascii_uppercase();
        Ok(Some(match character.to_ascii_lowercase() {
            'd' => class::ranges(&[('0', '9')], negated),
            'w' => class::ranges(&[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')], negated),
            's' => class::ranges(&[('\t', '\r'), (' ', ' ')], negated),
            'h' => class::ranges(
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
            'v' => class::ranges(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')], negated),
            'p' => self.property(negated)?,
            _ => return Ok(None),
        }))
    }

    fn property(&mut self, negated: bool) -> Part<Set> {
        let name = if self.takes('{') {
            let name: String = self.rest.by_ref().take_while(|&character| character != '}').collect();
            name
        } else {
            self.rest.next().map(String::from).unwrap_or_default()
        };
        let posix: &[(char, char)] = match name.as_str() {
            "Lower" | "Upper" if self.flags.ignore_case => &[('a', 'z'), ('A', 'Z')],
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
            return Ok(class::ranges(posix, negated));
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
            class::property(plain, negated)
        } else {
            None
        };
        known.ok_or_else(|| format!("no property `{}`", name.chars().take(40).collect::<String>()))
    }

    pub(super) fn escaped_character(&mut self, character: char) -> Part<char> {
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
}
