//! The values of a template, and when they count as true or equal.
//!
//! Lists and maps are shared, as in Java: a change through one variable shows in every other that
//! holds the same list. A value knows nothing of templates; an object of the host (`$input`, say)
//! is only a number here, and `eval` asks the host about it.

mod data;
mod depth;
mod equal;
mod json;
mod key;
mod list;
mod map;
mod print;

pub(crate) use data::{
    Class, Key, List, ListKind, Loop, Map, MapEntry, MapKind, MapPart, Object, Value,
};
pub(crate) use equal::hash_code;
pub(crate) use json::write_json;
