//! Methods of maps.

use std::rc::Rc;

use super::super::value::{Key, List, Map, Value};
use super::{Outcome, Table, Work, put};

/// Name and function of each.
pub const METHODS: Table<Map> = &[
    ("get", get),
    ("getOrDefault", get_or_default),
    ("put", put_one),
    ("putAll", put_all),
    ("putIfAbsent", put_if_absent),
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

fn get(map: &Map, arguments: &[Value], _: &mut Work) -> Outcome {
    match arguments {
        [key] => Ok(map.get(key).unwrap_or(Value::Null)),
        _ => Ok(Value::Null),
    }
}

fn get_or_default(map: &Map, arguments: &[Value], _: &mut Work) -> Outcome {
    match arguments {
        [key, default] => Ok(map.get(key).unwrap_or_else(|| default.clone())),
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
    let [Value::Map(other)] = arguments else { return Ok(Value::Null) };
    let entries: Vec<_> = other.entries().iter().map(|(key, value)| (key.0.clone(), value.clone())).collect();
    for (key, value) in entries {
        put(map, key, value, work)?;
    }
    Ok(Value::Null)
}

fn put_if_absent(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    let [key, value] = arguments else { return Ok(Value::Null) };
    match map.get(key) {
        Some(present) if !present.is_null() => Ok(present),
        _ => put(map, key.clone(), value.clone(), work),
    }
}

fn remove(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    let [key] = arguments else { return Ok(Value::Null) };
    work.budget.steps(map.entries().len() as u64 / 16)?;
    Ok(map.remove(key).unwrap_or(Value::Null))
}

fn clear(map: &Map, arguments: &[Value], _: &mut Work) -> Outcome {
    if arguments.is_empty() {
        map.clear();
    }
    Ok(Value::Null)
}

fn contains_key(map: &Map, arguments: &[Value], _: &mut Work) -> Outcome {
    match arguments {
        [key] => Ok(map.get(key).is_some().into()),
        _ => Ok(Value::Null),
    }
}

fn contains_value(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    let [value] = arguments else { return Ok(Value::Null) };
    for candidate in map.entries().values() {
        work.budget.step()?;
        if candidate.same(value, &mut work.budget)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn key_set(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [] => view(map, map.entries().keys().map(|key| key.0.clone()).collect(), work),
        _ => Ok(Value::Null),
    }
}

fn values(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [] => view(map, map.entries().values().cloned().collect(), work),
        _ => Ok(Value::Null),
    }
}

fn entry_set(map: &Map, arguments: &[Value], work: &mut Work) -> Outcome {
    if !arguments.is_empty() {
        return Ok(Value::Null);
    }
    let entry = |(key, value): (&Key, &Value)| Value::Entry(Rc::new((key.0.clone(), value.clone())));
    let entries: Vec<Value> = map.entries().iter().map(entry).collect();
    work.budget.bytes(64 * entries.len())?;
    view(map, entries, work)
}

fn view(map: &Map, items: Vec<Value>, work: &mut Work) -> Outcome {
    work.budget.bytes(48 + 32 * items.len())?;
    Ok(Value::List(List::view(map, items)?))
}

fn size(map: &Map, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() { Value::size(map.entries().len()) } else { Value::Null })
}

fn is_empty(map: &Map, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() { map.entries().is_empty().into() } else { Value::Null })
}
