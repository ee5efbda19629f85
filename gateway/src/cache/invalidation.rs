//! `Cache-Control: max-age=0` of a client: it asks for a fresh response, which replaces the cached
//! one. See `docs/aws/api-gateway.md#cache`.

use crate::api::UnauthorizedInvalidation;

/// What becomes of a request to a cached method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// The cached response is used, if there is one.
    Cached,
    /// The same, with a `Warning`: the client may not invalidate.
    CachedWithWarning,
    /// The backend is asked, and its response is cached.
    Fresh,
    /// 403.
    Refused,
}

/// Whether a `Cache-Control` header asks for a fresh response.
pub(super) fn is_asked_for(cache_control: &str) -> bool {
    cache_control.split(',').any(|directive| {
        let mut parts = directive.splitn(2, '=').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let value = parts.next().unwrap_or_default().trim_matches('"');
        name.eq_ignore_ascii_case("max-age") && value == "0"
    })
}

/// The course of a request that asks for a fresh response.
pub(super) fn course(
    needs_permission: bool,
    has_permission: bool,
    otherwise: UnauthorizedInvalidation,
) -> Course {
    if !needs_permission || has_permission {
        return Course::Fresh;
    }
    match otherwise {
        UnauthorizedInvalidation::FailWith403 => Course::Refused,
        UnauthorizedInvalidation::SucceedWithResponseHeader => Course::CachedWithWarning,
        UnauthorizedInvalidation::SucceedWithoutResponseHeader => Course::Cached,
    }
}
