//! The conditions of a pattern on single fields, and whether a field can meet them at all.

use super::matcher::Matcher;
use super::tree::{Leaf, Tree};

/// What values a field can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// None: the field is never there.
    Missing,
    /// Text, always.
    Text,
    /// Text, or none.
    OptionalText,
    /// Any.
    Anything,
}

/// What a pattern lists for one field.
#[derive(Debug, Clone, Copy)]
pub struct Condition<'p> {
    leaf: &'p Leaf,
}

impl<'p> Condition<'p> {
    /// The list, as JSON.
    pub fn expected(self) -> &'p str {
        &self.leaf.text
    }

    /// The text that is listed alone, if it is the only alternative.
    pub fn only_text(self) -> Option<&'p str> {
        match self.leaf.alternatives.as_slice() {
            [Matcher::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether one of the alternatives can match a field with these values.
    pub fn can_match(self, domain: Domain) -> bool {
        let mut alternatives = self.leaf.alternatives.iter();
        alternatives.any(|matcher| can_match(matcher, domain))
    }
}

fn can_match(matcher: &Matcher, domain: Domain) -> bool {
    let is_text = matches!(domain, Domain::Text | Domain::OptionalText);
    match matcher {
        Matcher::Absent => domain != Domain::Text,
        Matcher::Exists | Matcher::AnythingBut(_) => domain != Domain::Missing,
        Matcher::Number(_)
        | Matcher::NumberText(_)
        | Matcher::Numeric(_)
        | Matcher::Boolean(_)
        | Matcher::Null => domain == Domain::Anything,
        Matcher::Text(_)
        | Matcher::Address(_)
        | Matcher::Prefix(_)
        | Matcher::PrefixIgnoreCase(_)
        | Matcher::Suffix(_)
        | Matcher::SuffixIgnoreCase(_)
        | Matcher::EqualsIgnoreCase(_)
        | Matcher::Cidr(_)
        | Matcher::Wildcard(_) => is_text || domain == Domain::Anything,
    }
}

/// All conditions of a tree, each with the way to its field.
pub(super) fn of_tree(tree: &Tree) -> Vec<(Vec<&str>, Condition<'_>)> {
    let (mut found, mut path) = (Vec::new(), Vec::new());
    collect(tree, &mut path, &mut found);
    found
}

fn collect<'p>(
    tree: &'p Tree,
    path: &mut Vec<&'p str>,
    found: &mut Vec<(Vec<&'p str>, Condition<'p>)>,
) {
    found.extend(
        tree.leaf
            .as_ref()
            .map(|leaf| (path.clone(), Condition { leaf })),
    );
    for (name, inner) in &tree.fields {
        path.push(name);
        collect(inner, path, found);
        path.pop();
    }
}
