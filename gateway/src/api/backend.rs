//! What an integration calls.

/// Where calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// A service of AWS: `AWS` integrations.
    Aws(ServiceUri),
    /// Nobody; the request template's `statusCode` is the reply.
    Mock,
    /// Something that is not called here, in a definition that was read leniently. Every request is
    /// answered with a 500: it must not fall through to a greedy resource that would take it.
    Unsupported,
}

/// `arn:aws:apigateway:{region}:{subdomain.}{service}:{path|action}/{rest}`. See
/// `docs/aws/api-gateway.md#integration-uri`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUri {
    /// The region in the ARN, not that of the API.
    pub region: String,
    /// `sqs`.
    pub service: String,
    /// What stands before the service's name in the host.
    pub subdomain: Option<String>,
    /// What is called at the service.
    pub operation: Operation,
    /// The method towards the service; `None` for `ANY`, the client's.
    pub method: Option<http::Method>,
}

impl ServiceUri {
    /// Account and name of the queue that the path of the integration names, when nothing of a
    /// request changes it.
    pub fn queue(&self) -> Option<(&str, &str)> {
        let Operation::Path(path) = &self.operation else {
            return None;
        };
        let (account, name) = path.strip_prefix('/')?.split_once('/')?;
        let is_fixed = self.service == "sqs" && !path.contains('{') && !name.contains('/');
        is_fixed.then_some((account, name))
    }
}

/// The part of a service URI after the service. `{name}` and `${stageVariables.name}` are still in
/// it.
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
