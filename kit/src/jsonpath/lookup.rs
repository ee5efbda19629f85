//! Follows the steps of a path through a document.
//!
//! Nothing of the document is copied before it is paid for: parts are borrowed, and only objects of
//! picked members are made.

use std::ops::Deref;

use serde_json::{Map, Value};

use super::tree::PathStep;

/// The value or values that a path leads to.
#[derive(Debug)]
pub enum Located<'v> {
    /// The one value of a definite path.
    One(Part<'v>),
    /// The list of an indefinite path.
    Many(Vec<Part<'v>>),
}

/// A value of [`Located`].
#[derive(Debug)]
pub enum Part<'v> {
    /// A part of the document.
    Of(&'v Value),
    /// An object of members that were picked.
    Made(Box<Value>),
}

impl Deref for Part<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Part::Of(value) => value,
            Part::Made(value) => value,
        }
    }
}

impl Part<'_> {
    fn copied(self, visits: &mut usize) -> Option<Value> {
        match self {
            Part::Of(value) => copy(value, visits),
            Part::Made(value) => Some(*value),
        }
    }
}

impl Located<'_> {
    /// A copy as one value, paid from `visits`. [`None`] when the copy costs more.
    pub fn copied(self, visits: &mut usize) -> Option<Value> {
        match self {
            Located::One(part) => part.copied(visits),
            Located::Many(parts) => {
                let items: Option<Vec<Value>> =
                    parts.into_iter().map(|part| part.copied(visits)).collect();
                items.map(Value::Array)
            }
        }
    }
}

fn copy(value: &Value, visits: &mut usize) -> Option<Value> {
    *visits = visits.checked_sub(weight(value)).unwrap_or_default();
    (*visits > 0).then(|| value.clone())
}

/// The cost of a copy, in visits: about one for each sixteen bytes.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => 8 + text.len() / 16,
        Value::Array(items) => 8 + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => {
            8 + members
                .iter()
                .map(|(name, member)| 4 + name.len() / 16 + weight(member))
                .sum::<usize>()
        }
    }
}

/// A definite path leads nowhere, or too much was visited.
struct Nowhere;

struct Walker<'v, 'n> {
    document: &'v Value,
    definite: bool,
    visits: &'n mut usize,
    found: Vec<Part<'v>>,
}

/// Follows `steps` from the document.
pub(super) fn find<'v>(
    steps: &[PathStep],
    definite: bool,
    document: &'v Value,
    visits: &mut usize,
) -> Option<Located<'v>> {
    let mut search = Walker {
        document,
        definite,
        visits,
        found: Vec::new(),
    };
    search.walk(Part::Of(document), steps, true).ok()?;
    let mut found = search.found;
    if definite {
        found.pop().map(Located::One)
    } else {
        Some(Located::Many(found))
    }
}

type Walked = Result<(), Nowhere>;

impl<'v> Walker<'v, '_> {
    /// `exact` as long as no step before could lead to several values: then an index out of range
    /// leads nowhere.
    fn walk(&mut self, value: Part<'v>, steps: &[PathStep], exact: bool) -> Walked {
        *self.visits = self
            .visits
            .checked_sub(1)
            .filter(|&left| left > 0)
            .ok_or(Nowhere)?;
        let Some((step, rest)) = steps.split_first() else {
            self.found.push(value);
            return Ok(());
        };
        let items: Option<&'v Vec<Value>> = match &value {
            Part::Of(value) => value.as_array(),
            Part::Made(_) => None,
        };
        match step {
            PathStep::Property(name) => match member(value, name) {
                Some(member) => self.walk(member, rest, exact),
                None => self.missing(),
            },
            PathStep::Properties(names) => match self.pick(&value, names)? {
                Some(picked) => self.walk(picked, rest, exact),
                None => self.missing(),
            },
            PathStep::Wildcard => self.each(value, |search, child| search.walk(child, rest, false)),
            PathStep::Index(place) => self.item(items, *place, rest, exact),
            PathStep::Indexes(places) => places
                .iter()
                .try_for_each(|place| self.item(items, *place, rest, exact)),
            PathStep::Slice(from, to) => {
                let items = items.map_or(&[][..], |items| &items[range(*from, *to, items.len())]);
                items
                    .iter()
                    .try_for_each(|item| self.walk(Part::Of(item), rest, false))
            }
            PathStep::Filter(condition) => {
                let keep = |search: &mut Self, item: Part<'v>| {
                    let holds = condition.holds(&item, search.document, search.visits);
                    if holds {
                        search.walk(item, rest, false)
                    } else {
                        Ok(())
                    }
                };
                if value.is_array() {
                    self.each(value, keep)
                } else {
                    keep(self, value)
                }
            }
            PathStep::Scan => self.scan(value, rest),
        }
    }

    /// An object of the members that have one of these names.
    fn pick(&mut self, value: &Value, names: &[String]) -> Result<Option<Part<'v>>, Nowhere> {
        let Value::Object(members) = value else {
            return Ok(None);
        };
        let mut picked = Map::new();
        for name in names {
            if let Some(member) = members.get(name) {
                picked.insert(name.clone(), copy(member, self.visits).ok_or(Nowhere)?);
            }
        }
        Ok(Some(Part::Made(Box::new(Value::Object(picked)))))
    }

    /// Every item of a list or member of an object.
    fn each(
        &mut self,
        value: Part<'v>,
        mut visit: impl FnMut(&mut Self, Part<'v>) -> Walked,
    ) -> Walked {
        match value {
            Part::Of(Value::Array(items)) => items
                .iter()
                .try_for_each(|item| visit(self, Part::Of(item))),
            Part::Of(Value::Object(members)) => members
                .values()
                .try_for_each(|member| visit(self, Part::Of(member))),
            Part::Of(_) => Ok(()),
            Part::Made(made) => match *made {
                Value::Array(items) => items
                    .into_iter()
                    .try_for_each(|item| visit(self, Part::Made(Box::new(item)))),
                Value::Object(members) => members
                    .into_iter()
                    .try_for_each(|(_, member)| visit(self, Part::Made(Box::new(member)))),
                _ => Ok(()),
            },
        }
    }

    /// The steps here, then in every child.
    fn scan(&mut self, value: Part<'v>, rest: &[PathStep]) -> Walked {
        *self.visits = self
            .visits
            .checked_sub(1)
            .filter(|&left| left > 0)
            .ok_or(Nowhere)?;
        let here = match rest.first() {
            Some(PathStep::Properties(names)) => names.iter().any(|name| value.get(name).is_some()),
            Some(PathStep::Filter(_)) => value.is_array(),
            _ => value.is_array() || value.is_object(),
        };
        if here {
            let again = match &value {
                Part::Of(value) => Part::Of(value),
                Part::Made(made) => Part::Made(Box::new(copy(made, self.visits).ok_or(Nowhere)?)),
            };
            self.walk(again, rest, false)?;
        }
        self.each(value, |search, child| search.scan(child, rest))
    }

    fn item(
        &mut self,
        items: Option<&'v Vec<Value>>,
        place: i64,
        rest: &[PathStep],
        exact: bool,
    ) -> Walked {
        let item = items.and_then(|items| items.get(usize::try_from(place).ok()?));
        match item {
            Some(item) => self.walk(Part::Of(item), rest, exact),
            None if exact => Err(Nowhere),
            None => Ok(()),
        }
    }

    fn missing(&self) -> Walked {
        if self.definite { Err(Nowhere) } else { Ok(()) }
    }
}

fn member<'v>(value: Part<'v>, name: &str) -> Option<Part<'v>> {
    match value {
        Part::Of(Value::Object(members)) => members.get(name).map(Part::Of),
        Part::Made(made) => match *made {
            Value::Object(mut members) => members
                .swap_remove(name)
                .map(|member| Part::Made(Box::new(member))),
            _ => None,
        },
        Part::Of(_) => None,
    }
}

/// The items of a slice; negative ends count from the end.
fn range(from: Option<i64>, to: Option<i64>, length: usize) -> std::ops::Range<usize> {
    let place = |end: i64| {
        let magnitude = usize::try_from(end.unsigned_abs()).unwrap_or(usize::MAX);
        if end < 0 {
            length.saturating_sub(magnitude)
        } else {
            magnitude.min(length)
        }
    };
    let to = to.map_or(length, place);
    from.map_or(0, place).min(to)..to
}
