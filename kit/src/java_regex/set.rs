//! Sets of characters: `[a-z&&[^x]]`, `\d`, `\p{Lu}`.
//!
//! Worked out once, when the pattern is read, to sorted ranges. A code point that is half of a
//! surrogate pair can be named in a pattern (`[\uD800-\uDFFF]`), but never stands in a text: sets
//! leave these out.

pub(super) mod block;
mod class;
pub(super) mod property;

pub(super) use class::{Class, Set, folded, negated, of_codes, ranges, swap_case, union};
