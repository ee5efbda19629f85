//! Iterators: what `iterator()` returns, and what is left of it.

use super::table::{EDITS, PLAIN, Table};
use super::work::{MethodResult, Work, exception, new_list};
use crate::vtl::value::{List, ListKind, Value};

/// Name, function and flags of each method.
pub(super) const METHODS: Table<List> = &[("hasNext", has_next, PLAIN), ("next", next, EDITS)];

/// The items of a list as they are now, the next one last: taking it is one step.
pub(super) fn of(list: &List, arguments: &[Value], work: &mut Work) -> MethodResult {
    if !arguments.is_empty() {
        return Ok(Value::Null);
    }
    let mut items: Vec<Value> = list.iter().collect();
    items.reverse();
    new_list(ListKind::Iterator, items, work)
}

fn has_next(list: &List, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        (!list.is_empty()).into()
    } else {
        Value::Null
    })
}

fn next(list: &List, arguments: &[Value], _: &mut Work) -> MethodResult {
    if !arguments.is_empty() {
        return Ok(Value::Null);
    }
    list.change(Vec::pop)
        .ok_or_else(|| exception("the iterator has no next item"))
}
