//! Whether the response of a request is cached, and how.

use std::time::Duration;

use http::Method as Verb;

use super::invalidation::{Course, course, is_asked_for};
use super::key;
use crate::api::{AskedMethod, Canary, Stage};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_response::MethodResponse;

/// How long a response is kept where the stage says nothing.
const TTL: Duration = Duration::from_secs(300);

/// The text of `Warning` when a client may not invalidate.
const WARNING: &str = "199 Cache-control headers were ignored because the caller was unauthorized";

/// What the cache does for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CachePlan {
    /// The key of its response.
    pub key: String,
    /// How long the response is kept.
    pub ttl: Duration,
    /// Whether a cached response is used.
    pub looks_up: bool,
    /// Whether the response has a `Warning`.
    pub warns: bool,
}

/// The plan for an exchange; `None` where its method has no cache. `may_invalidate` says whether the
/// caller has the permission `execute-api:InvalidateCache`.
///
/// # Errors
/// The caller may not invalidate, and the stage answers that with 403.
pub(crate) fn plan(
    exchange: &Exchange<'_>,
    may_invalidate: bool,
) -> Result<Option<CachePlan>, Fault> {
    let route = exchange.route;
    let (stage, method) = (route.stage, route.asked(&exchange.request.method));
    let Some(ttl) = ttl(stage, method) else {
        return Ok(None);
    };
    let cache_control = exchange.request.all_of_header("cache-control");
    let course = if cache_control.is_some_and(|value| is_asked_for(&value)) {
        let methods = &stage.methods;
        let guards = methods.get(method, |setting| setting.guards_invalidation);
        let otherwise = methods.get(method, |setting| setting.unauthorized_invalidation);
        course(
            guards.unwrap_or(true),
            may_invalidate,
            otherwise.unwrap_or_default(),
        )
    } else {
        Course::Cached
    };
    if course == Course::Refused {
        return Err(Fault::InvalidationRefused);
    }
    Ok(Some(CachePlan {
        key: key::of(exchange, has_own_cache(route.is_canary, route.canary))?,
        ttl,
        looks_up: course != Course::Fresh,
        warns: course == Course::CachedWithWarning,
    }))
}

/// Adds the `Warning` of a client that may not invalidate, where the stage wants it.
pub(crate) fn warn(plan: &CachePlan, response: &mut MethodResponse) {
    if plan.warns {
        response
            .headers
            .push(("Warning".to_owned(), WARNING.to_owned()));
    }
}

/// Whether a request meets the cache of the canary instead of that of the stage.
fn has_own_cache(is_canary: Option<bool>, canary: Option<&Canary>) -> bool {
    is_canary == Some(true) && canary.is_some_and(|canary| !canary.uses_stage_cache)
}

/// How long responses of a method are kept; `None` where they are not. A setting for all methods is
/// for GET only: other verbs must be named.
fn ttl(stage: &Stage, method: AskedMethod<'_>) -> Option<Duration> {
    if !stage.has_cache {
        return None;
    }
    let methods = &stage.methods;
    let is_on = methods.get(method, |setting| setting.caching) == Some(true);
    let is_meant = *method.verb == Verb::GET
        || methods.is_named(method, |setting| setting.caching == Some(true));
    let ttl = methods
        .get(method, |setting| setting.cache_ttl)
        .unwrap_or(TTL);
    (is_on && is_meant && !ttl.is_zero()).then_some(ttl)
}
