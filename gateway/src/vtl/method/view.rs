//! Methods of what `keySet()`, `values()` and `entrySet()` return: the map shows through, and what
//! is removed here is removed there.

use super::table::{EDITS, PLAIN, REJECTS_NULL, Table};
use super::work::{MethodResult, Thrown, Work, exception};
use super::{iterator, list};
use crate::vtl::value::{List, Map, MapPart, Value};

/// Name, function and flags of each method.
pub(super) const METHODS: Table<List> = &[
    ("size", list::size, PLAIN),
    ("isEmpty", list::is_empty, PLAIN),
    ("contains", contains, PLAIN),
    ("containsAll", list::contains_all, REJECTS_NULL),
    ("add", cannot_grow, EDITS),
    ("addAll", cannot_grow, EDITS | REJECTS_NULL),
    ("remove", remove, EDITS),
    ("removeAll", remove_all, EDITS | REJECTS_NULL),
    ("retainAll", retain_all, EDITS | REJECTS_NULL),
    ("clear", clear, EDITS),
    ("iterator", iterator::of, PLAIN),
    ("toArray", list::to_array, PLAIN),
];

fn contains(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    match (list.viewed(), arguments) {
        (Some((map, MapPart::Keys)), [key]) => Ok(map.get(key, &mut work.budget)?.is_some().into()),
        _ => list::contains(list, arguments, work),
    }
}

fn cannot_grow(_: &List, _: &[Value], _: &mut Work) -> MethodResult {
    Err(exception(
        "cannot add to a view of a map: put into the map instead",
    ))
}

fn remove(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    let (Some((map, _)), [what]) = (list.viewed(), arguments) else {
        return Ok(Value::Null);
    };
    let found = list::position(list, what, work)?;
    if let Some(place) = found {
        map.remove_at(place, &mut work.budget)?;
    }
    Ok(found.is_some().into())
}

fn remove_all(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    keep(list, arguments, work, false)
}

fn retain_all(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    keep(list, arguments, work, true)
}

/// Keeps the entries that the other list shows, or those that it does not.
fn keep(list: &List, arguments: &[Value], work: &mut Work, wanted: bool) -> MethodResult {
    let (Some((map, _)), [other]) = (list.viewed(), arguments) else {
        return Ok(Value::Null);
    };
    let Some(other) = list::collection(other) else {
        return Ok(Value::Null);
    };
    let mut removed = Vec::new();
    for (place, item) in list.iter().enumerate() {
        if list::position(other, &item, work)?.is_some() != wanted {
            removed.push(place);
        }
    }
    take_out(map, &removed, work)?;
    Ok((!removed.is_empty()).into())
}

/// From the last place to the first, so that the others stay where they are.
fn take_out(map: &Map, places: &[usize], work: &mut Work) -> Result<(), Thrown> {
    for place in places.iter().rev() {
        map.remove_at(*place, &mut work.budget)?;
    }
    Ok(())
}

fn clear(list: &List, arguments: &[Value], _: &mut Work) -> MethodResult {
    if let (Some((map, _)), []) = (list.viewed(), arguments) {
        map.clear();
    }
    Ok(Value::Null)
}
