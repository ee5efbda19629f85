//! A YAML or JSON document as a tree in which every value knows its place.
//!
//! Definitions are read through this, so that an error can name file, line and column. JSON is read
//! as the YAML that it nearly is. Nothing here knows what a document means: tags such as `!Sub` are
//! kept for the reader above.

mod fields;
pub(crate) mod made;
mod node;
mod parse;
mod problem;
#[cfg(test)]
mod tests;

pub use fields::{Fields, Rule, Rules};
pub use node::{Entry, Node, Value};
pub use problem::{OrCollect, Place, Problem, Severity};
