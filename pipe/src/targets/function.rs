//! A Lambda function: `Invoke`, with the batch as its payload. Pure.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use kit::call::Reply;
use percent_encoding::utf8_percent_encode;

use super::endpoint::SEGMENT;
use super::invocation_type::InvocationType;
use super::refusal::Refusal;
use super::service::{ServiceEndpoint, ServiceRequest};
use kit::arn::Arn;

/// The longest payload of a synchronous invocation.
const LONGEST: usize = 6 * 1024 * 1024;

/// The longest payload of an asynchronous invocation, as other implementations have it.
const LONGEST_EVENT: usize = 256 * 1024;

/// A function, or the version or alias of it that the ARN names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    site: ServiceEndpoint,
    path: String,
    invocation: InvocationType,
}

impl Function {
    /// The function with this ARN.
    ///
    /// # Errors
    /// The ARN is not that of a function.
    pub(crate) fn new(arn: &Arn<'_>, invocation: InvocationType) -> Result<Function, String> {
        if arn
            .resource
            .strip_prefix("function:")
            .is_none_or(str::is_empty)
        {
            return Err(format!("{} is not the ARN of a function", arn.text));
        }
        let path = format!(
            "/2015-03-31/functions/{}/invocations",
            utf8_percent_encode(arn.text, SEGMENT)
        );
        Ok(Function {
            site: ServiceEndpoint::new(arn, "lambda", "lambda")?,
            path,
            invocation,
        })
    }

    pub(super) fn longest(&self) -> usize {
        match self.invocation {
            InvocationType::RequestResponse => LONGEST,
            InvocationType::FireAndForget => LONGEST_EVENT,
        }
    }

    pub(super) fn request(&self, payload: String) -> ServiceRequest {
        let kind = match self.invocation {
            InvocationType::RequestResponse => "RequestResponse",
            InvocationType::FireAndForget => "Event",
        };
        let header = (
            HeaderName::from_static("x-amz-invocation-type"),
            HeaderValue::from_static(kind),
        );
        self.site.rest(&self.path, header, payload)
    }

    /// The payload of an answer. The payload of a function that failed is not logged.
    pub(super) fn read(&self, reply: &Reply, who: &str) -> Result<Bytes, Refusal> {
        match reply.headers.get("x-amz-function-error") {
            Some(_) => Err(Refusal::of_batch(format!("{who}: the function failed"))),
            None => Ok(reply.body.clone()),
        }
    }
}
