//! SendMessage as API Gateway plans it: recognised in a [`Call`](kit::call::Call), and its outcome
//! written as the reply that SQS gives.
//!
//! Both protocols are known: Query (a form, or parameters in the URL) answered in the JSON
//! rendering that API Gateway asks for, and AWS JSON 1.0. Whatever is out of the ordinary is not
//! recognised, and goes to SQS as it is: then SQS itself is the judge of it. See
//! `docs/aws/api-gateway.md#sqs-behind-an-aws-integration`, `docs/aws/sqs.md#json-protocol`,
//! `docs/aws/sqs.md#query-protocol` and `docs/aws/sqs.md#errors`.

mod message;
mod read;
mod reply;
#[cfg(test)]
mod tests;

pub use message::{Attribute, AttributeValue, Protocol, SendMessage};
pub use reply::{Outcome, Refusal, Sent, names_its_request};
