//! The key of a cached response. See `docs/aws/api-gateway.md#cache`.

use std::fmt::Write as _;

use crate::api::{CacheKeyParameter, MappingSource};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::parameter_mapping::values;

/// What the keys of a stage begin with.
pub(super) fn prefix(api: &str, stage: &str) -> String {
    let mut key = String::new();
    push(&mut key, api);
    push(&mut key, stage);
    key
}

/// The key of an exchange: its stage, the namespace (the resource's id where the integration names
/// none), the verb, the path parameters, and the values of the key parameters. A parameter that the
/// request does not have differs from an empty one.
///
/// # Errors
/// A key parameter lies in a body that cannot be read.
pub(super) fn of(exchange: &Exchange<'_>, is_own_of_canary: bool) -> Result<String, Fault> {
    let route = exchange.route;
    let declared = &route.method.integration.cache_key;
    let mut key = prefix(&route.api.id, &route.stage.name);
    let namespace = declared.namespace.as_deref().unwrap_or(&route.resource.id);
    push(&mut key, if is_own_of_canary { "canary" } else { "" });
    push(&mut key, namespace);
    push(&mut key, exchange.request.method.as_str());
    for (name, value) in &route.path {
        push(&mut key, name);
        push(&mut key, value);
    }
    for parameter in &declared.parameters {
        let found = match parameter {
            CacheKeyParameter::Method(source) => values(source, exchange, None)?,
            CacheKeyParameter::Integration(location, name) => {
                let is_meant = |source: &&MappingSource| {
                    // A mapping from a body would make the body part of the key.
                    !matches!(source, MappingSource::Body(_))
                };
                let mapped = route.method.integration.request_parameters.iter();
                let mut mapped = mapped
                    .filter(|own| own.location == *location && own.name == *name)
                    .map(|own| &own.source)
                    .filter(is_meant);
                match mapped.next() {
                    Some(source) => values(source, exchange, None)?,
                    None => Vec::new(),
                }
            }
        };
        let _ = write!(key, "{}=", found.len());
        found.iter().for_each(|value| push(&mut key, value));
    }
    Ok(key)
}

/// Adds a part with its length, so that no two lists of parts make the same key.
fn push(key: &mut String, part: &str) {
    let _ = write!(key, "{}:{part}", part.len());
}
