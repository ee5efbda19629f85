//! The URL of a call to a service. See `docs/aws/api-gateway.md#integration-uri`.

use url::Url;

use super::fill;
use super::parameters::MappedParameters;
use crate::api::{Operation, ServiceUri};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// The URL of the service, with parameters and stage variables filled in.
///
/// # Errors
/// A parameter would leave the path that the definition fixes, or there is no such URL.
pub(super) fn url(
    exchange: &Exchange<'_>,
    uri: &ServiceUri,
    mapped: &MappedParameters,
) -> Result<Url, Fault> {
    let (path, query) = path_and_query(exchange, uri, mapped)?;
    let query = fill::with_pairs(query, &mapped.query);
    let mark = if query.is_empty() { "" } else { "?" };
    let variables = &exchange.route.stage.variables;
    let host = uri.host();
    let host = fill::stage_variables(&host, variables);
    Url::parse(&format!("https://{host}{path}{mark}{query}"))
        .map_err(|_| exchange.misconfigured("the integration's URI is not a valid URL"))
}

/// Path and query of the operation, before parameters are mapped to the query.
fn path_and_query(
    exchange: &Exchange<'_>,
    uri: &ServiceUri,
    mapped: &MappedParameters,
) -> Result<(String, String), Fault> {
    let filled = |text: &str| {
        let text = fill::stage_variables(text, &exchange.route.stage.variables);
        fill::parameters(&text, &mapped.path, |value| {
            Ok::<_, Fault>(fill::in_path(value))
        })
    };
    match &uri.operation {
        Operation::Path(path) => {
            let filled = filled(path)?;
            let (path, query) = filled.split_once('?').unwrap_or((&filled, ""));
            if path.split('/').any(fill::climbs) {
                return Err(exchange.leaves_path());
            }
            let path = if uri.service == "s3" {
                fill::encoded_path(path)
            } else {
                path.to_owned()
            };
            Ok((path, query.to_owned()))
        }
        Operation::Action { name, query } => {
            let more = filled(query)?;
            if uri.json_action(name).is_some() {
                return Ok(("/".to_owned(), more));
            }
            let separator = if more.is_empty() { "" } else { "&" };
            Ok(("/".to_owned(), format!("Action={name}{separator}{more}")))
        }
    }
}
