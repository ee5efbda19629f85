//! Why API Gateway itself answers: the type of gateway response, status, `x-amzn-ErrorType` and
//! message of each reason.
//!
//! Bodies come in two spellings, with and without a blank after the colon; their lengths are
//! observable, so both are kept. See `docs/aws/api-gateway.md#default-bodies`.

use std::borrow::Cow;

use http::StatusCode;

use super::token_refusal::TokenRefusal;
use crate::api::ResponseType;

/// Why API Gateway itself answers a request, with what the message needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Unknown path or method.
    MissingAuthenticationToken,
    /// Unknown path or method, in a request whose `Authorization` header is not SigV4; holds the
    /// hash of the header in base64.
    InvalidSignature(String),
    /// A request whose signature cannot be read; holds AWS's words.
    IncompleteSignature(String),
    /// A request whose signature is wrong, or too old; holds AWS's words.
    WrongSignature(String),
    /// A request that is signed with an unknown access key, or without its session's token.
    UnrecognizedClient,
    /// A request that is signed in a session which has ended.
    ExpiredToken,
    /// A caller without credentials, or with wrong ones.
    Unauthorized,
    /// A caller whose token of an identity provider has expired.
    IncomingTokenExpired,
    /// A caller whose token an HTTP API does not accept.
    TokenRefused(TokenRefusal),
    /// A caller that may not call the method; holds AWS's words.
    AccessDenied(String),
    /// A Lambda authorizer failed, or its answer is malformed; or an authorizer cannot be reached.
    AuthorizerMisconfigured,
    /// A Lambda authorizer gave no answer.
    AuthorizerFailed,
    /// Unknown host or stage.
    Forbidden,
    /// Unknown path or method of an HTTP API.
    NotFound,
    /// The caller may not invalidate the cache, and the stage answers that with 403.
    InvalidationRefused,
    /// The method requires an API key, and the request has none that is good for its stage.
    InvalidApiKey,
    /// A usage plan's, method's or account's throttle, or the gateway has no capacity left.
    Throttled,
    /// The quota of a usage plan is used up.
    QuotaExceeded,
    /// Parameters are missing that the method requires; holds their names.
    BadRequestParameters(Vec<String>),
    /// The body does not fit the model; holds the validator's findings.
    BadRequestBody(String),
    /// There is no template for the content type, and the method does not pass bodies through.
    UnsupportedMediaType,
    /// A body mapping met a body that is not JSON.
    InvalidJson,
    /// A path parameter holds `.` or `..` and would leave the path that the integration fixes. Our
    /// choice: what AWS does is not documented.
    InvalidPath,
    /// The payload is longer than 10 MB.
    RequestTooLarge,
    /// The URL is longer than 10,240 characters.
    UriTooLong,
    /// All header values together exceed 10,240 bytes.
    HeadersTooLarge,
    /// The request is malformed HTTP.
    BadRequest,
    /// The gateway has no room for another connection.
    ServiceUnavailable,
    /// The client did not send its body in time.
    RequestTimeout,
    /// The backend could not be reached, or broke the connection.
    IntegrationFailure,
    /// The backend took longer than the integration's timeout.
    IntegrationTimeout,
    /// Lambda did not run the function: it is throttled, does not exist, or may not be called.
    FunctionUnavailable,
    /// The payload for a function is longer than Lambda takes.
    FunctionPayloadTooLarge,
    /// Lambda did not take the payload that a template made; holds Lambda's own message.
    InvalidFunctionPayload(String),
    /// A function failed, or its result is not in the form of `AWS_PROXY` integrations.
    MalformedFunctionResponse,
    /// The service that the integration calls is not there: not on AWS, but where a part of a
    /// definition runs.
    ServiceAbsent,
    /// The definition is at fault: a template fails, an integration response is missing, a mapping
    /// is not allowed.
    ConfigurationError,
}

/// API Gateway's payload limit, in bytes.
pub(crate) const PAYLOAD_LIMIT: usize = 10_485_760;

/// How a default body spells its JSON. Errors from before the integration have no blank, later ones
/// have one.
#[derive(Debug, Clone, Copy)]
enum Spelling {
    Tight,
    Blank,
    /// Not JSON at all.
    Plain,
    /// The key is `Message`, as the services of AWS spell it.
    Capital,
    /// There is no message.
    Null,
}

impl Fault {
    /// The type of gateway response, by which the answer is customised; none where the error arises
    /// before the API is known.
    pub fn kind(&self) -> Option<ResponseType> {
        Some(match self {
            Fault::MissingAuthenticationToken => ResponseType::MissingAuthenticationToken,
            Fault::InvalidSignature(_)
            | Fault::IncompleteSignature(_)
            | Fault::WrongSignature(_) => ResponseType::InvalidSignature,
            Fault::UnrecognizedClient | Fault::AccessDenied(_) | Fault::InvalidationRefused => {
                ResponseType::AccessDenied
            }
            Fault::TokenRefused(TokenRefusal::Scope(_)) => ResponseType::AccessDenied,
            Fault::Unauthorized | Fault::IncomingTokenExpired | Fault::TokenRefused(_) => {
                ResponseType::Unauthorized
            }
            Fault::ExpiredToken => ResponseType::ExpiredToken,
            Fault::AuthorizerMisconfigured => ResponseType::AuthorizerConfigurationError,
            Fault::AuthorizerFailed => ResponseType::AuthorizerFailure,
            Fault::InvalidApiKey => ResponseType::InvalidApiKey,
            Fault::Throttled => ResponseType::Throttled,
            Fault::QuotaExceeded => ResponseType::QuotaExceeded,
            Fault::BadRequestParameters(_) => ResponseType::BadRequestParameters,
            Fault::BadRequestBody(_) => ResponseType::BadRequestBody,
            Fault::UnsupportedMediaType => ResponseType::UnsupportedMediaType,
            Fault::InvalidJson
            | Fault::InvalidPath
            | Fault::InvalidFunctionPayload(_)
            | Fault::FunctionPayloadTooLarge => ResponseType::Default4xx,
            Fault::IntegrationFailure
            | Fault::FunctionUnavailable
            | Fault::ServiceAbsent
            | Fault::MalformedFunctionResponse => ResponseType::IntegrationFailure,
            Fault::IntegrationTimeout => ResponseType::IntegrationTimeout,
            Fault::ConfigurationError => ResponseType::ApiConfigurationError,
            Fault::Forbidden
            | Fault::NotFound
            | Fault::BadRequest
            | Fault::ServiceUnavailable
            | Fault::RequestTooLarge
            | Fault::UriTooLong
            | Fault::HeadersTooLarge
            | Fault::RequestTimeout => return None,
        })
    }

    /// The HTTP status: that of the type, unless the reason has its own.
    pub fn status(&self) -> StatusCode {
        match self {
            Fault::Forbidden => StatusCode::FORBIDDEN,
            Fault::NotFound => StatusCode::NOT_FOUND,
            Fault::BadRequest => StatusCode::BAD_REQUEST,
            Fault::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Fault::RequestTooLarge | Fault::FunctionPayloadTooLarge => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Fault::UriTooLong => StatusCode::URI_TOO_LONG,
            Fault::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Fault::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Fault::FunctionUnavailable => StatusCode::INTERNAL_SERVER_ERROR,
            Fault::ServiceAbsent | Fault::MalformedFunctionResponse => StatusCode::BAD_GATEWAY,
            _ => self
                .kind()
                .and_then(|kind| StatusCode::from_u16(kind.status()).ok())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// The value of `x-amzn-ErrorType`; none where the error arises before the API is known.
    pub fn error_type(&self) -> Option<&'static str> {
        Some(match self {
            Fault::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Fault::InvalidSignature(_) | Fault::IncompleteSignature(_) => {
                "IncompleteSignatureException"
            }
            Fault::WrongSignature(_) => "InvalidSignatureException",
            Fault::UnrecognizedClient => "UnrecognizedClientException",
            Fault::TokenRefused(TokenRefusal::Scope(_)) => "ForbiddenException",
            Fault::Unauthorized | Fault::IncomingTokenExpired | Fault::TokenRefused(_) => {
                "UnauthorizedException"
            }
            Fault::ExpiredToken => "ExpiredTokenException",
            Fault::AccessDenied(_) | Fault::InvalidationRefused => "AccessDeniedException",
            Fault::AuthorizerMisconfigured => "AuthorizerConfigurationException",
            Fault::AuthorizerFailed => "AuthorizerFailureException",
            Fault::Forbidden | Fault::InvalidApiKey => "ForbiddenException",
            Fault::BadRequest
            | Fault::BadRequestParameters(_)
            | Fault::BadRequestBody(_)
            | Fault::UnsupportedMediaType
            | Fault::InvalidJson
            | Fault::InvalidPath
            | Fault::InvalidFunctionPayload(_) => "BadRequestException",
            Fault::FunctionPayloadTooLarge => "RequestTooLargeException",
            Fault::Throttled => "TooManyRequestsException",
            Fault::QuotaExceeded => "LimitExceededException",
            Fault::ServiceUnavailable => "ServiceUnavailableException",
            Fault::IntegrationFailure
            | Fault::IntegrationTimeout
            | Fault::FunctionUnavailable
            | Fault::ServiceAbsent
            | Fault::MalformedFunctionResponse
            | Fault::ConfigurationError => "InternalServerErrorException",
            Fault::RequestTooLarge
            | Fault::NotFound
            | Fault::UriTooLong
            | Fault::HeadersTooLarge
            | Fault::RequestTimeout => return None,
        })
    }

    /// The message, and how its default body spells it.
    fn text(&self) -> (Cow<'_, str>, Spelling) {
        let (message, spelling) = match self {
            Fault::MissingAuthenticationToken => ("Missing Authentication Token", Spelling::Tight),
            Fault::InvalidSignature(hash) => {
                return (invalid_signature(hash).into(), Spelling::Tight);
            }
            Fault::InvalidationRefused => (
                "User is not authorized to access this resource",
                Spelling::Tight,
            ),
            Fault::IncompleteSignature(text) | Fault::WrongSignature(text) => {
                (text.as_str(), Spelling::Tight)
            }
            Fault::UnrecognizedClient => (
                "The security token included in the request is invalid.",
                Spelling::Tight,
            ),
            Fault::TokenRefused(TokenRefusal::Scope(_)) => ("Forbidden", Spelling::Tight),
            Fault::Unauthorized | Fault::TokenRefused(_) => ("Unauthorized", Spelling::Tight),
            Fault::ExpiredToken => (
                "The security token included in the request is expired",
                Spelling::Tight,
            ),
            Fault::IncomingTokenExpired => ("The incoming token has expired", Spelling::Tight),
            Fault::AccessDenied(text) => (text.as_str(), Spelling::Capital),
            Fault::AuthorizerMisconfigured | Fault::AuthorizerFailed => ("", Spelling::Null),
            Fault::Forbidden | Fault::InvalidApiKey => ("Forbidden", Spelling::Tight),
            Fault::NotFound => ("Not Found", Spelling::Tight),
            Fault::Throttled => ("Too Many Requests", Spelling::Tight),
            Fault::QuotaExceeded => ("Limit Exceeded", Spelling::Tight),
            Fault::BadRequest => ("Bad Request", Spelling::Tight),
            Fault::ServiceUnavailable => ("Service Unavailable", Spelling::Tight),
            Fault::UriTooLong => ("Request URI too long", Spelling::Tight),
            Fault::HeadersTooLarge => ("Request Header Fields Too Large", Spelling::Tight),
            Fault::RequestTimeout => ("Request Timeout", Spelling::Tight),
            Fault::RequestTooLarge => (
                "HTTP content length exceeded 10485760 bytes.",
                Spelling::Plain,
            ),
            Fault::BadRequestParameters(names) => {
                return (missing_parameters(names).into(), Spelling::Blank);
            }
            Fault::BadRequestBody(_) => ("Invalid request body", Spelling::Blank),
            Fault::UnsupportedMediaType => ("Unsupported Media Type", Spelling::Blank),
            Fault::InvalidJson => ("Invalid JSON in request body", Spelling::Blank),
            Fault::InvalidPath => ("Invalid path parameter", Spelling::Blank),
            Fault::IntegrationFailure => {
                ("Network error communicating with endpoint", Spelling::Blank)
            }
            Fault::IntegrationTimeout => ("Endpoint request timed out", Spelling::Blank),
            Fault::FunctionPayloadTooLarge => ("Request Too Long", Spelling::Tight),
            Fault::InvalidFunctionPayload(message) => (message.as_str(), Spelling::Blank),
            Fault::FunctionUnavailable
            | Fault::ServiceAbsent
            | Fault::MalformedFunctionResponse
            | Fault::ConfigurationError => ("Internal server error", Spelling::Blank),
        };
        (message.into(), spelling)
    }

    /// `www-authenticate`, where a caller is told why its token is not accepted.
    pub(crate) fn challenge(&self) -> Option<String> {
        match self {
            Fault::TokenRefused(refusal) => Some(refusal.challenge()),
            _ => None,
        }
    }

    /// The content type of the body.
    pub fn content_type(&self) -> &'static str {
        match self.text().1 {
            Spelling::Plain => "text/plain",
            _ => "application/json",
        }
    }

    /// `$context.error.message`.
    pub fn message(&self) -> String {
        self.text().0.into_owned()
    }

    /// `$context.error.validationErrorString`.
    pub fn validation_errors(&self) -> Option<&str> {
        match self {
            Fault::BadRequestBody(errors) => Some(errors),
            _ => None,
        }
    }

    /// The body, byte for byte as API Gateway sends it when it is not customised.
    pub fn body(&self) -> String {
        let (message, spelling) = self.text();
        let json = |colon: &str| format!(r#"{{"message"{colon}{}}}"#, serde_json::json!(message));
        match spelling {
            Spelling::Plain => message.into_owned(),
            Spelling::Capital => format!(r#"{{"Message":{}}}"#, serde_json::json!(message)),
            Spelling::Null => r#"{"message":null}"#.to_owned(),
            Spelling::Tight => json(":"),
            Spelling::Blank => json(": "),
        }
    }
}

fn missing_parameters(names: &[String]) -> String {
    format!(
        "Missing required request parameters: [{}]",
        names.join(", ")
    )
}

fn invalid_signature(hash: &str) -> String {
    format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{hash}'."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths on record: `docs/aws/api-gateway.md#default-bodies`.
    #[test]
    fn bodies_have_the_recorded_lengths() {
        let recorded = [
            (Fault::Forbidden, 23),
            (Fault::InvalidApiKey, 23),
            (Fault::QuotaExceeded, 28),
            (Fault::Throttled, 31),
            (Fault::BadRequestBody(String::new()), 35),
            (Fault::MissingAuthenticationToken, 42),
            (Fault::ConfigurationError, 36),
            (Fault::IntegrationTimeout, 41),
        ];
        for (fault, length) in recorded {
            assert_eq!(fault.body().len(), length, "{fault:?}");
        }
    }

    #[test]
    fn missing_parameters_are_named() {
        let fault = Fault::BadRequestParameters(vec!["a".into(), "b".into()]);
        assert_eq!(
            fault.body(),
            r#"{"message": "Missing required request parameters: [a, b]"}"#
        );
    }

    #[test]
    fn an_oversized_body_is_answered_in_plain_text() {
        assert_eq!(
            Fault::RequestTooLarge.body(),
            "HTTP content length exceeded 10485760 bytes."
        );
        assert_eq!(Fault::RequestTooLarge.content_type(), "text/plain");
        assert_eq!(Fault::RequestTooLarge.error_type(), None);
    }
}
