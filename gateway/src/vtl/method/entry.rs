//! Methods of a key and its value, from `entrySet()`.

use std::rc::Rc;

use super::super::value::{Entry, Value};
use super::{Outcome, Table, Work, link, put};

/// Name and function of each.
pub const METHODS: Table<Rc<Entry>> = &[
    ("getKey", get_key),
    ("getValue", get_value),
    ("setValue", set_value),
];

fn get_key(entry: &Rc<Entry>, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() {
        entry.key().clone()
    } else {
        Value::Null
    })
}

fn get_value(entry: &Rc<Entry>, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() {
        entry.value()
    } else {
        Value::Null
    })
}

/// Sets the value in the map, and returns the one before.
fn set_value(entry: &Rc<Entry>, arguments: &[Value], work: &mut Work) -> Outcome {
    let [value] = arguments else {
        return Ok(Value::Null);
    };
    put(entry.of(), entry.key().clone(), value.clone(), work)?;
    link(&Value::Entry(entry.clone()), value, work)?;
    let before = entry.value();
    entry.set(value.clone());
    Ok(before)
}
