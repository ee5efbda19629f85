//! API keys, usage plans and throttles. See `docs/aws/api-gateway.md#api-keys-and-usage-plans` and
//! `docs/aws/api-gateway.md#throttling`.

/// Where an API takes a request's API key from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiKeySource {
    /// The header `x-api-key`.
    #[default]
    Header,
    /// `usageIdentifierKey` of the authorizer's answer.
    Authorizer,
}

/// A token bucket: requests a second on average, and how many may come at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// Requests a second.
    pub rate: f64,
    /// The size of the bucket.
    pub burst: u32,
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
