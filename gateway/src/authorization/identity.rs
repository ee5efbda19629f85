//! The values that identify a caller to an authorizer.

use kit::java_regex::{Regex, Steps};

use crate::api::IdentitySource;
use crate::exchange::Exchange;

/// The value of a source; `None` when it is missing or empty.
pub(super) fn value(exchange: &Exchange<'_>, source: &IdentitySource) -> Option<String> {
    let request = exchange.request;
    let found = match source {
        IdentitySource::Header(name) => request.header(name).map(ToOwned::to_owned),
        IdentitySource::QueryString(name) => request.query_value(name).map(ToOwned::to_owned),
        IdentitySource::StageVariable(name) => exchange.route.stage.variables.get(name).cloned(),
        IdentitySource::Context(path) => exchange.context().get(path),
    };
    found
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// The values of all sources; `None` when one is missing or empty.
pub(super) fn values(exchange: &Exchange<'_>, sources: &[IdentitySource]) -> Option<Vec<String>> {
    sources
        .iter()
        .map(|source| value(exchange, source))
        .collect()
}

/// Steps that a search may take. One that goes back too often counts as no match.
const STEPS: u64 = 100_000;

/// Whether an expression matches the whole text.
pub(super) fn matches(pattern: &Regex, text: &str) -> bool {
    pattern.matches(text, &mut Steps(STEPS)).unwrap_or(false)
}
