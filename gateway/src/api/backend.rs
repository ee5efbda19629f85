//! What an integration calls.

use super::http_endpoint::HttpEndpoint;

/// The backend of an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// A service of AWS: `AWS` integrations.
    Aws(ServiceUri),
    /// A service of AWS, called with the parameters of a subtype: `AWS_PROXY` integrations of HTTP
    /// APIs.
    Subtype(ServiceUri),
    /// A Lambda function that gets the whole request as its event: `AWS_PROXY` integrations.
    LambdaProxy(ServiceUri),
    /// `HTTP` and `HTTP_PROXY` integrations.
    Http(HttpEndpoint),
    /// `MOCK` integrations: nothing is called, the request template's `statusCode` is the reply.
    Mock,
    /// A service of AWS that is not there, in a definition that was read leniently. Every request
    /// is answered with 502.
    Absent(String),
    /// A backend that is not supported, in a definition that was read leniently. Every request is
    /// answered with 500; it must not fall through to a greedy resource.
    Unsupported,
}

/// The URI of an `AWS` integration:
/// `arn:aws:apigateway:{region}:{subdomain.}{service}:{path|action}/{rest}`. See
/// `docs/aws/api-gateway.md#integration-uri`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUri {
    /// The service's region, which need not be the API's.
    pub region: String,
    /// The service's name: `sqs`.
    pub service: String,
    /// The part of the host in front of the service's name.
    pub subdomain: Option<String>,
    /// The operation that is called.
    pub operation: Operation,
    /// The method of the call; `None` for the client's own (`ANY`).
    pub method: Option<http::Method>,
}

impl ServiceUri {
    /// Whether this invokes a Lambda function.
    pub fn is_function(&self) -> bool {
        self.service == "lambda"
            && matches!(&self.operation, Operation::Path(path) if path.starts_with("/2015-03-31/functions/"))
    }

    /// Account and name of the queue in the path of the integration, unless a request can change
    /// them.
    pub fn queue(&self) -> Option<(&str, &str)> {
        let Operation::Path(path) = &self.operation else {
            return None;
        };
        let (account, name) = path.strip_prefix('/')?.split_once('/')?;
        let is_fixed = self.service == "sqs" && !path.contains('{') && !name.contains('/');
        is_fixed.then_some((account, name))
    }
}

/// The part of a service URI behind the service, with `{name}` and `${stageVariables.name}` still
/// in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `path/…`: the path of the request, with its leading slash.
    Path(String),
    /// `action/Name&more`: the action, and further query text.
    Action {
        /// Query parameter `Action`.
        name: String,
        /// Query text that follows, without its leading `&`.
        query: String,
    },
}
