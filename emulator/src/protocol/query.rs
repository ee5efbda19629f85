//! The Query protocol: a form in, XML out, or JSON in the older rendering when `Accept` asks for
//! it, as API Gateway does. See `docs/aws/sqs.md#query-protocol`.
//!
//! A form is first turned into the members that AWS JSON has, and an answer is first written as AWS
//! JSON has it: so the actions know one form only, and this file holds all that is particular to
//! the older protocol.

mod form;
mod render;
mod tree;

pub use form::{Unreadable, read};
pub use render::{Rendering, answer, fault};

/// The namespace of every XML answer.
const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";
