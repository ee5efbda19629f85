//! Properties of values, and their parts by index: reading and setting.

use std::rc::Rc;

use super::super::limits::Exceeded;
use super::super::number::Number;
use super::super::value::{ListKind, Loop, Map, MapKind, Value};
use super::{Outcome, Thrown, Work, call, class_method, effort, exception, out_of_range, string};

/// The property `name` of a value that is no object of the host: a getter, a key of a map, or an
/// `is…` method.
pub fn property(receiver: &Value, name: &str) -> Outcome {
    Ok(match (receiver, name) {
        (Value::Map(map), _) => match map.get_text(name) {
            Some(value) => value,
            None if name == "class" => receiver.class().map_or(Value::Null, Value::Class),
            None => Value::Null,
        },
        (Value::Entry(entry), "key") => entry.key().clone(),
        (Value::Entry(entry), "value") => entry.value(),
        (Value::Loop(round), _) => loop_property(round, name),
        (Value::Class(class), "name") => class.0.into(),
        (Value::Class(class), "simpleName") => class.simple().into(),
        (Value::Class(class), _) => return class_method(*class, name, &[]),
        (Value::Text(text), "empty") => text.is_empty().into(),
        (Value::Text(text), "bytes") => string::bytes(text)?,
        (Value::List(list), "empty") => list.is_empty().into(),
        (_, "class") => receiver.class().map_or(Value::Null, Value::Class),
        _ => Value::Null,
    })
}

pub(super) fn loop_property(round: &Rc<Loop>, name: &str) -> Value {
    let count = round.count.get();
    match name {
        "index" => Value::size(count.saturating_sub(1)),
        "count" => Value::size(count),
        "hasNext" | "hasnext" => round.has_next.get().into(),
        "first" => (count == 1).into(),
        "last" => (!round.has_next.get()).into(),
        "parent" => round.parent.clone().map_or(Value::Null, Value::Loop),
        "topmost" => {
            let mut top = round;
            while let Some(parent) = &top.parent {
                top = parent;
            }
            Value::Loop(top.clone())
        }
        _ => Value::Null,
    }
}

/// `receiver[index]`: a key of a map, a place in a list, a property otherwise.
pub fn index(receiver: &Value, index: &Value, work: &mut Work) -> Outcome {
    work.budget.steps(effort(index))?;
    match (receiver, index) {
        (Value::List(list), Value::Number(Number::Int(place))) if list.kind() != ListKind::View => {
            let place = if *place < 0 {
                i64::from(*place) + list.len() as i64
            } else {
                i64::from(*place)
            };
            let item = usize::try_from(place)
                .ok()
                .and_then(|place| list.get(place));
            item.ok_or_else(|| out_of_range(place, list.len()))
        }
        // A negative index counts from the end, says Velocity: in a map too, which has a size.
        (Value::Map(map), Value::Number(Number::Int(place @ ..0))) => {
            let place = i64::from(*place) + map.len() as i64;
            Ok(map
                .get(&Value::Number(Number::fitting(place)), &mut work.budget)?
                .unwrap_or(Value::Null))
        }
        (Value::Map(map), key) => Ok(map.get(key, &mut work.budget)?.unwrap_or(Value::Null)),
        (Value::List(_), _) => call(receiver, "get", std::slice::from_ref(index), work),
        (_, Value::Number(Number::Int(place @ ..0))) => {
            Err(exception(format!("index {place} of what has no size")))
        }
        _ => call(receiver, "get", std::slice::from_ref(index), work),
    }
}

/// `#set(receiver[index] = value)`; false when it cannot be.
pub fn set_index(
    receiver: &Value,
    index: &Value,
    value: Value,
    work: &mut Work,
) -> Result<bool, Thrown> {
    work.edits += 1;
    match (receiver, index) {
        (Value::List(list), Value::Number(Number::Int(place))) if list.kind() != ListKind::View => {
            let length = list.len();
            let at = if *place < 0 {
                i64::from(*place) + length as i64
            } else {
                i64::from(*place)
            };
            let at = usize::try_from(at).ok().filter(|&at| at < length);
            let at = at.ok_or_else(|| out_of_range(i64::from(*place), length))?;
            link(receiver, &value, work)?;
            list.change(|items| items[at] = value);
            Ok(true)
        }
        (Value::Map(map), key) => {
            put(map, key.clone(), value, work)?;
            Ok(true)
        }
        (Value::List(_), _) => Ok(false),
        (_, Value::Number(Number::Int(place @ ..0))) => {
            Err(exception(format!("index {place} of what has no size")))
        }
        _ => Ok(false),
    }
}

/// Sets a key of a map. One that can be set only once must not have it yet.
pub fn put(map: &Map, key: Value, value: Value, work: &mut Work) -> Outcome {
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

/// Remembers a container into which another is put.
pub(super) fn link(container: &Value, item: &Value, work: &mut Work) -> Result<(), Exceeded> {
    if item.is_container() {
        work.budget.bytes(32)?;
        work.linked.push(container.clone());
    }
    Ok(())
}
