//! Door: read-only questions to the control planes of AWS services: what a stack, an API, a pipe or
//! a queue is there.
//!
//! A question that is throttled, or meets a service in trouble, is asked again after a pause; pages
//! are joined. What goes wrong is a [`Refusal`]: one line that names the action, and what to do.

mod cloudformation;
mod plane;
mod question;
mod refusal;
#[cfg(test)]
mod tests;
mod xml;

pub use cloudformation::{StackDescription, StackParameter, StackResource};
pub use plane::ControlPlane;
pub use question::Question;
pub use refusal::{Refusal, RefusalKind};
