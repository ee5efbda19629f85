//! The Query protocol: a form in, XML out, or JSON in the older rendering when `Accept` asks for
//! it, as API Gateway does. See `docs/aws/sqs.md#query-protocol`.
//!
//! A form is first turned into the members that AWS JSON has, and an answer is first written as AWS
//! JSON has it: so the actions know one form only, and this file holds all that is particular to
//! the older protocol.

mod elements;
mod form;
mod older_json;
mod render;
mod rendering;
mod tree;
mod xml;

pub(crate) use form::{FormError, read};
pub(crate) use render::{fault, output};
pub(crate) use rendering::Rendering;
