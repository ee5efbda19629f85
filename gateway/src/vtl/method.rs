//! Methods and properties of values: one table for each kind of value, one row and one small
//! function for each method.
//!
//! A method that does not exist, or does not take these arguments, gives null, as in Velocity. One
//! that Java would let throw fails the rendering.
//!
//! A new method is a row in the table of its kind of value (`string.rs`, `list.rs`, `map.rs`,
//! `number.rs`, …); what else has to be known of it stands in the row, as flags (`table.rs`).

mod big;
mod call;
mod foreach;
mod iterator;
mod list;
mod map;
mod number;
mod object;
mod property;
mod string;
mod table;
mod view;
mod work;

pub(crate) use call::{all_names, call, takes_pattern};
pub(crate) use map::put;
pub(crate) use property::{index, property, set_index};
pub(crate) use string::read_pattern;
pub(crate) use work::{MethodResult, Thrown, Work};
