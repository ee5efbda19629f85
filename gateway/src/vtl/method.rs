//! Methods and properties of values: one table for each kind of value, one small function for each
//! method.
//!
//! A method that does not exist, or not for these arguments, gives nothing, as in Velocity. One
//! that Java would let throw fails the rendering.

use std::rc::Rc;
use std::sync::Arc;

use kit::counted::counted;
use kit::java_regex::Regex;

use super::limits::{Budget, Exceeded};
use super::number::Number;
use super::value::{Class, List, ListKind, Loop, Value, hash_code};

mod big;
mod boolean;
mod entry;
mod format;
mod iterator;
mod list;
mod map;
mod number;
mod pattern;
mod property;
mod string;
mod view;

pub use pattern::read as read_pattern;
pub use property::{index, property, put, set_index};

use property::{link, loop_property};

/// What a method may spend, and what outlives it.
#[derive(Debug, Default)]
pub struct Work {
    /// Steps and bytes left.
    pub budget: Budget,
    /// Lists and maps into which others were put: they may hold one another, and are emptied after
    /// the rendering.
    pub linked: Vec<Value>,
    /// Regular expressions that were read.
    pub patterns: Vec<(Arc<str>, Rc<Regex>)>,
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
const EDITS: [&str; 13] = [
    "add",
    "addAll",
    "set",
    "setValue",
    "remove",
    "removeAll",
    "replace",
    "retainAll",
    "clear",
    "put",
    "putAll",
    "putIfAbsent",
    "next",
];

/// Calls `name` on a value that is no object of the host.
pub fn call(receiver: &Value, name: &str, arguments: &[Value], work: &mut Work) -> Outcome {
    let nothing = matches!(arguments.first(), Some(Value::Null))
        || matches!(arguments.get(1), Some(Value::Null));
    if nothing && !is_indifferent(receiver, name) {
        return Err(exception(format!("`{name}` was given nothing")));
    }
    for argument in arguments {
        work.budget.steps(effort(argument))?;
    }
    work.budget.steps(effort(receiver))?;
    work.edits += u64::from(receiver.is_container() && EDITS.contains(&name));
    let found = match receiver {
        Value::Text(text) => {
            find(string::METHODS, name).map(|method| method(text, arguments, work))
        }
        Value::List(list) => find(of_list(list), name).map(|method| method(list, arguments, work)),
        Value::Map(map) => find(map::METHODS, name).map(|method| method(map, arguments, work)),
        Value::Number(number) => {
            let method = find(number::METHODS, name).or_else(|| find(big::METHODS, name));
            method.map(|method| method(number, arguments, work))
        }
        Value::Bool(bool) => {
            find(boolean::METHODS, name).map(|method| method(bool, arguments, work))
        }
        Value::Entry(entry) => {
            find(entry::METHODS, name).map(|method| method(entry, arguments, work))
        }
        Value::Loop(round) => loop_method(round, name, arguments),
        Value::Class(class) => return class_method(*class, name, arguments),
        Value::Null | Value::Block(_) | Value::Object(_) => None,
    };
    match found {
        Some(outcome) => outcome,
        None => of_every_object(receiver, name, arguments, work),
    }
}

/// The methods of a kind of list.
fn of_list(list: &List) -> Table<List> {
    match list.kind() {
        ListKind::Iterator => iterator::METHODS,
        _ if list.of().is_some() => view::METHODS,
        _ => list::METHODS,
    }
}

/// Reading an argument takes time too: a long text, or a number of many digits.
fn effort(argument: &Value) -> u64 {
    match argument {
        Value::Text(text) => text.len() as u64 / 256,
        Value::Number(Number::Big(_) | Number::Decimal(_)) => 500,
        _ => 0,
    }
}

/// Whether a method takes nothing for an answer: lists look for it, maps have it as a key, and most
/// methods do not exist for it.
fn is_indifferent(receiver: &Value, name: &str) -> bool {
    let looks = match receiver {
        Value::List(_) => matches!(name, "contains" | "indexOf" | "lastIndexOf"),
        Value::Map(_) => name == "replace",
        _ => false,
    };
    let has = match receiver {
        Value::Text(_) => find(string::METHODS, name).is_some(),
        Value::List(list) => find(of_list(list), name).is_some(),
        Value::Map(_) => find(map::METHODS, name).is_some(),
        Value::Number(_) => find(number::METHODS, name).is_some(),
        _ => false,
    };
    looks || !has || !NEEDS_SOMETHING.contains(&name)
}

fn find<R>(table: Table<R>, name: &str) -> Option<Method<R>> {
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, method)| *method)
}

/// What `java.lang.Object` has.
fn of_every_object(receiver: &Value, name: &str, arguments: &[Value], work: &mut Work) -> Outcome {
    Ok(match (name, arguments) {
        ("toString", []) => return new_text(receiver.shown()?.as_ref(), work),
        ("equals", [other]) => receiver.same(other, &mut work.budget)?.into(),
        ("hashCode", []) => Value::int(hash_code(receiver, &mut work.budget)?),
        ("getClass", []) => receiver.class().map_or(Value::Null, Value::Class),
        _ => Value::Null,
    })
}

fn loop_method(round: &Rc<Loop>, name: &str, arguments: &[Value]) -> Option<Outcome> {
    match (name, arguments) {
        ("hasNext", []) | ("isFirst", []) | ("isLast", []) => {
            let property = name.trim_start_matches("is").to_ascii_lowercase();
            Some(Ok(loop_property(
                round,
                if name == "hasNext" { name } else { &property },
            )))
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
        _ => Err(exception(
            "reflection is switched off: a class has a name and nothing else",
        )),
    }
}

fn out_of_range(place: i64, length: usize) -> Thrown {
    exception(format!(
        "index {place} is out of range: the list has {}",
        counted(length, "item")
    ))
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

/// Methods of every kind of value, and those that every object has.
pub fn all_names() -> impl Iterator<Item = &'static str> {
    fn of<R>(table: Table<R>) -> impl Iterator<Item = &'static str> {
        table.iter().map(|(name, _)| *name)
    }
    let everywhere = [
        "toString",
        "equals",
        "hashCode",
        "getClass",
        "getName",
        "getSimpleName",
    ];
    let of_loops = ["getIndex", "getCount", "isFirst", "isLast", "stop"];
    of(string::METHODS)
        .chain(of(list::METHODS))
        .chain(of(iterator::METHODS))
        .chain(of(map::METHODS))
        .chain(of(entry::METHODS))
        .chain(of(number::METHODS))
        .chain(of(big::METHODS))
        .chain(of(boolean::METHODS))
        .chain(everywhere)
        .chain(of_loops)
}

/// Whether any kind of value has a method of this name.
pub fn is_known(name: &str) -> bool {
    all_names().any(|known| known == name)
}
