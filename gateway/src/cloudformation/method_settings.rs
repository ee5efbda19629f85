//! `MethodSettings` of a stage: `docs/aws/api-gateway.md#method-settings`.

use std::time::Duration;

use kit::document::{Fields, Node, OrCollect as _, Problem};

use crate::api::{LoggingLevel, MethodSetting, UnauthorizedInvalidation};

/// The longest time to live of a cached response, in seconds.
const MAX_TTL: i64 = 3600;

/// One entry of `MethodSettings`.
pub(super) fn entry(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<MethodSetting> {
    let fields = node.fields(format!("{label}: MethodSettings"));
    let mut fields = fields.or_collect(problems)?;
    let path = fields.optional("ResourcePath").map(path);
    let verb = fields.optional("HttpMethod").map(verb);
    let path = path.transpose().or_collect(problems);
    let verb = verb.transpose().or_collect(problems);
    let setting = settings(&mut fields, problems);
    problems.extend(fields.finish());
    Some(MethodSetting {
        path: path?.flatten(),
        verb: verb?.flatten(),
        ..setting
    })
}

/// The settings that an entry has, and a `StageDescription` has for all methods.
pub(super) fn settings(fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> MethodSetting {
    // There is no disk that a cache could be written to.
    fields.ignore(&["CacheDataEncrypted"]);
    let flag = |name: &str, fields: &mut Fields<'_>, problems: &mut Vec<Problem>| {
        let node = fields.optional(name)?;
        node.boolean().or_collect(problems)
    };
    let caching = flag("CachingEnabled", fields, problems);
    let data_trace = flag("DataTraceEnabled", fields, problems);
    let metrics = flag("MetricsEnabled", fields, problems);
    let guards_invalidation = flag("RequireAuthorizationForCacheControl", fields, problems);
    let ttl = fields
        .optional("CacheTtlInSeconds")
        .and_then(|node| node.integer_in(0..=MAX_TTL).or_collect(problems));
    let strategy = fields.optional("UnauthorizedCacheControlHeaderStrategy");
    let logging = fields.optional("LoggingLevel");
    let rate = fields.optional("ThrottlingRateLimit");
    let burst = fields.optional("ThrottlingBurstLimit");
    MethodSetting {
        path: None,
        verb: None,
        caching,
        cache_ttl: ttl.map(|seconds| Duration::from_secs(seconds.unsigned_abs())),
        guards_invalidation,
        unauthorized_invalidation: strategy.and_then(|node| strategy_of(node).or_collect(problems)),
        logging: logging.and_then(|node| logging_level(node).or_collect(problems)),
        data_trace,
        metrics,
        throttling_rate: rate.and_then(|node| rate_limit(node).or_collect(problems)),
        throttling_burst: burst.and_then(|node| node.integer().or_collect(problems)),
    }
}

/// `/*` for all, else a path whose slashes may be written as `~1`: `/~1events~1{proxy+}`.
fn path(node: &Node) -> Result<Option<String>, Problem> {
    let text = node.text()?;
    if matches!(text, "/*" | "*") {
        return Ok(None);
    }
    let decoded = text.replace("~1", "/").replace("~0", "~");
    let path = decoded.strip_prefix('/').unwrap_or(&decoded);
    Ok(Some(format!("/{}", path.trim_start_matches('/'))))
}

fn verb(node: &Node) -> Result<Option<http::Method>, Problem> {
    match node.text()? {
        "*" => Ok(None),
        verb => verb
            .to_ascii_uppercase()
            .parse()
            .map(Some)
            .map_err(|_| node.problem(format!("invalid HTTP method {verb}"))),
    }
}

fn logging_level(node: &Node) -> Result<LoggingLevel, Problem> {
    match node.text()?.to_ascii_uppercase().as_str() {
        "OFF" => Ok(LoggingLevel::Off),
        "ERROR" => Ok(LoggingLevel::Error),
        "INFO" => Ok(LoggingLevel::Info),
        other => Err(node.problem(format!(
            "invalid LoggingLevel {other}: expected OFF, ERROR or INFO"
        ))),
    }
}

fn strategy_of(node: &Node) -> Result<UnauthorizedInvalidation, Problem> {
    match node.text()? {
        "FAIL_WITH_403" => Ok(UnauthorizedInvalidation::FailWith403),
        "SUCCEED_WITH_RESPONSE_HEADER" => Ok(UnauthorizedInvalidation::SucceedWithResponseHeader),
        "SUCCEED_WITHOUT_RESPONSE_HEADER" => {
            Ok(UnauthorizedInvalidation::SucceedWithoutResponseHeader)
        }
        other => Err(node.problem(format!(
            "invalid UnauthorizedCacheControlHeaderStrategy {other}: expected FAIL_WITH_403, \
             SUCCEED_WITH_RESPONSE_HEADER or SUCCEED_WITHOUT_RESPONSE_HEADER"
        ))),
    }
}

fn rate_limit(node: &Node) -> Result<f64, Problem> {
    let wrong = || node.problem("expected a number of requests a second");
    let rate: f64 = node.text()?.trim().parse().map_err(|_| wrong())?;
    if rate.is_finite() {
        Ok(rate)
    } else {
        Err(wrong())
    }
}
