//! Methods of maps.

use super::super::value::{List, Map, Shown, Value};
use super::{Outcome, Table, Thrown, Work, put};

/// Name and function of each.
pub const METHODS: Table<Map> = &[
    ("get", get),
    ("getOrDefault", get_or_default),
    ("put", put_one),
    ("putAll", put_all),
    ("putIfAbsent", put_if_absent),
    ("replace", replace),
    ("remove", remove),
    ("clear", clear),
    ("containsKey", contains_key),
    ("containsValue", contains_value),
    ("keySet", key_set),
    ("values", values),
    ("entrySet", entry_set),
    ("size", size),
    ("isEmpty", is_empty),
];

fn get(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [key] => Ok(map.get(key, &mut work.budget)?.unwrap_or(Value::Null)),
        _ => Ok(Value::Null),
    }
}

fn get_or_default(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [key, default] => Ok(map
            .get(key, &mut work.budget)?
            .unwrap_or_else(|| default.clone())),
        _ => Ok(Value::Null),
    }
}

fn put_one(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [key, value] => put(map, key.clone(), value.clone(), work),
        _ => Ok(Value::Null),
    }
}

fn put_all(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
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

fn put_if_absent(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    let [key, value] = arguments else {
        return Ok(Value::Null);
    };
    match map.get(key, &mut work.budget)? {
        Some(present) if !present.is_null() => Ok(present),
        _ => put(map, key.clone(), value.clone(), work),
    }
}

/// `replace(key, value)`, `replace(key, old, new)`: of keys that are there.
fn replace(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
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
fn remove(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
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

fn clear(map: &Map, arguments: &[Value], _: &mut Work) -> Outcome {
    if arguments.is_empty() {
        map.clear();
    }
    Ok(Value::Null)
}

fn contains_key(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [key] => Ok(map.get(key, &mut work.budget)?.is_some().into()),
        _ => Ok(Value::Null),
    }
}

fn contains_value(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
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

fn key_set(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    view(map, Shown::Keys, arguments, work)
}

fn values(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    view(map, Shown::Values, arguments, work)
}

fn entry_set(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    view(map, Shown::Entries, arguments, work)
}

fn view(map: &Map, shown: Shown, arguments: &[Value], work: &mut Work) -> Outcome {
    if !arguments.is_empty() {
        return Ok(Value::Null);
    }
    work.budget.bytes(80)?;
    Ok(Value::List(List::view(map, shown)?))
}

fn size(map: &Map, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() {
        Value::size(map.len())
    } else {
        Value::Null
    })
}

fn is_empty(map: &Map, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() {
        map.is_empty().into()
    } else {
        Value::Null
    })
}
