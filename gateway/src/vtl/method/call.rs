//! Calls of methods: which table a value has, and what every call pays.

use super::table::{EDITS, REJECTS_NULL, TAKES_PATTERN, Table, find, names};
use super::work::{MethodResult, Work, exception};
use super::{big, foreach, iterator, list, map, number, object, string, view};
use crate::vtl::number::Number;
use crate::vtl::value::{List, ListKind, Value};

/// Calls `name` on a value that is no object of the host. A method that does not exist gives null.
pub(crate) fn call(
    receiver: &Value,
    name: &str,
    arguments: &[Value],
    work: &mut Work,
) -> MethodResult {
    let call = MethodCall {
        name,
        arguments,
        effort: effort(receiver) + arguments.iter().map(effort).sum::<u64>(),
    };
    let result = match receiver {
        Value::Text(text) => call.on(text, string::METHODS, work),
        Value::List(list) => call.on(list, of_list(list), work),
        Value::Map(map) => call.on(map, map::METHODS, work),
        Value::Number(number) => call
            .on(number, number::METHODS, work)
            .or_else(|| call.on(number, big::METHODS, work)),
        Value::Bool(bool) => call.on(bool, object::OF_BOOLEANS, work),
        Value::Entry(entry) => call.on(entry, map::OF_ENTRIES, work),
        Value::Loop(round) => call.on(round, foreach::METHODS, work),
        Value::Class(class) => {
            let result = call.on(class, object::OF_CLASSES, work);
            return result.unwrap_or_else(|| Err(object::no_reflection()));
        }
        Value::Null | Value::Block(_) | Value::Object(_) => None,
    };
    result
        .or_else(|| call.on(receiver, object::METHODS, work))
        .unwrap_or(Ok(Value::Null))
}

/// The names of the methods of all kinds of values.
pub(crate) fn all_names() -> impl Iterator<Item = &'static str> {
    names(string::METHODS)
        .chain(names(list::METHODS))
        .chain(names(view::METHODS))
        .chain(names(iterator::METHODS))
        .chain(names(map::METHODS))
        .chain(names(map::OF_ENTRIES))
        .chain(names(number::METHODS))
        .chain(names(big::METHODS))
        .chain(names(object::OF_BOOLEANS))
        .chain(names(object::METHODS))
        .chain(names(object::OF_CLASSES))
        .chain(names(foreach::METHODS))
}

/// Whether the first argument of the method is a regular expression. Only strings have such
/// methods.
pub(crate) fn takes_pattern(name: &str) -> bool {
    find(string::METHODS, name).is_some_and(|(.., flags)| flags & TAKES_PATTERN != 0)
}

/// The methods of a kind of list.
fn of_list(list: &List) -> Table<List> {
    match list.kind() {
        ListKind::Iterator => iterator::METHODS,
        _ if list.viewed().is_some() => view::METHODS,
        _ => list::METHODS,
    }
}

/// A call, before the table of the receiver is known.
struct MethodCall<'c> {
    name: &'c str,
    arguments: &'c [Value],
    /// Steps that every method takes for this receiver and these arguments.
    effort: u64,
}

impl MethodCall<'_> {
    /// Calls the method of this table; [`None`] when the table has none of this name.
    fn on<R>(&self, receiver: &R, table: Table<R>, work: &mut Work) -> Option<MethodResult> {
        let (name, method, flags) = find(table, self.name)?;
        let has_null = self.arguments.iter().take(2).any(Value::is_null);
        if flags & REJECTS_NULL != 0 && has_null {
            return Some(Err(exception(format!("an argument of `{name}` is null"))));
        }
        if let Err(exceeded) = work.budget.steps(self.effort) {
            return Some(Err(exceeded.into()));
        }
        work.edits += u64::from(flags & EDITS != 0);
        Some(method(receiver, self.arguments, work))
    }
}

/// Reading an argument takes time too: a long text, or a number of many digits.
pub(super) fn effort(argument: &Value) -> u64 {
    match argument {
        Value::Text(text) => text.len() as u64 / 256,
        Value::Number(Number::Big(_) | Number::Decimal(_)) => 500,
        _ => 0,
    }
}
