//! Parses what follows a backslash.

use super::parser::{Parser, SyntaxResult};
use crate::java_regex::set::{self, Set, property};
use crate::java_regex::source::Sign;
use crate::java_regex::tree::{Anchor, Ast};

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
    pub(super) fn escape(&mut self) -> SyntaxResult<Ast> {
        let sign = self.source.raw(self.source.at + 1);
        self.source.at += 2;
        let character = match sign {
            Sign::Plain(character) => character,
            Sign::Quoted(_) | Sign::End => return Err(self.error("Unescaped trailing backslash")),
        };
        let (unix, unicode) = (self.flags.unix_lines, self.flags.unicode_classes);
        Ok(match character {
            'A' => Ast::Anchor(Anchor::Start),
            'z' => Ast::Anchor(Anchor::End),
            'Z' => Ast::Anchor(Anchor::LastLineEnd { unix }),
            'b' if self.is_cluster_edge() => self.cluster_edge()?,
            'b' => Ast::Anchor(Anchor::WordEdge {
                wanted: true,
                unicode,
            }),
            'B' => Ast::Anchor(Anchor::WordEdge {
                wanted: false,
                unicode,
            }),
            'G' => Ast::Anchor(Anchor::LastMatch),
            'R' => Ast::Newline,
            'X' => Ast::Cluster,
            'k' => self.named_back_reference()?,
            '1'..='9' => self.back_reference(character as usize - '0' as usize),
            _ => match self.escaped_class(character)? {
                Some(set) => Ast::Class(set),
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
    fn cluster_edge(&mut self) -> SyntaxResult<Ast> {
        self.source.at += 2;
        match self.read() {
            Sign::Plain('}') => Ok(Ast::Anchor(Anchor::ClusterEdge)),
            _ => Err(self.error("Illegal/unsupported escape sequence")),
        }
    }

    fn named_back_reference(&mut self) -> SyntaxResult<Ast> {
        if self.read() != Sign::Plain('<') {
            return Err(self.error("\\k is not followed by '<' for named capturing group"));
        }
        let first = self.read();
        let name = self.name(first)?;
        match self.names.iter().find(|(known, _)| *known == name) {
            Some(&(_, group)) => Ok(Ast::Back(group, self.flags.case())),
            None => Err(self.error(format!("named capturing group <{name}> does not exist"))),
        }
    }

    /// As many digits as make a group that there is, the first in any case.
    fn back_reference(&mut self, first: usize) -> Ast {
        let mut group = first;
        while let Sign::Plain(digit @ '0'..='9') = self.peek() {
            let longer = group * 10 + (digit as usize - '0' as usize);
            if longer >= self.groups {
                break;
            }
            group = longer;
            self.source.at += 1;
        }
        Ast::Back(group, self.flags.case())
    }

    /// `\d`, `\p{…}` and their like, in brackets or outside.
    pub(super) fn escaped_class(&mut self, character: char) -> SyntaxResult<Option<Set>> {
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
    fn property(&mut self) -> SyntaxResult<Set> {
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
    fn count_property(&mut self) -> SyntaxResult<()> {
        self.properties += 1;
        if self.properties > PROPERTIES {
            return Err(self.error(format!("More than {PROPERTIES} Unicode properties")));
        }
        Ok(())
    }
}
