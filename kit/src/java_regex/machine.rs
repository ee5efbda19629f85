//! The matcher: walks the program over the text, and goes back to the last choice when a step does
//! not fit.
//!
//! Choices lie on a stack of their own, so a long text cannot exhaust the thread's; every few steps
//! are paid for. Only parts that are tried for themselves (look-around, atomic groups) nest, as
//! deep as the pattern nests them.

mod anchor;
mod memory;
mod rounds;
mod state;
mod take;

pub(super) use state::{Machine, NOWHERE, Scratch};
