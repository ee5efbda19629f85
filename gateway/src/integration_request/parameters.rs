//! The parameters of a call, as parameter mappings and `$context.requestOverride` set them. See
//! `docs/aws/api-gateway.md#parameter-mappings` and `docs/aws/api-gateway.md#overrides`.

use crate::api::{Integration, ParameterLocation};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::mapping::RequestOverride;
use crate::parameter_mapping::values;

/// Mapped parameters by where they go, in the order of the definition.
#[derive(Default)]
pub(super) struct MappedParameters {
    pub headers: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    pub path: Vec<(String, String)>,
}

impl MappedParameters {
    /// The parameters that the integration's mappings take from the request.
    ///
    /// # Errors
    /// A mapping looks into a request body that is malformed JSON.
    pub(super) fn of(
        exchange: &Exchange<'_>,
        integration: &Integration,
    ) -> Result<MappedParameters, Fault> {
        let mut mapped = MappedParameters::default();
        for parameter in &integration.request_parameters {
            let target = match parameter.location {
                ParameterLocation::Header => &mut mapped.headers,
                ParameterLocation::QueryString => &mut mapped.query,
                ParameterLocation::Path => &mut mapped.path,
            };
            let values = values(&parameter.source, exchange, None)?;
            target.extend(
                values
                    .into_iter()
                    .map(|value| (parameter.name.clone(), value)),
            );
        }
        Ok(mapped)
    }

    /// Applies `$context.requestOverride`, which wins over mappings of the same name.
    pub(super) fn override_by(&mut self, overrides: RequestOverride) {
        for (target, values) in [
            (&mut self.headers, overrides.header),
            (&mut self.query, overrides.querystring),
            (&mut self.path, overrides.path),
        ] {
            for (name, value) in values {
                target.retain(|(existing, _)| !existing.eq_ignore_ascii_case(&name));
                target.push((name, value));
            }
        }
    }
}
