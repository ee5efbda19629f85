//! Properties and methods of `$foreach`: the current round of a loop.

use std::rc::Rc;

use super::table::{PLAIN, Table};
use super::work::{MethodResult, Work};
use crate::vtl::value::{Loop, Value};

/// Name, function and flags of each method: the getters of the properties.
pub(super) const METHODS: Table<Rc<Loop>> = &[
    ("getIndex", get_index, PLAIN),
    ("getCount", get_count, PLAIN),
    ("hasNext", has_next, PLAIN),
    ("getHasNext", has_next, PLAIN),
    ("isFirst", is_first, PLAIN),
    ("getFirst", is_first, PLAIN),
    ("isLast", is_last, PLAIN),
    ("getLast", is_last, PLAIN),
    ("getParent", get_parent, PLAIN),
    ("getTopmost", get_topmost, PLAIN),
    ("stop", stop, PLAIN),
];

/// The property `name`.
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

fn get_index(round: &Rc<Loop>, arguments: &[Value], _: &mut Work) -> MethodResult {
    getter(round, "index", arguments)
}

fn get_count(round: &Rc<Loop>, arguments: &[Value], _: &mut Work) -> MethodResult {
    getter(round, "count", arguments)
}

fn has_next(round: &Rc<Loop>, arguments: &[Value], _: &mut Work) -> MethodResult {
    getter(round, "hasNext", arguments)
}

fn is_first(round: &Rc<Loop>, arguments: &[Value], _: &mut Work) -> MethodResult {
    getter(round, "first", arguments)
}

fn is_last(round: &Rc<Loop>, arguments: &[Value], _: &mut Work) -> MethodResult {
    getter(round, "last", arguments)
}

fn get_parent(round: &Rc<Loop>, arguments: &[Value], _: &mut Work) -> MethodResult {
    getter(round, "parent", arguments)
}

fn get_topmost(round: &Rc<Loop>, arguments: &[Value], _: &mut Work) -> MethodResult {
    getter(round, "topmost", arguments)
}

/// Velocity's `stop()` ends the loop; here it renders nothing, and the loop goes on.
fn stop(_: &Rc<Loop>, _: &[Value], _: &mut Work) -> MethodResult {
    Ok(Value::Null)
}

fn getter(round: &Rc<Loop>, property: &str, arguments: &[Value]) -> MethodResult {
    Ok(if arguments.is_empty() {
        loop_property(round, property)
    } else {
        Value::Null
    })
}
