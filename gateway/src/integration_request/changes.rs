//! What the parameter mappings of an HTTP API change of a request. See
//! `docs/aws/api-gateway.md#parameter-mappings-of-http-apis`.

use http::header::{HeaderMap, HeaderValue};

use crate::api::{HttpMapping, Integration, MappingOperation, MappingTarget};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::parameter_mapping::text;

/// The changes of one request, in the order in which they are made, with their values. A mapping
/// whose value the request does not have changes nothing.
pub(super) struct RequestChanges<'a>(Vec<(&'a HttpMapping, String)>);

impl<'a> RequestChanges<'a> {
    /// The changes of an exchange.
    ///
    /// # Errors
    /// A value lies in a body that begins like JSON and is none.
    pub(super) fn of(
        exchange: &Exchange<'_>,
        integration: &'a Integration,
    ) -> Result<RequestChanges<'a>, Fault> {
        let mut changes = Vec::new();
        for mapping in &integration.http_mappings.request {
            let value = text(&mapping.value, exchange, None)?;
            match (mapping.operation, value) {
                (MappingOperation::Remove, _) => changes.push((mapping, String::new())),
                (_, Some(value)) => changes.push((mapping, value)),
                (_, None) => {}
            }
        }
        Ok(RequestChanges(changes))
    }

    /// The path that stands in the place of the request's.
    pub(super) fn path(&self) -> Option<&str> {
        let mut paths = self
            .0
            .iter()
            .filter(|(mapping, _)| mapping.target == MappingTarget::Path);
        paths.next_back().map(|(_, path)| path.as_str())
    }

    /// The client's query as the backend gets it.
    pub(super) fn query(&self, sent: &[(String, String)]) -> Vec<(String, String)> {
        let mut query = sent.to_vec();
        for (mapping, value) in &self.0 {
            let MappingTarget::QueryString(name) = &mapping.target else {
                continue;
            };
            if mapping.operation != MappingOperation::Append {
                query.retain(|(known, _)| known != name);
            }
            if mapping.operation != MappingOperation::Remove {
                query.push((name.clone(), value.clone()));
            }
        }
        query
    }

    /// Changes the headers.
    ///
    /// # Errors
    /// A value holds control characters.
    pub(super) fn apply(
        &self,
        exchange: &Exchange<'_>,
        headers: &mut HeaderMap,
    ) -> Result<(), Fault> {
        for (mapping, value) in &self.0 {
            let MappingTarget::Header(name) = &mapping.target else {
                continue;
            };
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                exchange.misconfigured(&format!("the value of {name} holds control characters"))
            })?;
            match mapping.operation {
                MappingOperation::Remove => drop(headers.remove(name)),
                MappingOperation::Overwrite => drop(headers.insert(name, value)),
                MappingOperation::Append => drop(headers.append(name, value)),
            }
        }
        Ok(())
    }
}
