//! Definition files: which ones a program was given, with which parameters, and what they declare.
//!
//! The content of a file decides its kind. What a resource means is left to the program that runs
//! it.

mod args;
mod asked_values;
mod declarations;
mod deployed_names;
mod error;
mod files;
mod forms;
mod include;
mod not_run;
mod secrets;
mod stack_names;
#[cfg(test)]
mod tests;

pub use args::{BUILT_IN, BUILT_IN_NAME, DefinitionArgs};
pub use declarations::{Declarations, LeftOut, Sources};
pub use error::LoadError;
pub use forms::{QUEUE_SETTINGS, template_of};
pub use secrets::SecretArgs;
