//! Where a match can start: lets a search skip text without running the program.

use memchr::memmem::Finder;

use super::budget::Budget;
use super::set::Set;
use super::tree::{Anchor, Ast};

/// Where a match can start.
#[derive(Debug)]
pub(super) enum Start {
    /// At any place.
    Anywhere,
    /// At the start of the text only.
    OfText,
    /// With this text; `whole` if the pattern is nothing else.
    Text {
        finder: Box<Finder<'static>>,
        whole: bool,
    },
    /// With one of these bytes.
    Bytes(Box<[bool; 256]>),
}

impl Start {
    pub(super) fn of(node: &Ast) -> Start {
        let nodes = match node {
            Ast::Sequence(nodes) => nodes.as_slice(),
            other => std::slice::from_ref(other),
        };
        if matches!(nodes.first(), Some(Ast::Anchor(Anchor::Start))) {
            return Start::OfText;
        }
        let character = |node: &Ast| match node {
            Ast::Char(character) => Some(*character),
            _ => None,
        };
        let text: String = nodes.iter().map_while(character).collect();
        if !text.is_empty() {
            let whole = text.chars().count() == nodes.len();
            return Start::Text {
                finder: Box::new(Finder::new(&text).into_owned()),
                whole,
            };
        }
        let mut bytes = Box::new([false; 256]);
        if first(node, &mut bytes) == First::Taken {
            Start::Bytes(bytes)
        } else {
            Start::Anywhere
        }
    }

    /// The first place at `from` or after it where a match may start.
    pub(super) fn find<B: Budget>(
        &self,
        text: &str,
        from: usize,
        budget: &mut B,
    ) -> Result<Option<usize>, B::Exceeded> {
        let rest = &text.as_bytes()[from..];
        let passed = match self {
            Start::Anywhere => return Ok(Some(from)),
            Start::OfText => return Ok((from == 0).then_some(0)),
            Start::Text { finder, .. } => finder.find(rest),
            Start::Bytes(bytes) => rest.iter().position(|&byte| bytes[usize::from(byte)]),
        };
        budget.steps(passed.unwrap_or(rest.len()) as u64 / 64)?;
        Ok(passed.map(|passed| from + passed))
    }
}

/// The first byte of a part, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    /// The byte is one of those that were noted.
    Taken,
    /// The part may take nothing: what follows it may be first.
    Skipped,
    /// Any byte may be first.
    Unknown,
}

/// Notes the bytes with which a part may start.
fn first(node: &Ast, bytes: &mut [bool; 256]) -> First {
    match node {
        Ast::Empty | Ast::Anchor(_) | Ast::Look { .. } | Ast::LookBehind { .. } => First::Skipped,
        Ast::Char(character) => {
            bytes[usize::from(lead(*character))] = true;
            First::Taken
        }
        Ast::Class(set) => {
            of_set(set, bytes);
            First::Taken
        }
        Ast::Newline => {
            for lead in [b'\n', 0x0B, 0x0C, b'\r', lead('\u{85}'), lead('\u{2028}')] {
                bytes[usize::from(lead)] = true;
            }
            First::Taken
        }
        Ast::Cluster | Ast::Back(..) => First::Unknown,
        Ast::Group(inner, _) | Ast::Atomic(inner) => first(inner, bytes),
        Ast::Sequence(nodes) => {
            let stops = nodes
                .iter()
                .map(|node| first(node, bytes))
                .find(|first| *first != First::Skipped);
            stops.unwrap_or(First::Skipped)
        }
        Ast::Alternatives(nodes) => nodes
            .iter()
            .map(|node| first(node, bytes))
            .fold(First::Taken, either),
        Ast::Maybe(inner, _) => either(First::Skipped, first(inner, bytes)),
        Ast::Repeat(inner, repeat) if repeat.least == 0 => {
            either(First::Skipped, first(inner, bytes))
        }
        Ast::Repeat(inner, _) => first(inner, bytes),
    }
}

fn either(one: First, other: First) -> First {
    match (one, other) {
        (First::Unknown, _) | (_, First::Unknown) => First::Unknown,
        (First::Skipped, _) | (_, First::Skipped) => First::Skipped,
        _ => First::Taken,
    }
}

fn of_set(set: &Set, bytes: &mut [bool; 256]) {
    for range in set.ranges() {
        let (from, to) = (lead(range.start()), lead(range.end()));
        bytes[usize::from(from)..=usize::from(to)].fill(true);
    }
    // No character starts with one of these: they are inside of characters.
    bytes[0x80..0xC0].fill(false);
}

/// The first byte of a character in UTF-8, which grows with the character.
fn lead(character: char) -> u8 {
    let mut bytes = [0; 4];
    character.encode_utf8(&mut bytes).as_bytes()[0]
}
