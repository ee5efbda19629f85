//! Numbers as Java keeps them: int, long, big integer, double, big decimal; and Velocity's
//! arithmetic between them.
//!
//! Integers stay integers and grow when they overflow; one double makes the result a double; a big
//! decimal (a JSON number with many digits) stays exact. Division by zero has no result. Printing
//! is Java's: `1.0`, `1.0E21`.

mod arithmetic;
mod decimal;
mod java;

pub(super) use arithmetic::Arithmetic;
pub(super) use java::{Number, java_double};
