//! The integration response: what came back from a method's backend, and how it becomes the
//! method response.
//!
//! Pure, up to the reports for the operator. See `docs/aws/api-gateway.md#integration-response`.

mod body;
mod changes;
mod function;
mod function_result;
mod headers;
mod http_function_result;
mod passed_on;
mod receive;
mod respond;
mod sqs_answer;

pub(crate) use receive::{Received, of_call, of_http, of_message};
pub(crate) use respond::respond;
pub(crate) use sqs_answer::{Answer, NoAnswer, SendMessageResult, SqsAnswer, SqsError};
