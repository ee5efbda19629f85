//! Methods of what `keySet()`, `values()` and `entrySet()` return: the map shows through, and what
//! is removed here is removed there.

use super::super::value::{List, Map, Shown, Value};
use super::{Outcome, Table, Thrown, Work, exception, iterator, list};

/// Name and function of each.
pub const METHODS: Table<List> = &[
    ("size", list::size),
    ("isEmpty", list::is_empty),
    ("contains", contains),
    ("containsAll", list::contains_all),
    ("add", cannot_grow),
    ("addAll", cannot_grow),
    ("remove", remove),
    ("removeAll", remove_all),
    ("retainAll", retain_all),
    ("clear", clear),
    ("iterator", iterator::of),
    ("toArray", list::to_array),
];

fn contains(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    match (list.of(), arguments) {
        (Some((map, Shown::Keys)), [key]) => Ok(map.get(key, &mut work.budget)?.is_some().into()),
        _ => list::contains(list, arguments, work),
    }
}

fn cannot_grow(_: &List, _: &[Value], _: &mut Work) -> Outcome {
    Err(exception("what a map shows cannot grow"))
}

fn remove(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    let (Some((map, _)), [what]) = (list.of(), arguments) else {
        return Ok(Value::Null);
    };
    let found = list::position(list, what, work)?;
    if let Some(place) = found {
        map.remove_at(place, &mut work.budget)?;
    }
    Ok(found.is_some().into())
}

fn remove_all(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    keep(list, arguments, work, false)
}

fn retain_all(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    keep(list, arguments, work, true)
}

/// Keeps the entries that the other list shows, or those that it does not.
fn keep(list: &List, arguments: &[Value], work: &mut Work, wanted: bool) -> Outcome {
    let (Some((map, _)), [other]) = (list.of(), arguments) else {
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

fn clear(list: &List, arguments: &[Value], _: &mut Work) -> Outcome {
    if let (Some((map, _)), []) = (list.of(), arguments) {
        map.clear();
    }
    Ok(Value::Null)
}
