//! The stages of an API, and the hosts and base paths that lead to them.

use indexmap::IndexMap;

use super::access_log::AccessLogFormat;
use super::method_settings::MethodSettings;

/// Whether an API answers at its default host, which it has without a custom domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DefaultEndpoint {
    /// The API answers there.
    #[default]
    Open,
    /// The answer is 403 `Forbidden`: `disableExecuteApiEndpoint`.
    Disabled,
}

impl DefaultEndpoint {
    /// This endpoint, disabled if another setting says so.
    pub(crate) fn or_disabled(self, is_disabled: bool) -> DefaultEndpoint {
        if is_disabled {
            DefaultEndpoint::Disabled
        } else {
            self
        }
    }
}

/// `EndpointConfiguration`: from where an API can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndpointType {
    /// From everywhere, through CloudFront. AWS's default.
    #[default]
    Edge,
    /// From everywhere.
    Regional,
    /// From the VPC endpoints that `--vpc-endpoint` describes.
    Private,
}

impl EndpointType {
    /// AWS's own word.
    pub fn as_str(self) -> &'static str {
        match self {
            EndpointType::Edge => "EDGE",
            EndpointType::Regional => "REGIONAL",
            EndpointType::Private => "PRIVATE",
        }
    }
}

/// One stage of an API.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stage {
    /// The stage's name, the first part of the path at the default host.
    pub name: String,
    /// `$context.deploymentId`.
    pub deployment_id: String,
    /// `$stageVariables`.
    pub variables: IndexMap<String, String>,
    /// `MethodSettings`: what holds for its methods.
    pub methods: MethodSettings,
    /// `CacheClusterEnabled`: whether methods may have a cache.
    pub has_cache: bool,
    /// The format in `AccessLogSetting`.
    pub access_log: Option<AccessLogFormat>,
    /// `ClientCertificateId`: by which certificate HTTP endpoints know the gateway.
    pub client_certificate: Option<String>,
    /// `CanarySetting`.
    pub canary: Option<Canary>,
    /// `TracingEnabled`.
    pub is_traced: bool,
    /// What guards the stage is not supported, in a definition that was read leniently: every
    /// request is answered with 500.
    pub is_closed: bool,
}

/// `CanarySetting` of a stage: a part of its traffic meets another deployment. See
/// `docs/aws/api-gateway.md#canary`.
#[derive(Debug, Clone, PartialEq)]
pub struct Canary {
    /// `PercentTraffic`: the share of requests, 0 to 100.
    pub percent: f64,
    /// The stage as those requests see it: with the canary's deployment id, and
    /// `StageVariableOverrides` over the stage's variables.
    pub stage: Box<Stage>,
    /// `UseStageCache`: whether those requests share the stage's cache.
    pub uses_stage_cache: bool,
}

impl Canary {
    /// The stage for a request that drew this number between 0 and 100; `None` for the stage's own
    /// deployment.
    pub fn chosen_by(&self, draw: f64) -> Option<&Stage> {
        (draw < self.percent).then_some(&*self.stage)
    }
}

/// A base path of a custom domain, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePathMapping {
    /// The base path without slashes at its ends; empty for `(none)`, which matches every path.
    pub base_path: String,
    /// The API's id.
    pub api_id: String,
    /// The stage; `None` when the first part of the remaining path names it.
    pub stage: Option<String>,
}

/// The `MutualTlsAuthentication` of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MutualTls {
    /// `TruststoreUri`: the authorities whose clients are trusted.
    pub truststore: String,
    /// The file and line of the declaration.
    pub place: String,
}
