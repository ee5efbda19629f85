//! What follows a backslash.

use super::super::set::{self, Set, property};
use super::super::source::Sign;
use super::super::tree::{Node, Place};
use super::{Parser, Part};

/// Unicode properties of one pattern.
const PROPERTIES: usize = 16;

const BLANKS: [(char, char); 9] = [
    ('\t', '\t'),
    (' ', ' '),
    ('\u{A0}', '\u{A0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{180E}', '\u{180E}'),
    ('\u{2000}', '\u{200A}'),
    ('\u{202F}', '\u{202F}'),
    ('\u{205F}', '\u{205F}'),
    ('\u{3000}', '\u{3000}'),
];

impl Parser {
    /// Outside of brackets, with the backslash next.
    pub(super) fn escape(&mut self) -> Part<Node> {
        let sign = self.source.raw(self.source.at + 1);
        self.source.at += 2;
        let character = match sign {
            Sign::Plain(character) => character,
            Sign::Quoted(_) | Sign::End => return Err(self.error("Unescaped trailing backslash")),
        };
        let (unix, unicode) = (self.flags.unix_lines, self.flags.unicode_classes);
        Ok(match character {
            'A' => Node::Place(Place::Start),
            'z' => Node::Place(Place::End),
            'Z' => Node::Place(Place::LastLineEnd { unix }),
            'b' if self.is_cluster_edge() => self.cluster_edge()?,
            'b' => Node::Place(Place::WordEdge {
                wanted: true,
                unicode,
            }),
            'B' => Node::Place(Place::WordEdge {
                wanted: false,
                unicode,
            }),
            'G' => Node::Place(Place::LastMatch),
            'R' => Node::Newline,
            'X' => Node::Cluster,
            'k' => self.named_back_reference()?,
            '1'..='9' => self.back_reference(character as usize - '0' as usize),
            _ => match self.escaped_class(character)? {
                Some(set) => Node::Class(set),
                None => {
                    let code = self.escaped_character(character)?;
                    self.literal(code)
                }
            },
        })
    }

    fn is_cluster_edge(&mut self) -> bool {
        self.peek() == Sign::Plain('{') && self.source.raw(self.source.at + 1) == Sign::Plain('g')
    }

    /// `\b{g}`, at the brace.
    fn cluster_edge(&mut self) -> Part<Node> {
        self.source.at += 2;
        match self.read() {
            Sign::Plain('}') => Ok(Node::Place(Place::ClusterEdge)),
            _ => Err(self.error("Illegal/unsupported escape sequence")),
        }
    }

    fn named_back_reference(&mut self) -> Part<Node> {
        if self.read() != Sign::Plain('<') {
            return Err(self.error("\\k is not followed by '<' for named capturing group"));
        }
        let first = self.read();
        let name = self.name(first)?;
        match self.names.iter().find(|(known, _)| *known == name) {
            Some(&(_, group)) => Ok(Node::Back(group, self.flags.case())),
            None => Err(self.error(format!("named capturing group <{name}> does not exist"))),
        }
    }

    /// As many digits as make a group that there is, the first in any case.
    fn back_reference(&mut self, first: usize) -> Node {
        let mut group = first;
        while let Sign::Plain(digit @ '0'..='9') = self.peek() {
            let longer = group * 10 + (digit as usize - '0' as usize);
            if longer >= self.groups {
                break;
            }
            group = longer;
            self.source.at += 1;
        }
        Node::Back(group, self.flags.case())
    }

    /// `\d`, `\p{…}` and their like, in brackets or outside.
    pub(super) fn escaped_class(&mut self, character: char) -> Part<Option<Set>> {
        let unicode = self.flags.unicode_classes;
        let set = match character.to_ascii_lowercase() {
            'd' if unicode => property::digits(),
            'd' => Some(set::ranges(&[('0', '9')])),
            'w' if unicode => property::word(),
            'w' => Some(set::ranges(&[
                ('a', 'z'),
                ('A', 'Z'),
                ('0', '9'),
                ('_', '_'),
            ])),
            's' if unicode => property::white_space(),
            's' => Some(set::ranges(&[('\t', '\r'), (' ', ' ')])),
            'h' => Some(set::ranges(&BLANKS)),
            'v' => Some(set::ranges(&[
                ('\n', '\r'),
                ('\u{85}', '\u{85}'),
                ('\u{2028}', '\u{2029}'),
            ])),
            'p' => Some(self.property()?),
            _ => return Ok(None),
        };
        if unicode && matches!(character, 'd' | 'D' | 'w' | 'W' | 's' | 'S') {
            self.count_property()?;
        }
        let set = set.expect("the tables of `regex-syntax` have these properties");
        Ok(Some(if character.is_ascii_uppercase() {
            set::negated(set)
        } else {
            set
        }))
    }

    /// After `\p`.
    fn property(&mut self) -> Part<Set> {
        let mut name = String::new();
        if self.peek() == Sign::Plain('{') {
            self.next();
            let start = self.source.at;
            while self.read() != Sign::Plain('}') {
                if self.source.is_past_end() {
                    return Err(self.error("Unclosed character family"));
                }
            }
            let signs = (start..self.source.at - 1).map(|place| self.source.raw(place));
            name.extend(signs.filter_map(Sign::character));
            if name.is_empty() {
                return Err(self.error("Empty character family"));
            }
        } else {
            let sign = self.read();
            name.push(
                sign.character()
                    .ok_or_else(|| self.error("Unclosed character family"))?,
            );
        }
        self.count_property()?;
        let short = |name: &str| name.chars().take(40).collect::<String>();
        property::of_name(&name, self.flags).map_err(|description| {
            self.error(if name.len() > 60 {
                short(&description)
            } else {
                description
            })
        })
    }

    /// Each is a table: a pattern may name a few.
    fn count_property(&mut self) -> Part<()> {
        self.properties += 1;
        if self.properties > PROPERTIES {
            return Err(self.error(format!("More than {PROPERTIES} Unicode properties")));
        }
        Ok(())
    }
}
