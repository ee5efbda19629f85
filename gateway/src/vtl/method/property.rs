//! Properties of values, and their parts by index: reading and setting.

use super::call::{call, effort};
use super::foreach::loop_property;
use super::map::put;
use super::object::no_reflection;
use super::string;
use super::work::{MethodResult, Thrown, Work, exception, link, out_of_range};
use crate::vtl::number::Number;
use crate::vtl::value::{ListKind, Value};

/// The property `name` of a value that is no object of the host: a getter, a key of a map, or an
/// `is…` method.
pub(crate) fn property(receiver: &Value, name: &str) -> MethodResult {
    Ok(match (receiver, name) {
        (Value::Map(map), _) => match map.get_text(name) {
            Some(value) => value,
            None if name == "class" => receiver.class().map_or(Value::Null, Value::Class),
            None => Value::Null,
        },
        (Value::Entry(entry), "key") => entry.key().clone(),
        (Value::Entry(entry), "value") => entry.value(),
        (Value::Loop(round), _) => loop_property(round, name),
        (Value::Class(class), "name" | "getName") => class.0.into(),
        (Value::Class(class), "simpleName" | "getSimpleName") => class.simple().into(),
        (Value::Class(class), "toString") => format!("class {}", class.0).into(),
        (Value::Class(_), _) => return Err(no_reflection()),
        (Value::Text(text), "empty") => text.is_empty().into(),
        (Value::Text(text), "bytes") => string::bytes(text)?,
        (Value::List(list), "empty") => list.is_empty().into(),
        (_, "class") => receiver.class().map_or(Value::Null, Value::Class),
        _ => Value::Null,
    })
}

/// `receiver[index]`: a key of a map, a place in a list, a property otherwise.
pub(crate) fn index(receiver: &Value, index: &Value, work: &mut Work) -> MethodResult {
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
        (_, Value::Number(Number::Int(place @ ..0))) => Err(exception(format!(
            "index {place}: only a list or a map can be indexed from its end"
        ))),
        _ => call(receiver, "get", std::slice::from_ref(index), work),
    }
}

/// `#set(receiver[index] = value)`; false when the receiver cannot be assigned to by index.
pub(crate) fn set_index(
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
        (_, Value::Number(Number::Int(place @ ..0))) => Err(exception(format!(
            "index {place}: only a list or a map can be indexed from its end"
        ))),
        _ => Ok(false),
    }
}
