//! `HTTP` and `HTTP_PROXY` integrations: a call to any HTTP endpoint. See
//! `docs/aws/api-gateway.md#integration-types`.

use bytes::Bytes;
use http::Method;
use kit::call::Call;

use super::body;
use super::changes::RequestChanges;
use super::fill;
use super::parameters::MappedParameters;
use super::{http_headers, http_url};
use crate::api::{CertificateCheck, Connection, HttpEndpoint, HttpMode, Integration};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// The way that a call to an HTTP endpoint takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpWay {
    /// The id of the VPC link, if it goes through one.
    pub link: Option<String>,
    /// The id of the client certificate that the endpoint is shown, if it asks for one.
    pub client_certificate: Option<String>,
    /// How the endpoint's certificate is checked.
    pub certificates: CertificateCheck,
}

/// The call to an HTTP endpoint, and its way.
pub(super) fn build(
    exchange: &mut Exchange<'_>,
    integration: &Integration,
    endpoint: &HttpEndpoint,
) -> Result<(Call, HttpWay), Fault> {
    let mut parameters = MappedParameters::of(exchange, integration)?;
    let changes = RequestChanges::of(exchange, integration)?;
    let body = match endpoint.mode {
        HttpMode::Proxy => body::converted(exchange, integration)?,
        HttpMode::Mapped => {
            let body = body::body(exchange, integration)?.into_bytes();
            parameters.override_by(exchange.request_override());
            body
        }
    };
    let method = endpoint
        .method
        .clone()
        .unwrap_or_else(|| exchange.request.method.clone());
    let has_body = method != Method::GET && method != Method::HEAD;
    let mut headers = http_headers::headers(exchange, endpoint.mode, &parameters)?;
    changes.apply(exchange, &mut headers)?;
    let call = Call {
        url: http_url::url(exchange, endpoint, &parameters, &changes)?,
        headers,
        method,
        body: if has_body { body } else { Bytes::new() },
    };
    let stage = exchange.route.stage;
    let variables = &stage.variables;
    let link = match &endpoint.connection {
        Connection::Internet => None,
        Connection::VpcLink(id) => Some(fill::stage_variables(id, variables).into_owned()),
    };
    let way = HttpWay {
        link,
        client_certificate: stage.client_certificate.clone(),
        certificates: endpoint.certificates,
    };
    Ok((call, way))
}
