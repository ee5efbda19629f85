//! Methods and properties of values: one table for each kind of value, one small function for each method.
//!
//! A method that does not exist, or not for these arguments, gives nothing, as in Velocity. One that Java would let
//! throw fails the rendering.

use std::rc::Rc;
use std::sync::Arc;

use super::limits::{Budget, Exceeded};
use super::number::Number;
use super::regex::Pattern;
use super::value::{Class, List, ListKind, Loop, Map, MapKind, Value, hash_code};

mod format;
mod list;
mod map;
mod number;
mod string;

/// What a method may spend, and what outlives it.
#[derive(Debug, Default)]
pub struct Work {
    /// Steps and bytes left.
    pub budget: Budget,
    /// Lists and maps into which others were put: they may hold one another, and are emptied after the rendering.
    pub linked: Vec<Value>,
    /// Regular expressions that were read.
    pub patterns: Vec<(Arc<str>, Rc<Pattern>)>,
    /// How often a list or map was changed, so that the host notices.
    pub edits: u64,
}

/// Why a method has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thrown {
    /// What Java would throw, in words.
    Exception(String),
    /// A bound of the rendering.
    Exceeded(Exceeded),
}

impl From<Exceeded> for Thrown {
    fn from(exceeded: Exceeded) -> Thrown {
        Thrown::Exceeded(exceeded)
    }
}

/// What a method returns; nothing when there is none for these arguments.
pub type Outcome = Result<Value, Thrown>;

type Method<R> = fn(&R, &[Value], &mut Work) -> Outcome;
type Table<R> = &'static [(&'static str, Method<R>)];

fn exception(message: impl Into<String>) -> Thrown {
    Thrown::Exception(message.into())
}

/// Methods that take an object apart, and throw when there is none.
const NEEDS_SOMETHING: [&str; 21] = [
    "contains",
    "startsWith",
    "endsWith",
    "indexOf",
    "lastIndexOf",
    "concat",
    "compareTo",
    "compareToIgnoreCase",
    "contentEquals",
    "matches",
    "split",
    "replace",
    "replaceAll",
    "replaceFirst",
    "join",
    "addAll",
    "removeAll",
    "retainAll",
    "containsAll",
    "putAll",
    "parseDouble",
];

/// Methods that change a list or map.
const EDITS: [&str; 11] =
    ["add", "addAll", "set", "remove", "removeAll", "retainAll", "clear", "put", "putAll", "putIfAbsent", "next"];

/// Calls `name` on a value that is no object of the host.
pub fn call(receiver: &Value, name: &str, arguments: &[Value], work: &mut Work) -> Outcome {
    let nothing = matches!(arguments.first(), Some(Value::Null)) || matches!(arguments.get(1), Some(Value::Null));
    if nothing && !is_indifferent(receiver, name) {
        return Err(exception(format!("`{name}` was given nothing")));
    }
    for argument in arguments {
        work.budget.steps(long_text(argument))?;
    }
    work.edits += u64::from(receiver.is_container() && EDITS.contains(&name));
    let found = match receiver {
        Value::Text(text) => find(string::METHODS, name).map(|method| method(text, arguments, work)),
        Value::List(list) if list.kind() == ListKind::Iterator => {
            find(list::ITERATOR, name).map(|method| method(list, arguments, work))
        }
        Value::List(list) => find(list::METHODS, name).map(|method| method(list, arguments, work)),
        Value::Map(map) => find(map::METHODS, name).map(|method| method(map, arguments, work)),
        Value::Number(number) => find(number::METHODS, name).map(|method| method(number, arguments, work)),
        Value::Entry(entry) => match (name, arguments) {
            ("getKey", []) => Some(Ok(entry.0.clone())),
            ("getValue", []) => Some(Ok(entry.1.clone())),
            _ => None,
        },
        Value::Loop(round) => loop_method(round, name, arguments),
        Value::Class(class) => return class_method(*class, name, arguments),
        Value::Null | Value::Bool(_) | Value::Block(_) | Value::Object(_) => None,
    };
    match found {
        Some(outcome) => outcome,
        None => of_every_object(receiver, name, arguments, work),
    }
}

/// Reading an argument takes time too.
fn long_text(argument: &Value) -> u64 {
    match argument {
        Value::Text(text) => text.len() as u64 / 256,
        _ => 0,
    }
}

/// Whether a method takes nothing for an answer: lists look for it, maps have it as a key, and most methods do not
/// exist for it.
fn is_indifferent(receiver: &Value, name: &str) -> bool {
    let looks = matches!(receiver, Value::List(_)) && matches!(name, "contains" | "indexOf" | "lastIndexOf");
    let has = match receiver {
        Value::Text(_) => find(string::METHODS, name).is_some(),
        Value::List(_) => find(list::METHODS, name).is_some(),
        Value::Map(_) => find(map::METHODS, name).is_some(),
        Value::Number(_) => find(number::METHODS, name).is_some(),
        _ => false,
    };
    looks || !has || !NEEDS_SOMETHING.contains(&name)
}

fn find<R>(table: Table<R>, name: &str) -> Option<Method<R>> {
    table.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
}

/// What `java.lang.Object` has.
fn of_every_object(receiver: &Value, name: &str, arguments: &[Value], work: &mut Work) -> Outcome {
    Ok(match (name, arguments) {
        ("toString", []) => return new_text(receiver.shown()?.as_ref(), work),
        ("equals", [other]) => receiver.same(other, &mut work.budget)?.into(),
        ("hashCode", []) => Value::int(hash_code(receiver, &mut work.budget)?),
        ("getClass", []) => receiver.class().map_or(Value::Null, Value::Class),
        ("compareTo", [Value::Bool(other)]) => match receiver {
            Value::Bool(bool) => Value::int(bool.cmp(other) as i32),
            _ => Value::Null,
        },
        ("booleanValue", []) if matches!(receiver, Value::Bool(_)) => receiver.clone(),
        _ => Value::Null,
    })
}

fn loop_method(round: &Rc<Loop>, name: &str, arguments: &[Value]) -> Option<Outcome> {
    match (name, arguments) {
        ("hasNext", []) | ("isFirst", []) | ("isLast", []) => {
            let property = name.trim_start_matches("is").to_ascii_lowercase();
            Some(Ok(loop_property(round, if name == "hasNext" { name } else { &property })))
        }
        _ => {
            let property = name.strip_prefix("get").filter(|_| arguments.is_empty())?;
            Some(Ok(loop_property(round, &property.to_ascii_lowercase())))
        }
    }
}

fn class_method(class: Class, name: &str, arguments: &[Value]) -> Outcome {
    match (name, arguments) {
        ("getName", []) => Ok(class.0.into()),
        ("getSimpleName", []) => Ok(class.simple().into()),
        ("toString", []) => Ok(format!("class {}", class.0).into()),
        _ => Err(exception("reflection is switched off: a class has a name and nothing else")),
    }
}

/// The property `name` of a value that is no object of the host: a getter, a key of a map, or an `is…` method.
pub fn property(receiver: &Value, name: &str) -> Outcome {
    Ok(match (receiver, name) {
        (Value::Map(map), _) => match map.get_text(name) {
            Some(value) => value,
            None if name == "class" => receiver.class().map_or(Value::Null, Value::Class),
            None => Value::Null,
        },
        (Value::Entry(entry), "key") => entry.0.clone(),
        (Value::Entry(entry), "value") => entry.1.clone(),
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

fn loop_property(round: &Rc<Loop>, name: &str) -> Value {
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
    work.budget.steps(long_text(index))?;
    match (receiver, index) {
        (Value::List(list), Value::Number(Number::Int(place))) if list.kind() != ListKind::View => {
            let place = if *place < 0 { i64::from(*place) + list.len() as i64 } else { i64::from(*place) };
            let item = usize::try_from(place).ok().and_then(|place| list.get(place));
            item.ok_or_else(|| out_of_range(place, list.len()))
        }
        // A negative index counts from the end, says Velocity: in a map too, which has a size.
        (Value::Map(map), Value::Number(Number::Int(place @ ..0))) => {
            let place = i64::from(*place) + map.entries().len() as i64;
            Ok(map.get(&Value::Number(Number::fitting(place))).unwrap_or(Value::Null))
        }
        (Value::Map(map), key) => Ok(map.get(key).unwrap_or(Value::Null)),
        (Value::List(_), _) => call(receiver, "get", std::slice::from_ref(index), work),
        (_, Value::Number(Number::Int(place @ ..0))) => Err(exception(format!("index {place} of what has no size"))),
        _ => call(receiver, "get", std::slice::from_ref(index), work),
    }
}

/// `#set(receiver[index] = value)`; false when it cannot be.
pub fn set_index(receiver: &Value, index: &Value, value: Value, work: &mut Work) -> Result<bool, Thrown> {
    work.edits += 1;
    match (receiver, index) {
        (Value::List(list), Value::Number(Number::Int(place))) if list.kind() != ListKind::View => {
            let length = list.len();
            let at = if *place < 0 { i64::from(*place) + length as i64 } else { i64::from(*place) };
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
        (_, Value::Number(Number::Int(place @ ..0))) => Err(exception(format!("index {place} of what has no size"))),
        _ => Ok(false),
    }
}

/// Sets a key of a map. One that can be set only once must not have it yet.
pub fn put(map: &Map, key: Value, value: Value, work: &mut Work) -> Outcome {
    let once = matches!(map.kind(), MapKind::Once | MapKind::SilentOnce);
    if once && !value.is_container() && map.get(&key).is_some() {
        return Err(exception(format!("`{}` is overridden already, and an override is final", key.shown()?)));
    }
    work.edits += 1;
    work.budget.bytes(64)?;
    link(&Value::Map(map.clone()), &value, work)?;
    Ok(map.put(key, value).unwrap_or(Value::Null))
}

/// Remembers a container into which another is put.
fn link(container: &Value, item: &Value, work: &mut Work) -> Result<(), Exceeded> {
    if item.is_container() {
        work.budget.bytes(32)?;
        work.linked.push(container.clone());
    }
    Ok(())
}

fn out_of_range(place: i64, length: usize) -> Thrown {
    exception(format!("index {place} is out of range: the list has {length} items"))
}

/// A new list, paid for.
fn new_list(kind: ListKind, items: Vec<Value>, work: &mut Work) -> Outcome {
    work.budget.bytes(48 + 32 * items.len())?;
    Ok(Value::List(List::new(kind, items)?))
}

/// A new string, paid for.
fn new_text(text: impl Into<Arc<str>>, work: &mut Work) -> Outcome {
    let text: Arc<str> = text.into();
    work.budget.bytes(16 + text.len())?;
    Ok(Value::Text(text))
}

/// Names of the methods of a value, for suggestions.
pub fn names(receiver: &Value) -> Vec<&'static str> {
    fn of<R>(table: Table<R>) -> Vec<&'static str> {
        table.iter().map(|(name, _)| *name).collect()
    }
    match receiver {
        Value::Text(_) => of(string::METHODS),
        Value::List(_) => of(list::METHODS),
        Value::Map(_) => of(map::METHODS),
        Value::Number(_) => of(number::METHODS),
        _ => Vec::new(),
    }
}
