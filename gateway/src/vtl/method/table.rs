//! The form of a table of methods: one row for each method, which says everything about it.

use super::work::{MethodResult, Work};
use crate::vtl::value::Value;

/// The methods of one kind of value.
pub(super) type Table<R> = &'static [Row<R>];
/// A method: its name, its function and its flags ([`PLAIN`] for none).
pub(super) type Row<R> = (&'static str, MethodFn<R>, Flags);
/// What a method does with its receiver and arguments. Arguments that it does not take give null,
/// as a method that does not exist does.
pub(super) type MethodFn<R> = fn(&R, &[Value], &mut Work) -> MethodResult;
/// [`EDITS`], [`REJECTS_NULL`] and [`TAKES_PATTERN`], joined by `|`.
pub(super) type Flags = u8;

/// No flag.
pub(super) const PLAIN: Flags = 0;
/// The method changes the list, map or entry that it is called on: the host has to notice.
pub(super) const EDITS: Flags = 1;
/// Java throws when one of the first two arguments is null.
pub(super) const REJECTS_NULL: Flags = 2;
/// The first argument is a regular expression, which can be checked before it is used.
pub(super) const TAKES_PATTERN: Flags = 4;

/// The row of the method `name`.
pub(super) fn find<R>(table: Table<R>, name: &str) -> Option<&'static Row<R>> {
    table.iter().find(|(known, ..)| *known == name)
}

/// The names of all methods in a table.
pub(super) fn names<R>(table: Table<R>) -> impl Iterator<Item = &'static str> {
    table.iter().map(|(name, ..)| *name)
}
