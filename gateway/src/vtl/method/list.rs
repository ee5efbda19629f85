//! Methods of lists, of arrays, and of what `keySet()` and its like return.

use super::super::number::Number;
use super::super::value::{List, ListKind, Value};
use super::{Outcome, Table, Thrown, Work, exception, link, new_list, out_of_range};

/// What an iterator knows.
pub const ITERATOR: Table<List> = &[("hasNext", has_next), ("next", next)];
/// Name and function of each.
pub const METHODS: Table<List> = &[
    ("size", size),
    ("isEmpty", is_empty),
    ("get", get),
    ("add", add),
    ("addAll", add_all),
    ("set", set),
    ("remove", remove),
    ("removeAll", remove_all),
    ("retainAll", retain_all),
    ("clear", clear),
    ("contains", contains),
    ("containsAll", contains_all),
    ("indexOf", index_of),
    ("lastIndexOf", last_index_of),
    ("subList", sub_list),
    ("iterator", iterator),
    ("toArray", to_array),
];

fn size(list: &List, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() { Value::size(list.len()) } else { Value::Null })
}

fn is_empty(list: &List, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() { list.is_empty().into() } else { Value::Null })
}

fn get(list: &List, arguments: &[Value], _: &mut Work) -> Outcome {
    match arguments {
        [Value::Number(Number::Int(place))] if list.kind() != ListKind::View => {
            Ok(list.items()[at(*place, list.len())?].clone())
        }
        _ => Ok(Value::Null),
    }
}

fn add(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    if !growable(list) {
        return Err(exception("this list cannot grow"));
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

fn add_all(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    let Some(other) = collection(arguments) else { return Ok(Value::Null) };
    if !growable(list) {
        return Err(exception("this list cannot grow"));
    }
    let added = other.items().clone();
    work.budget.bytes(32 * added.len())?;
    for item in &added {
        link(&Value::List(list.clone()), item, work)?;
    }
    let any = !added.is_empty();
    list.change(|items| items.extend(added));
    Ok(any.into())
}

fn set(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
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
fn remove(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    let [what] = arguments else { return Ok(Value::Null) };
    if list.is_array() {
        return Err(exception("an array cannot shrink"));
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

fn remove_all(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    keep(list, arguments, work, false)
}

fn retain_all(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    keep(list, arguments, work, true)
}

/// Keeps the items that the other list has, or those that it has not.
fn keep(list: &List, arguments: &[Value], work: &mut Work, wanted: bool) -> Outcome {
    let Some(other) = collection(arguments) else { return Ok(Value::Null) };
    let before = list.items().clone();
    let mut kept = Vec::new();
    for item in &before {
        if position(other, item, work)?.is_some() == wanted {
            kept.push(item.clone());
        }
    }
    let changed = kept.len() != before.len();
    list.change(|items| *items = kept);
    Ok(changed.into())
}

fn clear(list: &List, arguments: &[Value], _: &mut Work) -> Outcome {
    if arguments.is_empty() {
        list.change(Vec::clear);
    }
    Ok(Value::Null)
}

fn contains(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [item] => Ok(position(list, item, work)?.is_some().into()),
        _ => Ok(Value::Null),
    }
}

fn contains_all(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    let Some(other) = collection(arguments) else { return Ok(Value::Null) };
    let items = other.items().clone();
    for item in &items {
        if position(list, item, work)?.is_none() {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn index_of(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [item] if list.kind() != ListKind::View => Ok(position(list, item, work)?.map_or(Value::int(-1), Value::size)),
        _ => Ok(Value::Null),
    }
}

fn last_index_of(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    let [item] = arguments else { return Ok(Value::Null) };
    work.budget.steps(list.len() as u64)?;
    for (place, candidate) in list.items().iter().enumerate().rev() {
        if candidate.same(item, &mut work.budget)? {
            return Ok(Value::size(place));
        }
    }
    Ok(Value::int(-1))
}

/// A copy: unlike Java's, it does not write through to the list.
fn sub_list(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [Value::Number(Number::Int(from)), Value::Number(Number::Int(to))] if list.kind() != ListKind::View => {
            let to = at(*to, list.len() + 1)?;
            let from = at(*from, to + 1)?;
            let items = list.items()[from..to].to_vec();
            let kind = if list.is_array() { list.kind() } else { ListKind::Plain };
            new_list(kind, items, work)
        }
        _ => Ok(Value::Null),
    }
}

/// The items from here on, which `next()` takes one by one.
fn iterator(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [] => new_list(ListKind::Iterator, list.items().clone(), work),
        _ => Ok(Value::Null),
    }
}

fn has_next(list: &List, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() { (!list.is_empty()).into() } else { Value::Null })
}

fn next(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    if !arguments.is_empty() {
        return Ok(Value::Null);
    }
    work.budget.steps(list.len() as u64 / 16)?;
    let first = list.change(|items| if items.is_empty() { None } else { Some(items.remove(0)) });
    first.ok_or_else(|| exception("the iterator has no next item"))
}

/// The one argument, if it is a list that Java calls a collection.
fn collection(arguments: &[Value]) -> Option<&List> {
    match arguments {
        [Value::List(list)] if !list.is_array() => Some(list),
        _ => None,
    }
}

fn to_array(list: &List, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [] => new_list(ListKind::Array, list.items().clone(), work),
        _ => Ok(Value::Null),
    }
}

fn growable(list: &List) -> bool {
    matches!(list.kind(), ListKind::Plain | ListKind::Json)
}

fn position(list: &List, item: &Value, work: &mut Work) -> Result<Option<usize>, Thrown> {
    for (place, candidate) in list.items().iter().enumerate() {
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
