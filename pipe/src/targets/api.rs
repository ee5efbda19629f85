//! An API Gateway REST API: one signed request for each event, with the `*` of its path filled as
//! for an API destination. Pure.

use http::{HeaderMap, HeaderValue, Method, header};
use kit::call::Call;
use kit::service::Identity;
use url::Url;
use url::form_urlencoded::Serializer;

use super::dynamic::PlanError;
use super::endpoint::Endpoint;
use super::http_parameters::{HttpParameters, METHODS, body_of, put_id};
use super::service::ServiceRequest;
use crate::event::Event;
use kit::arn::Arn;

/// Headers that a pipe cannot set (API Gateway as a target).
pub(crate) const PROHIBITED: [&str; 13] = [
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
    /// Who calls it where it is near: at its endpoint, whatever endpoints the environment names.
    near: Option<Identity>,
}

impl RestApi {
    /// The method with this ARN:
    /// `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/POST/orders/*`.
    ///
    /// # Errors
    /// The ARN is not that of a method, or `parameters` have fewer values than its path has `*`.
    pub(crate) fn new(arn: &Arn<'_>, parameters: HttpParameters) -> Result<RestApi, String> {
        let wrong = || format!("{} is not the ARN of a method of a REST API", arn.text);
        let mut parts = arn.resource.splitn(4, '/');
        let mut part = || parts.next().filter(|part| !part.is_empty());
        let api = part().ok_or_else(wrong)?;
        let stage = part().ok_or_else(wrong)?;
        let method = part()
            .filter(|method| METHODS.contains(method))
            .ok_or_else(wrong)?;
        let path = parts.next().unwrap_or_default();
        let host = arn.host(&format!("{api}.execute-api"));
        let endpoint =
            Endpoint::parse(&format!("https://{host}/{stage}/{path}")).map_err(|_| wrong())?;
        parameters.check_path(&endpoint, arn.text)?;
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| wrong())?;
        Ok(RestApi {
            region: arn.region.to_owned(),
            method,
            endpoint,
            parameters,
            near: None,
        })
    }

    /// The same API at another place, where `caller` signs: the path of its method stays.
    #[must_use]
    pub fn at(self, base: &Url, caller: Identity) -> RestApi {
        RestApi {
            endpoint: self.endpoint.at(base),
            near: Some(caller),
            ..self
        }
    }

    /// The request with `body` for `event`, from which dynamic values come. `id` is the message's.
    ///
    /// # Errors
    /// The event has no value for a path parameter, or a value cannot be sent in a header.
    pub(crate) fn request(
        &self,
        event: &Event,
        id: &str,
        body: String,
    ) -> Result<ServiceRequest, PlanError> {
        let mut url = self.endpoint.fill(&self.parameters.path(event)?)?;
        let query = Serializer::new(String::new())
            .extend_pairs(self.parameters.query(event))
            .finish();
        url.set_query((!query.is_empty()).then_some(query.as_str()));
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        put_id(id, &mut headers);
        self.parameters.put_headers(event, &mut headers)?;
        let call = Call {
            method: self.method.clone(),
            url,
            headers,
            body: body_of(&self.method, body),
        };
        Ok(ServiceRequest {
            service: "execute-api",
            region: self.region.clone(),
            near: self.near.clone(),
            call,
        })
    }
}
