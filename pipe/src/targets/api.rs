//! An API Gateway REST API: one signed request an event, `*` of its path filled as for an API
//! destination.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use kit::call::Call;
use kit::counted::counted;
use url::form_urlencoded::Serializer;

use super::site::ServiceRequest;
use super::{Endpoint, HttpParameters, PlanError};
use crate::arn::Arn;
use crate::event::Event;
use crate::targets::webhook;

/// Headers that a pipe cannot set (API Gateway as a target).
pub const PROHIBITED: [&str; 13] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "host",
    "max-forwards",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
    "x-forwarded-for",
];

/// A method of a stage of a REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestApi {
    region: String,
    method: Method,
    endpoint: Endpoint,
    parameters: HttpParameters,
}

impl RestApi {
    /// The method of an ARN:
    /// `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/POST/orders/*`.
    ///
    /// # Errors
    /// It is not the ARN of a method, or `parameters` fill fewer than all of its `*`.
    pub fn new(arn: &Arn<'_>, parameters: HttpParameters) -> Result<RestApi, String> {
        let wrong = || format!("{} is not the ARN of a method of a REST API", arn.text);
        let mut parts = arn.resource.splitn(4, '/');
        let mut part = || parts.next().filter(|part| !part.is_empty());
        let (api, stage, method) = (part(), part(), part());
        let (api, stage) = (api.ok_or_else(wrong)?, stage.ok_or_else(wrong)?);
        let method = method
            .filter(|method| super::METHODS.contains(method))
            .ok_or_else(wrong)?;
        let path = parts.next().unwrap_or_default();
        let host = arn.host(&format!("{api}.execute-api"));
        let endpoint =
            Endpoint::parse(&format!("https://{host}/{stage}/{path}")).map_err(|_| wrong())?;
        let (stars, values) = (endpoint.wildcards(), parameters.path.len());
        if values < stars {
            return Err(format!(
                "{} has {stars} `*`, PathParameterValues has {}",
                arn.text,
                counted(values, "value")
            ));
        }
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| wrong())?;
        Ok(RestApi {
            region: arn.region.to_owned(),
            method,
            endpoint,
            parameters,
        })
    }

    /// The request with `body` for `event`, at which dynamic values look. `id` is the message's.
    ///
    /// # Errors
    /// The event lacks a path parameter, or a value cannot be sent in a header.
    pub fn request(
        &self,
        event: &Event,
        id: &str,
        body: String,
    ) -> Result<ServiceRequest, PlanError> {
        let path = &self.parameters.path;
        let value = |dynamic: &super::DynamicValue| {
            dynamic
                .text(event)
                .map(|text| Cow::Owned(text.into_owned()))
        };
        let path: Option<Vec<Cow<'_, str>>> = path.iter().map(value).collect();
        let path =
            path.ok_or_else(|| PlanError("the event has no value for a path parameter".into()))?;
        let mut url = self.endpoint.fill(&path)?;
        let query = Serializer::new(String::new())
            .extend_pairs(super::query(&self.parameters, event))
            .finish();
        url.set_query((!query.is_empty()).then_some(query.as_str()));
        let mut sent = HeaderMap::new();
        sent.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if let Ok(id) = HeaderValue::from_str(id) {
            sent.insert(webhook::ID, id);
        }
        super::put_headers(&self.parameters, event, &mut sent)?;
        let has_body = !matches!(self.method, Method::GET | Method::HEAD);
        let body = if has_body {
            Bytes::from(body)
        } else {
            Bytes::new()
        };
        let call = Call {
            method: self.method.clone(),
            url,
            headers: sent,
            body,
        };
        Ok(ServiceRequest {
            service: "execute-api",
            region: self.region.clone(),
            call,
        })
    }
}
