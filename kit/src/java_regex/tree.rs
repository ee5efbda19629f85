//! A regular expression as a tree.

use super::flags::Case;
use super::set::Set;

/// A part of a pattern.
#[derive(Debug)]
pub(super) enum Ast {
    /// Matches without taking anything.
    Empty,
    /// One character.
    Char(char),
    /// One character of a set.
    Class(Set),
    /// A place in the text, of which nothing is taken.
    Anchor(Anchor),
    /// `\R`.
    Newline,
    /// `\X`.
    Cluster,
    /// A group; one with a number remembers what it matched.
    Group(Box<Ast>, Option<usize>),
    /// The text that a group matched, once more.
    Back(usize, Case),
    /// Parts that follow one another.
    Sequence(Vec<Ast>),
    /// The first that fits.
    Alternatives(Vec<Ast>),
    /// `?`.
    Maybe(Box<Ast>, Greed),
    /// `*`, `+`, `{…}`.
    Repeat(Box<Ast>, Repeat),
    /// What follows, without taking it; with `wanted` false, what must not follow.
    Look { wanted: bool, node: Box<Ast> },
    /// What precedes, from `least` to `most` characters back; with `wanted` false, what must not.
    LookBehind {
        wanted: bool,
        node: Box<Ast>,
        least: i32,
        most: i32,
    },
    /// A part that is never gone back into once it matched.
    Atomic(Box<Ast>),
}

/// A quantifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeat {
    /// At least.
    pub least: u32,
    /// At most; [`MANY`] for any number.
    pub most: u32,
    pub kind: Greed,
}

/// Any number, as Java writes it.
pub(super) const MANY: u32 = i32::MAX as u32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greed {
    /// As much as possible first.
    Greedy,
    /// As little as possible first.
    Reluctant,
    /// As much as possible, without giving any of it back.
    Possessive,
}

/// A place that a pattern can require.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// `\A`, `^`.
    Start,
    /// `^` of a line.
    LineStart { unix: bool },
    /// `\z`.
    End,
    /// `\Z`, `$`: the end, or before the line terminator that ends the text.
    LastLineEnd { unix: bool },
    /// `$` of a line.
    LineEnd { unix: bool },
    /// `\b`, and with `wanted` false `\B`.
    WordEdge { wanted: bool, unicode: bool },
    /// `\b{g}`.
    ClusterEdge,
    /// `\G`: where the last match ended.
    LastMatch,
}

/// A whole pattern.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The tree of the pattern.
    pub node: Ast,
    /// Groups, the whole match included.
    pub groups: usize,
    /// Names of groups.
    pub names: Vec<(String, usize)>,
    /// How many Unicode properties it asks for.
    pub properties: usize,
}
