//! The program of a pattern, which the machine runs.

mod compile;
mod instruction;
mod quantifier;

pub(super) use compile::{Program, TooLarge};
pub(super) use instruction::{Instruction, Loop};
