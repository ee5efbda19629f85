//! A path as a tree: its steps, and the conditions of its filters, which have paths of their own.

use serde_json::Value;

use super::pattern::Pattern;

/// A part of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PathStep {
    /// `.name`, `['name']`.
    Property(String),
    /// `['a','b']`: an object of these.
    Properties(Vec<String>),
    /// `*`.
    Wildcard,
    /// `[0]`.
    Index(i64),
    /// `[0,1]`.
    Indexes(Vec<i64>),
    /// `[1:3]`, each end optional, negative from the end.
    Slice(Option<i64>, Option<i64>),
    /// `[?(…)]`.
    Filter(Condition),
    /// `..`: the next step, here and in everything below.
    Scan,
}

impl PathStep {
    pub(super) fn is_definite(&self) -> bool {
        matches!(
            self,
            PathStep::Property(_) | PathStep::Properties(_) | PathStep::Index(_)
        )
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
    /// The path leads to something other than null.
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, Pattern),
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// `@…`, from the item that is filtered, or `$…`, from the document.
    Path {
        from_item: bool,
        steps: Vec<PathStep>,
    },
    Literal(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Size,
    Empty,
    Contains,
}
