//! The program of a pattern, which the machine runs.

mod compile;
mod instruction;
mod quantifier;

pub(super) use compile::{CompiledPattern, TooLarge};
pub(super) use instruction::{Instruction, Loop};
