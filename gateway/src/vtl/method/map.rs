//! Methods of maps, and of the entries that `entrySet()` shows.

use std::rc::Rc;

use super::table::{EDITS, PLAIN, REJECTS_NULL, Table};
use super::work::{MethodResult, Thrown, Work, exception, link};
use crate::vtl::value::{List, Map, MapEntry, MapKind, MapPart, Value};

/// Name, function and flags of each method.
pub(super) const METHODS: Table<Map> = &[
    ("get", get, PLAIN),
    ("getOrDefault", get_or_default, PLAIN),
    ("put", put_one, EDITS),
    ("putAll", put_all, EDITS | REJECTS_NULL),
    ("putIfAbsent", put_if_absent, EDITS),
    ("replace", replace, EDITS),
    ("remove", remove, EDITS),
    ("clear", clear, EDITS),
    ("containsKey", contains_key, PLAIN),
    ("containsValue", contains_value, PLAIN),
    ("keySet", key_set, PLAIN),
    ("values", values, PLAIN),
    ("entrySet", entry_set, PLAIN),
    ("size", size, PLAIN),
    ("isEmpty", is_empty, PLAIN),
];

fn get(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [key] => Ok(map.get(key, &mut work.budget)?.unwrap_or(Value::Null)),
        _ => Ok(Value::Null),
    }
}

fn get_or_default(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [key, default] => Ok(map
            .get(key, &mut work.budget)?
            .unwrap_or_else(|| default.clone())),
        _ => Ok(Value::Null),
    }
}

fn put_one(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [key, value] => put(map, key.clone(), value.clone(), work),
        _ => Ok(Value::Null),
    }
}

fn put_all(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [Value::Map(other)] = arguments else {
        return Ok(Value::Null);
    };
    let entries: Vec<_> = other
        .entries()
        .iter()
        .map(|(key, value)| (key.0.clone(), value.clone()))
        .collect();
    for (key, value) in entries {
        put(map, key, value, work)?;
    }
    Ok(Value::Null)
}

fn put_if_absent(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [key, value] = arguments else {
        return Ok(Value::Null);
    };
    match map.get(key, &mut work.budget)? {
        Some(present) if !present.is_null() => Ok(present),
        _ => put(map, key.clone(), value.clone(), work),
    }
}

/// `replace(key, value)`, `replace(key, old, new)`: of keys that are there.
fn replace(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [key, value] => match map.get(key, &mut work.budget)? {
            Some(_) => put(map, key.clone(), value.clone(), work),
            None => Ok(Value::Null),
        },
        [key, old, new] => {
            let held = holds(map, key, old, work)?;
            if held {
                put(map, key.clone(), new.clone(), work)?;
            }
            Ok(held.into())
        }
        _ => Ok(Value::Null),
    }
}

/// `remove(key)`, `remove(key, value)`.
fn remove(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [key] => Ok(map.remove(key, &mut work.budget)?.unwrap_or(Value::Null)),
        [key, value] => {
            let held = holds(map, key, value, work)?;
            if held {
                map.remove(key, &mut work.budget)?;
            }
            Ok(held.into())
        }
        _ => Ok(Value::Null),
    }
}

fn holds(map: &Map, key: &Value, value: &Value, work: &mut Work) -> Result<bool, Thrown> {
    match map.get(key, &mut work.budget)? {
        Some(held) => Ok(held.same(value, &mut work.budget)?),
        None => Ok(false),
    }
}

fn clear(map: &Map, arguments: &[Value], _: &mut Work) -> MethodResult {
    if arguments.is_empty() {
        map.clear();
    }
    Ok(Value::Null)
}

fn contains_key(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [key] => Ok(map.get(key, &mut work.budget)?.is_some().into()),
        _ => Ok(Value::Null),
    }
}

fn contains_value(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [value] = arguments else {
        return Ok(Value::Null);
    };
    for candidate in map.entries().values() {
        work.budget.step()?;
        if candidate.same(value, &mut work.budget)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn key_set(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    view(map, MapPart::Keys, arguments, work)
}

fn values(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    view(map, MapPart::Values, arguments, work)
}

fn entry_set(map: &Map, arguments: &[Value], work: &mut Work) -> MethodResult {
    view(map, MapPart::Entries, arguments, work)
}

fn view(map: &Map, part: MapPart, arguments: &[Value], work: &mut Work) -> MethodResult {
    if !arguments.is_empty() {
        return Ok(Value::Null);
    }
    work.budget.bytes(80)?;
    Ok(Value::List(List::view(map, part)?))
}

fn size(map: &Map, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        Value::size(map.len())
    } else {
        Value::Null
    })
}

fn is_empty(map: &Map, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        map.is_empty().into()
    } else {
        Value::Null
    })
}

/// Sets a key of a map. One that can be set only once must not have it yet.
pub(crate) fn put(map: &Map, key: Value, value: Value, work: &mut Work) -> MethodResult {
    let once = matches!(map.kind(), MapKind::Once | MapKind::SilentOnce);
    if once && !value.is_container() && map.get(&key, &mut work.budget)?.is_some() {
        return Err(exception(format!(
            "`{}` is overridden already, and an override is final",
            key.shown()?
        )));
    }
    work.edits += 1;
    work.budget.bytes(64)?;
    work.budget.steps(2)?;
    link(&Value::Map(map.clone()), &key, work)?;
    link(&Value::Map(map.clone()), &value, work)?;
    Ok(map
        .put(key, value, &mut work.budget)?
        .unwrap_or(Value::Null))
}

/// Name, function and flags of each method of an entry.
pub(super) const OF_ENTRIES: Table<Rc<MapEntry>> = &[
    ("getKey", get_key, PLAIN),
    ("getValue", get_value, PLAIN),
    ("setValue", set_value, EDITS),
];

fn get_key(entry: &Rc<MapEntry>, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        entry.key().clone()
    } else {
        Value::Null
    })
}

fn get_value(entry: &Rc<MapEntry>, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        entry.value()
    } else {
        Value::Null
    })
}

/// Sets the value in the map, and returns the one before.
fn set_value(entry: &Rc<MapEntry>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [value] = arguments else {
        return Ok(Value::Null);
    };
    put(entry.map(), entry.key().clone(), value.clone(), work)?;
    link(&Value::Entry(entry.clone()), value, work)?;
    let before = entry.value();
    entry.set(value.clone());
    Ok(before)
}
