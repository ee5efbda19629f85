//! A pattern as a tree: fields by path, each with its alternatives; and how an event is matched
//! with it.
//!
//! Fields under the same array must be satisfied by the same element. Arrays of arrays are treated
//! as flat, and a key with dots (`"a.b"`) is the path `a`, `b`. Each value of the event is visited
//! at most once a field, and no deeper than the pattern goes, except through arrays.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::matcher::Matcher;
use super::number::Decimal;

/// The alternatives that a pattern lists for one field.
#[derive(Debug, PartialEq)]
pub(super) struct Leaf {
    /// Any of these must match.
    pub(super) alternatives: Vec<Matcher>,
    /// The list as text.
    pub(super) text: String,
}

impl Leaf {
    fn accepts(&self, value: &Value) -> bool {
        // A number that the engine compares as a number is not compared with addresses.
        let is_compared = matches!(value, Value::Number(number) if self.compares(number.as_str()));
        let mut able = self.alternatives.iter().filter(|matcher| {
            !is_compared || !matches!(matcher, Matcher::Cidr(_) | Matcher::Address(_))
        });
        able.any(|matcher| matcher.accepts(value))
    }

    fn compares(&self, number: &str) -> bool {
        self.alternatives.iter().any(Matcher::is_numeric) && Decimal::parse(number).is_comparable()
    }

    fn accepts_absence(&self) -> bool {
        self.alternatives.contains(&Matcher::Absent)
    }
}

/// One level of a pattern: what the value itself must be, and what its fields must be.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    /// Alternatives for the value itself.
    pub(super) leaf: Option<Arc<Leaf>>,
    /// Conditions on its fields.
    pub(super) fields: Vec<(String, Tree)>,
}

/// Whether a part of an event fits a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// The part does not fit.
    No,
    /// Nothing is there, and nothing needs to be.
    Absent,
    /// The part fits.
    Yes,
}

impl Fit {
    fn and(self, other: Fit) -> Fit {
        match (self, other) {
            (Fit::No, _) | (_, Fit::No) => Fit::No,
            (Fit::Absent, Fit::Absent) => Fit::Absent,
            _ => Fit::Yes,
        }
    }
}

impl Tree {
    /// Puts `leaf` at a dotted path. If a path is used twice, the last leaf wins, as in the event
    /// rules engine.
    pub(super) fn insert(&mut self, path: &str, leaf: Arc<Leaf>) {
        let mut tree = self;
        for name in path.split('.') {
            let index = tree
                .fields
                .iter()
                .position(|(known, _)| known == name)
                .unwrap_or_else(|| {
                    tree.fields.push((name.to_owned(), Tree::default()));
                    tree.fields.len() - 1
                });
            tree = &mut tree.fields[index].1;
        }
        tree.leaf = Some(leaf);
    }

    /// The conditions under a field of this level.
    pub(super) fn field(&self, name: &str) -> Option<&Tree> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, tree)| tree)
    }

    /// Judges a value at the place of this tree.
    pub(super) fn judge(&self, value: &Value) -> Fit {
        match value {
            Value::Array(elements) => {
                best(elements.iter().map(|element| self.judge(element)), || {
                    self.judge_absence()
                })
            }
            Value::Object(map) => self.judge_object(map),
            scalar => self.judge_leaf(scalar).and(self.judge_fields_absent()),
        }
    }

    /// Judges the case that there is no value here.
    pub(super) fn judge_absence(&self) -> Fit {
        let leaf = self.leaf.as_ref().map_or(Fit::Absent, |leaf| absence(leaf));
        leaf.and(self.judge_fields_absent())
    }

    fn judge_fields_absent(&self) -> Fit {
        self.fields
            .iter()
            .map(|(_, tree)| tree.judge_absence())
            .fold(Fit::Absent, Fit::and)
    }

    fn judge_leaf(&self, scalar: &Value) -> Fit {
        match &self.leaf {
            None => Fit::Absent,
            Some(leaf) if leaf.accepts(scalar) => Fit::Yes,
            Some(_) => Fit::No,
        }
    }

    fn judge_object(&self, map: &Map<String, Value>) -> Fit {
        let dotted = map.keys().any(|key| key.contains('.'));
        let own = self.leaf.as_ref().map_or(Fit::Absent, |leaf| absence(leaf));
        let fields = self.fields.iter().map(|(name, tree)| match map.get(name) {
            _ if dotted => tree.judge_sources(&sources(map, name)),
            Some(value) => tree.judge(value),
            None => tree.judge_absence(),
        });
        fields.fold(own, Fit::and)
    }

    /// Judges values that reach this place by different keys of one object (`"a": {"b": …}` and
    /// `"a.b": …`). Here the fields are judged one by one: whether two of them share an array
    /// element is not checked.
    fn judge_sources(&self, sources: &[Reached<'_>]) -> Fit {
        match sources {
            [] => return self.judge_absence(),
            [Reached { rest: None, value }] => return self.judge(value),
            _ => {}
        }
        let alone = Tree {
            leaf: self.leaf.clone(),
            fields: Vec::new(),
        };
        let here = sources.iter().filter(|source| source.rest.is_none());
        let own = best(here.map(|source| alone.judge(source.value)), || {
            alone.judge_absence()
        });
        let fields = self.fields.iter().map(|(name, tree)| {
            let deeper: Vec<_> = sources
                .iter()
                .flat_map(|source| source.step(name))
                .collect();
            tree.judge_sources(&deeper)
        });
        fields.fold(own, Fit::and)
    }
}

fn absence(leaf: &Leaf) -> Fit {
    if leaf.accepts_absence() {
        Fit::Absent
    } else {
        Fit::No
    }
}

/// The best of several: one part that fits is enough, but absence must hold for all.
fn best(verdicts: impl Iterator<Item = Fit>, none: impl FnOnce() -> Fit) -> Fit {
    let mut seen = None;
    for verdict in verdicts {
        seen = match (seen, verdict) {
            (_, Fit::Yes) => return Fit::Yes,
            (Some(Fit::No), _) | (_, Fit::No) => Some(Fit::No),
            _ => Some(Fit::Absent),
        };
    }
    seen.unwrap_or_else(none)
}

/// A value on the way to a field, and the rest of the dotted key that led to it.
#[derive(Debug, Clone, Copy)]
struct Reached<'e> {
    rest: Option<&'e str>,
    value: &'e Value,
}

impl<'e> Reached<'e> {
    fn step(&self, name: &str) -> Vec<Reached<'e>> {
        match (self.rest, self.value) {
            (Some(key), value) => under(key, name)
                .map(|rest| Reached { rest, value })
                .into_iter()
                .collect(),
            (None, Value::Object(map)) => sources(map, name),
            (None, Value::Array(elements)) => elements
                .iter()
                .flat_map(|value| Reached { rest: None, value }.step(name))
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn sources<'e>(map: &'e Map<String, Value>, name: &str) -> Vec<Reached<'e>> {
    map.iter()
        .filter_map(|(key, value)| under(key, name).map(|rest| Reached { rest, value }))
        .collect()
}

/// The rest of a dotted key below a name: `under("a.b", "a")` is `b`, `under("a", "a")` has no
/// rest, and `under("b", "a")` is `None`.
fn under<'k>(key: &'k str, name: &str) -> Option<Option<&'k str>> {
    let rest = key.strip_prefix(name)?;
    if rest.is_empty() {
        Some(None)
    } else {
        rest.strip_prefix('.').map(Some)
    }
}
