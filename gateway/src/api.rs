//! REST APIs as plain data: resources, methods, integrations, stages and domains, with every
//! template, path and pattern already parsed. Nothing here can be malformed; the readers
//! ([`crate::openapi`], [`crate::resources`]) saw to that.

use std::time::Duration;

use indexmap::IndexMap;
use kit::java_regex::Regex;
use kit::jsonpath::JsonPath;

use crate::vtl::Template;

/// Everything that one gateway serves.
#[derive(Debug, Default)]
pub struct Apis {
    /// In the order of the definitions. The first that has a route wins where the host does not
    /// choose.
    pub apis: Vec<Api>,
    /// Custom domains, by lower-case host name.
    pub domains: IndexMap<String, Vec<BasePathMapping>>,
    /// The stage that answers when neither a domain nor the path selects one: `--stage`.
    pub default_stage: Option<String>,
}

/// One REST API.
#[derive(Debug)]
pub struct Api {
    /// The API id, for example `a1b2c3d4e5`.
    pub id: String,
    /// Its name, for logs.
    pub name: String,
    /// Deployed stages; never empty.
    pub stages: Vec<Stage>,
    /// Whether `{id}.execute-api.…` answers.
    pub endpoint: DefaultEndpoint,
    /// Resources that have methods.
    pub resources: Vec<Resource>,
}

/// The host that an API has without a custom domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DefaultEndpoint {
    /// It answers.
    #[default]
    Open,
    /// 403 `Forbidden`: `disableExecuteApiEndpoint`.
    Disabled,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name, the first part of the path on the default domain.
    pub name: String,
    /// `$context.deploymentId`.
    pub deployment_id: String,
    /// `$stageVariables`.
    pub variables: IndexMap<String, String>,
}

/// A base path of a custom domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePathMapping {
    /// Without slashes at its ends; empty for `(none)`, which catches everything.
    pub base_path: String,
    /// The API's id.
    pub api_id: String,
    /// The stage; `None` when the first part of the remaining path names it.
    pub stage: Option<String>,
}

/// A path with its methods.
#[derive(Debug)]
pub struct Resource {
    /// As declared: `/events/{proxy+}`.
    pub path: String,
    /// `$context.resourceId`.
    pub id: String,
    /// The path in parts.
    pub segments: Vec<Segment>,
    /// In the order of the definition; a verb of its own beats [`Verb::Any`].
    pub methods: Vec<(Verb, Method)>,
}

/// One part of a resource's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Matches itself.
    Literal(String),
    /// `{name}`: one part.
    Parameter(String),
    /// `{name+}`: all that is left, at least one part.
    Greedy(String),
}

/// The verb of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `ANY`: DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT.
    Any,
    /// One verb.
    One(http::Method),
}

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

/// A request parameter mapping: `integration.request.{place}.{name}` from a source.
#[derive(Debug)]
pub struct RequestParameter {
    /// Where it goes.
    pub place: ParameterPlace,
    /// Under which name.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
}

/// Where a mapped request parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterPlace {
    /// A header of the call.
    Header,
    /// The call's query string.
    QueryString,
    /// A `{name}` in the integration's URI.
    Path,
}

/// The right side of a parameter mapping, for requests and responses.
#[derive(Debug)]
pub enum Source {
    /// `method.request.path.N`
    Path(String),
    /// `method.request.querystring.N`: the last value.
    QueryString(String),
    /// `method.request.multivaluequerystring.N`
    MultiValueQueryString(String),
    /// `method.request.header.N`: the last value.
    Header(String),
    /// `method.request.multivalueheader.N`: joined with commas.
    MultiValueHeader(String),
    /// `method.request.body`, or a JSONPath below it.
    Body(Option<JsonPath>),
    /// `integration.response.header.N`
    ReplyHeader(String),
    /// `integration.response.multivalueheader.N`
    ReplyMultiValueHeader(String),
    /// `integration.response.body`, or a JSONPath below it.
    ReplyBody(Option<JsonPath>),
    /// `stageVariables.N`
    StageVariable(String),
    /// `context.a.b`, in parts.
    Context(Vec<String>),
    /// `'text'`
    Static(String),
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
    pub headers: Vec<(String, Source)>,
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

impl Api {
    /// The stage of that name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }
}

impl Resource {
    /// The method for a verb: its own, else `ANY`'s.
    pub fn method(&self, verb: &http::Method) -> Option<&Method> {
        let own = self
            .methods
            .iter()
            .find(|(declared, _)| *declared == Verb::One(verb.clone()));
        let any = || {
            self.methods
                .iter()
                .find(|(declared, _)| *declared == Verb::Any && in_any(verb))
        };
        own.or_else(any).map(|(_, method)| method)
    }
}

/// The verbs that `ANY` covers: `docs/aws/api-gateway.md#matching-a-resource`.
fn in_any(verb: &http::Method) -> bool {
    matches!(
        verb.as_str(),
        "DELETE" | "GET" | "HEAD" | "OPTIONS" | "PATCH" | "POST" | "PUT"
    )
}

impl Segment {
    /// Splits a declared path.
    ///
    /// # Errors
    /// The path breaks API Gateway's rules: it does not begin with a slash, a part is empty or half
    /// a parameter, or a greedy part is not the last.
    pub fn parse_path(path: &str) -> Result<Vec<Segment>, String> {
        let rest = path
            .strip_prefix('/')
            .ok_or_else(|| format!("path {path} does not begin with a slash"))?;
        if rest.is_empty() {
            return Ok(Vec::new());
        }
        let segments = rest
            .split('/')
            .map(Segment::parse)
            .collect::<Result<Vec<_>, _>>()?;
        match segments
            .iter()
            .position(|segment| matches!(segment, Segment::Greedy(_)))
        {
            Some(index) if index + 1 < segments.len() => {
                Err(format!("path {path}: only the last part may be greedy"))
            }
            _ => Ok(segments),
        }
    }

    fn parse(part: &str) -> Result<Segment, String> {
        let Some(inner) = part
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        else {
            return match part {
                "" => Err("a path has an empty part".to_owned()),
                _ if part.contains(['{', '}']) => Err(format!(
                    "a parameter must be a whole part of the path: {part}"
                )),
                _ => Ok(Segment::Literal(part.to_owned())),
            };
        };
        match inner.strip_suffix('+') {
            Some(name) if !name.is_empty() => Ok(Segment::Greedy(name.to_owned())),
            None if !inner.is_empty() => Ok(Segment::Parameter(inner.to_owned())),
            _ => Err(format!("a parameter has no name: {part}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_into_parts() {
        let segments = Segment::parse_path("/events/{id}/{proxy+}").unwrap();
        let expected = [
            Segment::Literal("events".into()),
            Segment::Parameter("id".into()),
            Segment::Greedy("proxy".into()),
        ];
        assert_eq!(segments, expected);
        assert_eq!(Segment::parse_path("/").unwrap(), []);
        for wrong in ["events", "/a//b", "/{a+}/b", "/x{a}", "/{}", "/{+}"] {
            assert!(Segment::parse_path(wrong).is_err(), "{wrong}");
        }
    }
}
