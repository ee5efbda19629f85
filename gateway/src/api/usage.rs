//! API keys, usage plans and throttles. See `docs/aws/api-gateway.md#api-keys-and-usage-plans` and
//! `docs/aws/api-gateway.md#throttling`.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Where an API takes a request's API key from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiKeySource {
    /// The header `x-api-key`.
    #[default]
    Header,
    /// `usageIdentifierKey` of the authorizer's answer.
    Authorizer,
}

/// Every API key and usage plan of a definition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// The keys.
    pub keys: Vec<ApiKey>,
    /// The plans, which say where keys are good for.
    pub plans: Vec<UsagePlan>,
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// `$context.identity.apiKeyId`.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// Its value; `None` when the definition leaves it to be generated.
    pub value: Option<KeyDigest>,
    /// Whether it is good at all.
    pub is_enabled: bool,
}

/// The digest of a key's value. The value itself is not kept, so that nothing can show it; and a
/// value is looked up by its digest, so that how long that takes says nothing about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// The digest of a value.
    pub fn of(value: &str) -> KeyDigest {
        KeyDigest(Sha256::digest(value.as_bytes()).into())
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(…)")
    }
}

/// A usage plan: the stages that its keys are good for, and how often.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsagePlan {
    /// Its id.
    pub id: String,
    /// Its stages.
    pub stages: Vec<PlanStage>,
    /// The throttle of each key.
    pub throttle: Option<Throttle>,
    /// The quota of each key.
    pub quota: Option<UsageQuota>,
    /// The ids of its keys.
    pub keys: Vec<String>,
}

/// A stage of a usage plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanStage {
    /// The API's id or name; `None` for all.
    pub api: Option<String>,
    /// The stage's name; `None` for all.
    pub stage: Option<String>,
    /// Throttles of each key for single methods.
    pub methods: Vec<MethodThrottle>,
}

/// The throttle of one method.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodThrottle {
    /// The path of the resource.
    pub path: String,
    /// The verb.
    pub verb: String,
    /// The limits.
    pub throttle: Throttle,
}

/// A token bucket: requests a second on average, and how many may come at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// Requests a second.
    pub rate: f64,
    /// The size of the bucket.
    pub burst: u32,
}

impl Throttle {
    /// What AWS allows an account, and assumes where a limit is left out.
    pub const ACCOUNT: Throttle = Throttle {
        rate: 10_000.0,
        burst: 5_000,
    };
}

/// How many requests of one API key a usage plan admits in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageQuota {
    /// Requests in a period.
    pub limit: u64,
    /// The period.
    pub period: Period,
    /// The day on which a week or month begins: 0 is Sunday, or the first of the month.
    pub offset: u8,
}

/// The period of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// From midnight to midnight, UTC.
    Day,
    /// Seven days.
    Week,
    /// A month.
    Month,
}

impl Period {
    /// The largest offset of a quota with this period.
    pub fn last_offset(self) -> u8 {
        match self {
            Period::Day => 0,
            Period::Week => 6,
            Period::Month => 27,
        }
    }
}

impl PlanStage {
    /// Whether this is a stage of an API.
    pub fn is(&self, api_id: &str, api_name: &str, stage: &str) -> bool {
        let api = self.api.as_deref();
        api.is_none_or(|own| own == api_id || own == api_name)
            && self.stage.as_deref().is_none_or(|own| own == stage)
    }
}
