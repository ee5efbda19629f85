//! One method: the statuses of its method responses, and its integration.

use std::time::Duration;

use indexmap::IndexMap;
use kit::java_regex::Regex;

use super::backend::Backend;
use super::parameter_mapping::{MappingSource, RequestParameter};
use crate::vtl::Template;

/// One method of a resource.
#[derive(Debug)]
pub struct Method {
    /// Statuses that the method may answer; integration responses choose among them. Empty: not
    /// checked.
    pub statuses: Vec<u16>,
    /// What is called, and how its reply is mapped.
    pub integration: Integration,
}

/// What a method calls. See `docs/aws/api-gateway.md#integration-request`.
#[derive(Debug)]
pub struct Integration {
    /// The backend.
    pub backend: Backend,
    /// What the backend gets from where: `docs/aws/api-gateway.md#parameter-mappings`.
    pub request_parameters: Vec<RequestParameter>,
    /// The mapping templates by MIME type.
    pub request_templates: Templates,
    /// What happens to a body that no template is for.
    pub passthrough: Passthrough,
    /// The backend's deadline. AWS: 50 ms to 29 s, default 29 s.
    pub timeout: Duration,
    /// How replies become responses, in the order in which they are tried: patterns by status code,
    /// then the default.
    pub responses: Vec<IntegrationResponse>,
}

/// Templates by MIME type, lower case. `None` under a type means: pass the body through.
#[derive(Debug, Default)]
pub struct Templates(pub IndexMap<String, Option<Template>>);

/// `passthroughBehavior`: `docs/aws/api-gateway.md#choosing-the-request-template`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Passthrough {
    /// A body without a template goes to the backend as it is. AWS's default.
    #[default]
    WhenNoMatch,
    /// The same, but only where the method has no templates at all.
    WhenNoTemplates,
    /// 415 instead.
    Never,
}

/// One integration response. See `docs/aws/api-gateway.md#integration-response`.
#[derive(Debug)]
pub struct IntegrationResponse {
    /// Matched whole against the reply's status; `None` is the default response.
    pub pattern: Option<Regex>,
    /// The status of the answer.
    pub status: u16,
    /// `method.response.header.N` from a source.
    pub headers: Vec<(String, MappingSource)>,
    /// Response templates by MIME type.
    pub templates: Templates,
}

impl Integration {
    /// An integration that cannot be called here.
    pub fn unsupported() -> Integration {
        Integration {
            backend: Backend::Unsupported,
            request_parameters: Vec::new(),
            request_templates: Templates::default(),
            passthrough: Passthrough::default(),
            timeout: Duration::from_secs(29),
            responses: Vec::new(),
        }
    }
}

impl Templates {
    /// The entry for a media type: `None` when there is none.
    pub(crate) fn of(&self, media_type: &str) -> Option<&Option<Template>> {
        self.0.get(media_type)
    }
}
