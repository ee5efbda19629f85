//! Gateway responses as a definition customises them. See
//! `docs/aws/api-gateway.md#customised-gateway-responses`.

use indexmap::IndexMap;

use super::parameter_mapping::MappingSource;

/// The types of gateway responses: why API Gateway itself answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are AWS's own")]
pub enum ResponseType {
    AccessDenied,
    ApiConfigurationError,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    BadRequestBody,
    BadRequestParameters,
    Default4xx,
    Default5xx,
    ExpiredToken,
    IntegrationFailure,
    IntegrationTimeout,
    InvalidApiKey,
    InvalidSignature,
    MissingAuthenticationToken,
    QuotaExceeded,
    RequestTooLarge,
    ResourceNotFound,
    Throttled,
    Unauthorized,
    UnsupportedMediaType,
    WafFiltered,
}

use ResponseType::*;

/// Every type with its name and its default status; the two `DEFAULT_` types have the status of
/// errors that are of no other type.
const TYPES: [(ResponseType, &str, u16); 21] = [
    (AccessDenied, "ACCESS_DENIED", 403),
    (ApiConfigurationError, "API_CONFIGURATION_ERROR", 500),
    (
        AuthorizerConfigurationError,
        "AUTHORIZER_CONFIGURATION_ERROR",
        500,
    ),
    (AuthorizerFailure, "AUTHORIZER_FAILURE", 500),
    (BadRequestBody, "BAD_REQUEST_BODY", 400),
    (BadRequestParameters, "BAD_REQUEST_PARAMETERS", 400),
    (Default4xx, "DEFAULT_4XX", 400),
    (Default5xx, "DEFAULT_5XX", 500),
    (ExpiredToken, "EXPIRED_TOKEN", 403),
    (IntegrationFailure, "INTEGRATION_FAILURE", 504),
    (IntegrationTimeout, "INTEGRATION_TIMEOUT", 504),
    (InvalidApiKey, "INVALID_API_KEY", 403),
    (InvalidSignature, "INVALID_SIGNATURE", 403),
    (
        MissingAuthenticationToken,
        "MISSING_AUTHENTICATION_TOKEN",
        403,
    ),
    (QuotaExceeded, "QUOTA_EXCEEDED", 429),
    (RequestTooLarge, "REQUEST_TOO_LARGE", 413),
    (ResourceNotFound, "RESOURCE_NOT_FOUND", 404),
    (Throttled, "THROTTLED", 429),
    (Unauthorized, "UNAUTHORIZED", 401),
    (UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", 415),
    (WafFiltered, "WAF_FILTERED", 403),
];

impl ResponseType {
    /// The type of this name: `BAD_REQUEST_BODY`.
    pub fn named(name: &str) -> Option<ResponseType> {
        let found = TYPES.iter().find(|(_, known, _)| *known == name);
        found.map(|(kind, ..)| *kind)
    }

    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TYPES.iter().map(|(_, name, _)| *name)
    }

    /// `$context.error.responseType`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The status of an answer of this type that is not customised.
    pub fn status(self) -> u16 {
        self.row().2
    }

    /// The type whose customisation this one inherits.
    fn class(self) -> ResponseType {
        if self.status() < 500 {
            Default4xx
        } else {
            Default5xx
        }
    }

    fn row(self) -> (ResponseType, &'static str, u16) {
        TYPES[self as usize]
    }
}

/// The gateway responses that a definition customises.
#[derive(Debug, Default)]
pub struct GatewayResponses(pub IndexMap<ResponseType, GatewayResponse>);

/// One customised gateway response. What it leaves out has the type's own default.
#[derive(Debug, Default)]
pub struct GatewayResponse {
    /// The status.
    pub status: Option<u16>,
    /// Headers, each with its source.
    pub headers: Vec<(String, MappingSource)>,
    /// Bodies by content type; empty for the default body.
    pub templates: IndexMap<String, SubstitutionTemplate>,
}

/// A body with variables in it: no directives, no methods.
#[derive(Debug)]
pub struct SubstitutionTemplate(pub Vec<TemplatePart>);

/// A part of a [`SubstitutionTemplate`].
#[derive(Debug)]
pub enum TemplatePart {
    /// Text that stays as it is.
    Text(String),
    /// A variable; one without a value is left out.
    Variable(MappingSource),
}

impl GatewayResponses {
    /// How errors of this type are customised: as the type says, else as its class says. A type
    /// that is customised inherits nothing from its class.
    pub fn of(&self, kind: ResponseType) -> Option<&GatewayResponse> {
        self.0.get(&kind).or_else(|| self.0.get(&kind.class()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_stands_in_its_row() {
        for (kind, name, status) in TYPES {
            assert_eq!((kind.name(), kind.status()), (name, status));
            assert_eq!(ResponseType::named(name), Some(kind));
        }
        assert_eq!(ResponseType::named("bad_request_body"), None);
    }

    #[test]
    fn a_class_stands_for_the_types_that_are_not_customised_themselves() {
        let response = |status| GatewayResponse {
            status: Some(status),
            ..GatewayResponse::default()
        };
        let responses = GatewayResponses(IndexMap::from([
            (Default4xx, response(499)),
            (Unauthorized, response(498)),
        ]));
        let status = |kind| responses.of(kind).and_then(|response| response.status);
        assert_eq!(status(Unauthorized), Some(498));
        assert_eq!(status(Throttled), Some(499));
        assert_eq!(status(IntegrationTimeout), None);
    }
}
