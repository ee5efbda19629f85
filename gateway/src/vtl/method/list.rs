//! Methods of lists and of arrays.

use super::iterator;
use super::table::{EDITS, PLAIN, REJECTS_NULL, Table};
use super::work::{MethodResult, Thrown, Work, exception, link, new_list, new_text, out_of_range};
use crate::vtl::number::Number;
use crate::vtl::value::{List, ListKind, Value};

/// Name, function and flags of each method.
pub(super) const METHODS: Table<List> = &[
    ("size", size, PLAIN),
    ("isEmpty", is_empty, PLAIN),
    ("get", get, PLAIN),
    ("add", add, EDITS),
    ("addAll", add_all, EDITS | REJECTS_NULL),
    ("set", set, EDITS),
    ("remove", remove, EDITS),
    ("removeAll", remove_all, EDITS | REJECTS_NULL),
    ("retainAll", retain_all, EDITS | REJECTS_NULL),
    ("clear", clear, EDITS),
    ("contains", contains, PLAIN),
    ("containsAll", contains_all, REJECTS_NULL),
    ("indexOf", index_of, PLAIN),
    ("lastIndexOf", last_index_of, PLAIN),
    ("subList", sub_list, PLAIN),
    ("iterator", iterator::of, PLAIN),
    ("listIterator", iterator::of, PLAIN),
    ("toJSONString", to_json_string, PLAIN),
    ("toArray", to_array, PLAIN),
];

pub(super) fn size(list: &List, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        Value::size(list.len())
    } else {
        Value::Null
    })
}

pub(super) fn is_empty(list: &List, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        list.is_empty().into()
    } else {
        Value::Null
    })
}

fn get(list: &List, arguments: &[Value], _: &mut Work) -> MethodResult {
    match arguments {
        [Value::Number(Number::Int(place))] if list.kind() != ListKind::View => {
            Ok(list.get(at(*place, list.len())?).unwrap_or(Value::Null))
        }
        _ => Ok(Value::Null),
    }
}

fn add(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    if !growable(list) {
        return Err(exception("cannot add to this list: its size is fixed"));
    }
    match arguments {
        [item] => {
            work.budget.bytes(32)?;
            link(&Value::List(list.clone()), item, work)?;
            list.change(|items| items.push(item.clone()));
            Ok(Value::Bool(true))
        }
        [Value::Number(Number::Int(place)), item] => {
            let place = at(*place, list.len() + 1)?;
            work.budget.bytes(32)?;
            work.budget.steps(list.len() as u64 / 16)?;
            link(&Value::List(list.clone()), item, work)?;
            list.change(|items| items.insert(place, item.clone()));
            Ok(Value::Null)
        }
        _ => Ok(Value::Null),
    }
}

/// `addAll(list)`, `addAll(place, list)`.
fn add_all(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    let (place, other) = match arguments {
        [other] => (None, collection(other)),
        [Value::Number(Number::Int(place)), other] => (Some(*place), collection(other)),
        _ => return Ok(Value::Null),
    };
    let Some(other) = other else {
        return Ok(Value::Null);
    };
    if !growable(list) {
        return Err(exception("cannot add to this list: its size is fixed"));
    }
    let place = place.map_or(Ok(list.len()), |place| at(place, list.len() + 1))?;
    work.budget.bytes(32 * other.len())?;
    work.budget.steps((list.len() - place) as u64 / 16)?;
    let added: Vec<Value> = other.iter().collect();
    for item in &added {
        link(&Value::List(list.clone()), item, work)?;
    }
    let any = !added.is_empty();
    list.change(|items| drop(items.splice(place..place, added)));
    Ok(any.into())
}

fn set(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [Value::Number(Number::Int(place)), item] if list.kind() != ListKind::View => {
            let place = at(*place, list.len())?;
            link(&Value::List(list.clone()), item, work)?;
            Ok(list.change(|items| std::mem::replace(&mut items[place], item.clone())))
        }
        _ => Ok(Value::Null),
    }
}

/// By index for an int, by value for anything else.
fn remove(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [what] = arguments else {
        return Ok(Value::Null);
    };
    if list.is_array() {
        return Err(exception("cannot remove from an array: its size is fixed"));
    }
    if let Value::Number(Number::Int(place)) = what
        && list.kind() != ListKind::View
    {
        let place = at(*place, list.len())?;
        work.budget.steps(list.len() as u64 / 16)?;
        return Ok(list.change(|items| items.remove(place)));
    }
    let found = position(list, what, work)?;
    if let Some(place) = found {
        list.change(|items| items.remove(place));
    }
    Ok(found.is_some().into())
}

fn remove_all(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    keep(list, arguments, work, false)
}

fn retain_all(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    keep(list, arguments, work, true)
}

/// Keeps the items that the other list has, or those that it has not.
fn keep(list: &List, arguments: &[Value], work: &mut Work, wanted: bool) -> MethodResult {
    let [other] = arguments else {
        return Ok(Value::Null);
    };
    let Some(other) = collection(other) else {
        return Ok(Value::Null);
    };
    let mut kept = Vec::new();
    for item in list.iter() {
        if position(other, &item, work)?.is_some() == wanted {
            kept.push(item);
        }
    }
    let changed = kept.len() != list.len();
    list.change(|items| *items = kept);
    Ok(changed.into())
}

fn clear(list: &List, arguments: &[Value], _: &mut Work) -> MethodResult {
    if arguments.is_empty() {
        list.change(Vec::clear);
    }
    Ok(Value::Null)
}

pub(super) fn contains(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [item] => Ok(position(list, item, work)?.is_some().into()),
        _ => Ok(Value::Null),
    }
}

pub(super) fn contains_all(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [other] = arguments else {
        return Ok(Value::Null);
    };
    let Some(other) = collection(other) else {
        return Ok(Value::Null);
    };
    for item in other.iter() {
        if position(list, &item, work)?.is_none() {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn index_of(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [item] if list.kind() != ListKind::View => {
            Ok(position(list, item, work)?.map_or(Value::int(-1), Value::size))
        }
        _ => Ok(Value::Null),
    }
}

fn last_index_of(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [item] = arguments else {
        return Ok(Value::Null);
    };
    work.budget.steps(list.len() as u64)?;
    for place in (0..list.len()).rev() {
        let Some(candidate) = list.get(place) else {
            continue;
        };
        if candidate.same(item, &mut work.budget)? {
            return Ok(Value::size(place));
        }
    }
    Ok(Value::int(-1))
}

/// A copy: unlike Java's, it does not write through to the list.
fn sub_list(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [
            Value::Number(Number::Int(from)),
            Value::Number(Number::Int(to)),
        ] if list.kind() != ListKind::View => {
            let to = at(*to, list.len() + 1)?;
            let from = at(*from, to + 1)?;
            let items = list.iter().take(to).skip(from).collect();
            let kind = if list.is_array() {
                list.kind()
            } else {
                ListKind::Plain
            };
            new_list(kind, items, work)
        }
        _ => Ok(Value::Null),
    }
}

/// An argument that Java calls a collection.
pub(super) fn collection(argument: &Value) -> Option<&List> {
    match argument {
        Value::List(list) if !list.is_array() => Some(list),
        _ => None,
    }
}

pub(super) fn to_array(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [] => new_list(ListKind::Array, list.iter().collect(), work),
        _ => Ok(Value::Null),
    }
}

/// `toJSONString()`, which lists from JSON have beyond Java's.
fn to_json_string(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [] if list.kind() == ListKind::Json => {
            new_text(Value::List(list.clone()).shown()?.as_ref(), work)
        }
        _ => Ok(Value::Null),
    }
}

fn growable(list: &List) -> bool {
    matches!(list.kind(), ListKind::Plain | ListKind::Json)
}

pub(super) fn position(
    list: &List,
    item: &Value,
    work: &mut Work,
) -> Result<Option<usize>, Thrown> {
    for (place, candidate) in list.iter().enumerate() {
        work.budget.step()?;
        if candidate.same(item, &mut work.budget)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// `place` as an index below `length`.
fn at(place: i32, length: usize) -> Result<usize, Thrown> {
    let index = usize::try_from(place).ok().filter(|&index| index < length);
    index.ok_or_else(|| out_of_range(i64::from(place), length))
}
