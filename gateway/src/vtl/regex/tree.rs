//! A regular expression as a tree.

use std::rc::Rc;

use super::class::{Class, Set};

/// A part of a pattern.
#[derive(Debug, Clone)]
pub enum Node {
    /// Matches without taking anything.
    Empty,
    /// One character.
    Char(char),
    /// One character of a set.
    Class(Rc<Class>),
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

impl Node {
    /// One character of this set.
    pub fn of(set: Set) -> Node {
        Node::Class(Rc::new(Class::of(set)))
    }
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
