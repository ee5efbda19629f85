//! One method: the statuses of its method responses, and its integration.

use std::time::Duration;

use indexmap::IndexMap;
use kit::document::{Place, Problem};
use kit::java_regex::{Regex, Steps};

use super::access::Access;
use super::backend::Backend;
use super::cache_key::CacheKey;
use super::encoding::ContentHandling;
use super::http_mapping::HttpMappings;
use super::parameter_mapping::{MappingSource, RequestParameter};
use super::payload_format::PayloadFormat;
use super::service_body::ServiceBody;
use super::validation::RequestChecks;
use crate::vtl::Template;

/// Steps that matching one selection pattern may take; a pattern that needs more does not match.
/// Our choice.
const SELECTION_STEPS: u64 = 100_000;

/// One method of a resource.
#[derive(Debug, Default)]
pub struct Method {
    /// Who may call it.
    pub access: Access,
    /// The statuses of its method responses, of which an integration response must name one. Empty
    /// when they are not checked.
    pub statuses: Vec<u16>,
    /// Whether a request needs an API key.
    pub needs_api_key: bool,
    /// What is checked before the integration.
    pub checks: RequestChecks,
    /// The backend that is called, and how its reply is mapped.
    pub integration: Integration,
    /// Its mappings of what it does not declare, which API Gateway refuses.
    pub undeclared: Vec<Problem>,
}

/// The integration of a method. See `docs/aws/api-gateway.md#integration-request`.
#[derive(Debug)]
pub struct Integration {
    /// The backend.
    pub backend: Backend,
    /// As whom a service of AWS is called.
    pub identity: IntegrationIdentity,
    /// The parameters of the call: `docs/aws/api-gateway.md#parameter-mappings`.
    pub request_parameters: Vec<RequestParameter>,
    /// What an HTTP API changes of requests and responses.
    pub http_mappings: HttpMappings,
    /// The mapping templates by MIME type.
    pub request_templates: Templates,
    /// What becomes of a body that no template is for.
    pub passthrough: Passthrough,
    /// What becomes of the client's body before templates see it.
    pub content_handling: Option<ContentHandling>,
    /// The longest wait for the backend. AWS: 50 ms to 29 s, default 29 s.
    pub timeout: Duration,
    /// How replies become responses, in the order in which they are tried: patterns by status code,
    /// then the default.
    pub responses: Vec<IntegrationResponse>,
    /// The body of a call to a service by subtype.
    pub service_body: Option<ServiceBody>,
    /// In which form a function behind an HTTP API sees the request, and answers.
    pub payload_format: Option<PayloadFormat>,
    /// Where the definition declares it.
    pub place: Option<Place>,
    /// What tells cached responses apart.
    pub cache_key: CacheKey,
}

/// As whom an integration calls a service of AWS: `credentials`. See
/// `docs/aws/api-gateway.md#credentials`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum IntegrationIdentity {
    /// Nothing is said: as the gateway itself.
    #[default]
    Gateway,
    /// The ARN of a role that is assumed, which may hold `${stageVariables.name}`.
    Role(String),
    /// `arn:aws:iam::*:user/*`: as the caller, whom `AWS_IAM` has identified.
    Caller,
}

/// Mapping templates by MIME type in lower case. `None` under a type passes the body through.
#[derive(Debug, Default)]
pub struct Templates(pub IndexMap<String, Option<Template>>);

/// `passthroughBehavior`: `docs/aws/api-gateway.md#choosing-the-request-template`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Passthrough {
    /// A body without a template goes to the backend as it is. AWS's default.
    #[default]
    WhenNoMatch,
    /// A body without a template goes to the backend as it is if the method has no templates at
    /// all; otherwise the answer is 415.
    WhenNoTemplates,
    /// A body without a template is answered with 415.
    Never,
}

/// One integration response. See `docs/aws/api-gateway.md#integration-response`.
#[derive(Debug)]
pub struct IntegrationResponse {
    /// The selection pattern, which must match the reply's whole status; `None` for the default
    /// response.
    pub pattern: Option<Regex>,
    /// The status of the method response.
    pub status: u16,
    /// The headers of the method response, each with its source.
    pub headers: Vec<(String, MappingSource)>,
    /// Response templates by MIME type.
    pub templates: Templates,
    /// What becomes of the reply's body before templates see it.
    pub content_handling: Option<ContentHandling>,
}

impl Default for Integration {
    fn default() -> Integration {
        Integration::unsupported()
    }
}

impl Integration {
    /// An integration that is not supported.
    pub fn unsupported() -> Integration {
        Integration {
            backend: Backend::Unsupported,
            identity: IntegrationIdentity::default(),
            request_parameters: Vec::new(),
            http_mappings: HttpMappings::default(),
            request_templates: Templates::default(),
            passthrough: Passthrough::default(),
            content_handling: None,
            timeout: Duration::from_secs(29),
            responses: Vec::new(),
            service_body: None,
            payload_format: None,
            place: None,
            cache_key: CacheKey::default(),
        }
    }
}

impl Integration {
    /// The first integration response whose pattern matches `subject`: the status of a reply, or
    /// the error message of a function.
    pub fn response_for(&self, subject: &str) -> Option<&IntegrationResponse> {
        self.responses
            .iter()
            .find(|response| response.is_for(subject))
    }
}

impl IntegrationResponse {
    /// Whether its pattern matches `subject`; the default response is for everything.
    pub fn is_for(&self, subject: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| {
            let matched = pattern.matches(subject, &mut Steps(SELECTION_STEPS));
            matched.unwrap_or_default()
        })
    }
}

impl Templates {
    /// The entry for a media type: `None` when there is none.
    pub(crate) fn of(&self, media_type: &str) -> Option<&Option<Template>> {
        self.0.get(media_type)
    }
}
