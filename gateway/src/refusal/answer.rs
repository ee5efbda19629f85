//! A fault as the answer that the client gets: the default one, or as the API customises it.

use axum::body::Body;
use axum::response::Response as HttpResponse;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use crate::api::{
    ApiProtocol, GatewayResponse, GatewayResponses, SubstitutionTemplate, TemplatePart,
};
use crate::gateway_responses::Fault;
use crate::method_request::{Sources, media_type};
use crate::request_ids::RequestIds;

/// An answer of API Gateway's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GatewayAnswer {
    /// The status.
    pub status: StatusCode,
    /// Headers beside the ids, in the order in which they are set: the last of a name counts.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// Whether the request's ids are shown: not where the error arises before the API is known. See
    /// `docs/aws/api-gateway.md#headers-of-an-error`.
    pub shows_ids: bool,
}

impl GatewayAnswer {
    /// The answer that nothing customises.
    pub(crate) fn of(fault: &Fault) -> GatewayAnswer {
        let mut headers = vec![("content-type".to_owned(), fault.content_type().to_owned())];
        let error_type = fault.error_type();
        headers.extend(error_type.map(|name| ("x-amzn-errortype".to_owned(), name.to_owned())));
        GatewayAnswer {
            status: fault.status(),
            headers,
            body: fault.body(),
            shows_ids: error_type.is_some(),
        }
    }

    /// The answer as an API of this sort gives it: HTTP APIs have other words and no type of error.
    /// See `docs/aws/api-gateway.md#answers-of-http-apis`.
    #[must_use]
    pub(crate) fn spoken_by(self, protocol: ApiProtocol, fault: &Fault) -> GatewayAnswer {
        if protocol == ApiProtocol::Rest {
            return self;
        }
        let (status, message) = match fault.status() {
            status @ StatusCode::UNAUTHORIZED => (status, "Unauthorized".to_owned()),
            status @ StatusCode::FORBIDDEN => (status, "Forbidden".to_owned()),
            // The reason of a request that cannot be read is the gateway's own.
            status if status.is_client_error() => (status, fault.message()),
            StatusCode::GATEWAY_TIMEOUT if *fault == Fault::IntegrationTimeout => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Service Unavailable".to_owned(),
            ),
            _ => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Internal Server Error".to_owned(),
            ),
        };
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let challenge = fault.challenge();
        headers.extend(challenge.map(|text| ("www-authenticate".to_owned(), text)));
        GatewayAnswer {
            status,
            headers,
            body: format!(r#"{{"message":{}}}"#, serde_json::json!(message)),
            shows_ids: true,
        }
    }

    /// The answer as an API customises it. `$context.error` is in the context of `sources` already.
    pub(crate) fn customised(
        fault: &Fault,
        responses: &GatewayResponses,
        sources: &Sources<'_>,
    ) -> GatewayAnswer {
        let mut answer = GatewayAnswer::of(fault);
        let Some(custom) = fault.kind().and_then(|kind| responses.of(kind)) else {
            return answer;
        };
        let status = custom
            .status
            .and_then(|code| StatusCode::from_u16(code).ok());
        answer.status = status.unwrap_or(answer.status);
        if let Some((content_type, template)) = choose(custom, sources) {
            answer.body = substitute(template, sources);
            answer.headers[0].1.clone_from(content_type);
        }
        for (name, source) in &custom.headers {
            let values = sources.values(source).unwrap_or_default();
            if !values.is_empty() {
                answer.headers.push((name.clone(), values.join(",")));
            }
        }
        answer
    }

    /// The answer as HTTP. A header whose value came from the request and is not allowed in HTTP is
    /// left out.
    pub(crate) fn into_http(self, ids: RequestIds<'_>) -> HttpResponse {
        let mut response = HttpResponse::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_bytes(value.as_bytes()),
            ) {
                headers.insert(name, value);
            }
        }
        if !headers.contains_key(CONTENT_TYPE) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if self.shows_ids {
            ids.insert(headers);
        }
        response
    }
}

/// The template for the first type that the client accepts, else the JSON one, else the first; with
/// its content type.
fn choose<'c>(
    custom: &'c GatewayResponse,
    sources: &Sources<'_>,
) -> Option<(&'c String, &'c SubstitutionTemplate)> {
    let by_type = |wanted: &str| {
        let mut all = custom.templates.iter();
        all.find(|(name, _)| media_type(name) == wanted)
    };
    let accept = sources.request.all_of_header("accept").unwrap_or_default();
    let wanted = accept.split(',').map(media_type);
    wanted
        .filter_map(|wanted| by_type(&wanted))
        .next()
        .or_else(|| by_type("application/json"))
        .or_else(|| custom.templates.first())
}

fn substitute(template: &SubstitutionTemplate, sources: &Sources<'_>) -> String {
    let parts = template.0.iter().map(|part| match part {
        TemplatePart::Text(text) => text.clone(),
        TemplatePart::Variable(source) => sources.values(source).unwrap_or_default().join(","),
    });
    parts.collect()
}
