//! REST APIs and HTTP APIs as plain data: resources, methods, integrations, stages and domains,
//! with every template, path and pattern already parsed. Nothing here can be malformed; the readers
//! ([`crate::openapi`], [`crate::cloudformation`]) saw to that.

mod access;
mod access_log;
mod authorizer;
mod backend;
mod cache_key;
mod cors;
mod encoding;
mod expression;
mod gateway_response;
mod http_endpoint;
mod http_mapping;
mod method;
mod method_settings;
mod parameter_mapping;
mod payload_format;
mod policy;
mod resource;
mod service_body;
mod stage;
mod subtype;
mod usage;
mod validation;

pub use access::Access;
pub use access_log::{AccessLogFormat, FormatKind, FormatPiece};
pub use authorizer::{
    Authorizer, AuthorizerAnswer, AuthorizerEvent, AuthorizerKind, IdentitySource, Issuer,
    LambdaAuthorizer, TokenAuthorizer,
};
pub use backend::{Backend, Operation, ServiceUri};
pub use cache_key::{CacheKey, CacheKeyParameter};
pub use cors::Cors;
pub use encoding::{BinaryMediaTypes, ContentHandling, Encoding};
pub(crate) use expression::{ValueExpression, ValuePart};
pub use gateway_response::{
    GatewayResponse, GatewayResponses, ResponseType, SubstitutionTemplate, TemplatePart,
};
pub use http_endpoint::{CertificateCheck, Connection, HttpEndpoint, HttpMode};
pub use http_mapping::HttpMappings;
pub(crate) use http_mapping::{HttpMapping, MappingOperation, MappingSide, MappingTarget};
pub use method::{
    Integration, IntegrationIdentity, IntegrationResponse, Method, Passthrough, Templates,
};
pub use method_settings::{
    AskedMethod, LoggingLevel, MethodSetting, MethodSettings, UnauthorizedInvalidation,
};
pub(crate) use parameter_mapping::is_reserved;
pub use parameter_mapping::{MappingSource, ParameterLocation, RequestParameter};
pub use payload_format::PayloadFormat;
pub use policy::{
    Comparison, Condition, Effect, Names, Policy, Principals, Quantifier, Statement, Test,
};
pub(crate) use resource::Siblings;
pub use resource::{DEFAULT_ROUTE, Resource, Segment, Verb};
pub(crate) use service_body::ServiceBody;
pub use stage::{BasePathMapping, Canary, DefaultEndpoint, EndpointType, MutualTls, Stage};
pub(crate) use subtype::Subtype;
pub use usage::{
    ApiKey, ApiKeySource, KeyDigest, MethodThrottle, Period, PlanStage, Throttle, Usage, UsagePlan,
    UsageQuota,
};
pub use validation::{BodyModels, RequestChecks, RequiredLocation, RequiredParameter};

use indexmap::IndexMap;

/// Everything that one gateway serves.
#[derive(Debug, Default)]
pub struct Apis {
    /// In the order of the definitions. Where the host does not select an API, the first one that
    /// has a route answers.
    pub apis: Vec<Api>,
    /// Custom domains, by lower-case host name.
    pub domains: IndexMap<String, Vec<BasePathMapping>>,
    /// Domains whose clients need a certificate, by lower-case host name.
    pub mutual_tls: IndexMap<String, MutualTls>,
    /// API keys and usage plans.
    pub usage: Usage,
    /// `--stage`: the stage for requests whose host and path name none.
    pub default_stage: Option<String>,
}

/// The two sorts of APIs that answer HTTP requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiProtocol {
    /// A REST API, version 1.
    #[default]
    Rest,
    /// An HTTP API, version 2.
    Http,
}

/// One REST API or HTTP API.
#[derive(Debug, Default)]
pub struct Api {
    /// The API id, for example `a1b2c3d4e5`.
    pub id: String,
    /// The API's name, for logs.
    pub name: String,
    /// Whether it is a REST API or an HTTP API.
    pub protocol: ApiProtocol,
    /// Deployed stages; never empty.
    pub stages: Vec<Stage>,
    /// Whether the API answers at `{id}.execute-api.…`.
    pub endpoint: DefaultEndpoint,
    /// Who reaches the API on AWS.
    pub endpoint_type: EndpointType,
    /// Resources that have methods.
    pub resources: Vec<Resource>,
    /// How payloads are encoded.
    pub encoding: Encoding,
    /// What guards the whole API is not supported, in a definition that was read leniently: every
    /// request is answered with 500.
    pub is_closed: bool,
    /// How it customises the answers that API Gateway itself gives.
    pub gateway_responses: GatewayResponses,
    /// Where it takes API keys from.
    pub api_key_source: ApiKeySource,
    /// Which pages in browsers may call an HTTP API.
    pub cors: Option<Cors>,
    /// The resource policy: which callers may call which methods.
    pub policy: Option<Policy>,
}

impl Api {
    /// The stage with this name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }
}
