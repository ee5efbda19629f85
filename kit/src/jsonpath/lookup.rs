//! Steps of a path over a document.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Step;

/// A definite path leads nowhere, or too much was visited.
struct Nowhere;

struct Search<'v, 'n> {
    document: &'v Value,
    definite: bool,
    visits: &'n mut usize,
    found: Vec<Cow<'v, Value>>,
}

/// What `steps` lead to.
pub(super) fn find<'v>(
    steps: &[Step],
    definite: bool,
    document: &'v Value,
    visits: &mut usize,
) -> Option<Cow<'v, Value>> {
    let mut search = Search { document, definite, visits, found: Vec::new() };
    search.walk(Cow::Borrowed(document), steps, true).ok()?;
    let mut found = search.found;
    if definite {
        return found.pop();
    }
    Some(Cow::Owned(Value::Array(found.into_iter().map(Cow::into_owned).collect())))
}

impl<'v> Search<'v, '_> {
    /// `exact` as long as no step before could lead to several values: then an index out of range leads nowhere.
    fn walk(&mut self, value: Cow<'v, Value>, steps: &[Step], exact: bool) -> Result<(), Nowhere> {
        *self.visits = self.visits.checked_sub(1).filter(|&left| left > 0).ok_or(Nowhere)?;
        let Some((step, rest)) = steps.split_first() else {
            self.found.push(value);
            return Ok(());
        };
        let items = match &value {
            Cow::Borrowed(value) => value.as_array(),
            // Only objects of picked members are owned.
            Cow::Owned(_) => None,
        };
        match step {
            Step::Property(name) => match member(value, name) {
                Some(member) => self.walk(member, rest, exact),
                None => self.missing(),
            },
            Step::Properties(names) => match &*value {
                Value::Object(members) => {
                    let pick = |name: &String| Some((name.clone(), members.get(name)?.clone()));
                    let picked: Map<String, Value> = names.iter().filter_map(pick).collect();
                    self.walk(Cow::Owned(Value::Object(picked)), rest, exact)
                }
                _ => self.missing(),
            },
            Step::Wildcard => self.each(children(value), rest),
            Step::Index(place) => self.item(items, *place, rest, exact),
            Step::Indexes(places) => places.iter().try_for_each(|place| self.item(items, *place, rest, exact)),
            Step::Slice(from, to) => match items {
                Some(items) => {
                    let range = range(*from, *to, items.len());
                    self.each(items[range].iter().map(Cow::Borrowed).collect(), rest)
                }
                None => Ok(()),
            },
            Step::Filter(condition) => {
                let items = if value.is_array() { children(value) } else { vec![value] };
                let document = self.document;
                let mut kept = Vec::new();
                for item in items {
                    if condition.holds(&item, document, self.visits) {
                        kept.push(item);
                    }
                }
                self.each(kept, rest)
            }
            Step::Scan => self.scan(value, rest),
        }
    }

    fn each(&mut self, values: Vec<Cow<'v, Value>>, rest: &[Step]) -> Result<(), Nowhere> {
        values.into_iter().try_for_each(|value| self.walk(value, rest, false))
    }

    /// The steps here, then in every child.
    fn scan(&mut self, value: Cow<'v, Value>, rest: &[Step]) -> Result<(), Nowhere> {
        let here = match rest.first() {
            Some(Step::Properties(names)) => names.iter().any(|name| value.get(name).is_some()),
            Some(Step::Filter(_)) => value.is_array(),
            _ => value.is_array() || value.is_object(),
        };
        if here {
            self.walk(value.clone(), rest, false)?;
        }
        children(value).into_iter().try_for_each(|child| self.scan(child, rest))
    }

    fn item(&mut self, items: Option<&'v Vec<Value>>, place: i64, rest: &[Step], exact: bool) -> Result<(), Nowhere> {
        let item = items.and_then(|items| items.get(usize::try_from(place).ok()?));
        match item {
            Some(item) => self.walk(Cow::Borrowed(item), rest, exact),
            None if exact => Err(Nowhere),
            None => Ok(()),
        }
    }

    fn missing(&self) -> Result<(), Nowhere> {
        if self.definite { Err(Nowhere) } else { Ok(()) }
    }
}

fn member<'v>(value: Cow<'v, Value>, name: &str) -> Option<Cow<'v, Value>> {
    match value {
        Cow::Borrowed(Value::Object(members)) => members.get(name).map(Cow::Borrowed),
        Cow::Owned(Value::Object(mut members)) => members.swap_remove(name).map(Cow::Owned),
        _ => None,
    }
}

fn children(value: Cow<'_, Value>) -> Vec<Cow<'_, Value>> {
    match value {
        Cow::Borrowed(Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
        Cow::Borrowed(Value::Object(members)) => members.values().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
        Cow::Owned(Value::Object(members)) => members.into_iter().map(|(_, member)| Cow::Owned(member)).collect(),
        _ => Vec::new(),
    }
}

/// The items of a slice; negative ends count from the end.
fn range(from: Option<i64>, to: Option<i64>, length: usize) -> std::ops::Range<usize> {
    let place = |end: i64| {
        let magnitude = usize::try_from(end.unsigned_abs()).unwrap_or(usize::MAX);
        if end < 0 { length.saturating_sub(magnitude) } else { magnitude.min(length) }
    };
    let to = to.map_or(length, place);
    from.map_or(0, place).min(to)..to
}
