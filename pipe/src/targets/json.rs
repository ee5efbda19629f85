//! Targets that take nothing but JSON. Pure.

use super::dynamic::PlanError;

/// Checks that a body is JSON.
///
/// # Errors
/// The body is not JSON.
pub(crate) fn check_json(body: &str) -> Result<(), PlanError> {
    let parsed = serde_json::from_str::<serde::de::IgnoredAny>(body);
    parsed
        .map(drop)
        .map_err(|_| PlanError("the transformed event is not JSON".into()))
}
