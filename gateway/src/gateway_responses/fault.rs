//! The default gateway responses: status, `x-amzn-ErrorType` and body of each.
//!
//! Bodies come in two spellings, with and without a blank after the colon; their lengths are
//! observable, so both are kept. See `docs/aws/api-gateway.md#default-bodies`.

use http::StatusCode;

/// Why API Gateway itself answers a request, with what the message needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Unknown path or method.
    MissingAuthenticationToken,
    /// Unknown path or method, in a request whose `Authorization` header is not SigV4; holds the
    /// hash of the header in base64.
    InvalidSignature(String),
    /// Unknown host or stage.
    Forbidden,
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
    /// The client did not send its body in time.
    RequestTimeout,
    /// The gateway has no capacity left.
    Throttled,
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
    /// The definition is at fault: a template fails, an integration response is missing, a mapping
    /// is not allowed.
    ConfigurationError,
}

/// API Gateway's payload limit, in bytes.
pub(crate) const PAYLOAD_LIMIT: usize = 10_485_760;

/// How a body spells its JSON. Errors from before the integration have no blank, later ones have
/// one.
enum Spelling {
    Tight,
    Blank,
    /// Not JSON at all.
    Plain,
}

impl Fault {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Fault::MissingAuthenticationToken | Fault::InvalidSignature(_) | Fault::Forbidden => {
                StatusCode::FORBIDDEN
            }
            Fault::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Fault::InvalidJson | Fault::InvalidPath | Fault::InvalidFunctionPayload(_) => {
                StatusCode::BAD_REQUEST
            }
            Fault::RequestTooLarge | Fault::FunctionPayloadTooLarge => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Fault::UriTooLong => StatusCode::URI_TOO_LONG,
            Fault::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Fault::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Fault::Throttled => StatusCode::TOO_MANY_REQUESTS,
            Fault::IntegrationFailure | Fault::IntegrationTimeout => StatusCode::GATEWAY_TIMEOUT,
            Fault::MalformedFunctionResponse => StatusCode::BAD_GATEWAY,
            Fault::FunctionUnavailable | Fault::ConfigurationError => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// The value of `x-amzn-ErrorType`; none where the error arises before the API is known.
    pub fn error_type(&self) -> Option<&'static str> {
        Some(match self {
            Fault::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Fault::InvalidSignature(_) => "IncompleteSignatureException",
            Fault::Forbidden => "ForbiddenException",
            Fault::UnsupportedMediaType
            | Fault::InvalidJson
            | Fault::InvalidPath
            | Fault::InvalidFunctionPayload(_) => "BadRequestException",
            Fault::FunctionPayloadTooLarge => "RequestTooLargeException",
            Fault::Throttled => "TooManyRequestsException",
            Fault::IntegrationFailure
            | Fault::IntegrationTimeout
            | Fault::FunctionUnavailable
            | Fault::MalformedFunctionResponse
            | Fault::ConfigurationError => "InternalServerErrorException",
            Fault::RequestTooLarge
            | Fault::UriTooLong
            | Fault::HeadersTooLarge
            | Fault::RequestTimeout => return None,
        })
    }

    /// The content type of the body.
    pub fn content_type(&self) -> &'static str {
        match self.text() {
            (_, Spelling::Plain) => "text/plain",
            _ => "application/json",
        }
    }

    /// The body, byte for byte as API Gateway sends it.
    pub fn body(&self) -> String {
        let (message, spelling) = self.text();
        match spelling {
            Spelling::Plain => message,
            Spelling::Tight => format!(r#"{{"message":{}}}"#, serde_json::Value::from(message)),
            Spelling::Blank => format!(r#"{{"message": {}}}"#, serde_json::Value::from(message)),
        }
    }

    fn text(&self) -> (String, Spelling) {
        let (message, spelling) = match self {
            Fault::MissingAuthenticationToken => ("Missing Authentication Token", Spelling::Tight),
            Fault::InvalidSignature(hash) => return (invalid_signature(hash), Spelling::Tight),
            Fault::Forbidden => ("Forbidden", Spelling::Tight),
            Fault::Throttled => ("Too Many Requests", Spelling::Tight),
            Fault::UriTooLong => ("Request URI too long", Spelling::Tight),
            Fault::HeadersTooLarge => ("Request Header Fields Too Large", Spelling::Tight),
            Fault::RequestTimeout => ("Request Timeout", Spelling::Tight),
            Fault::RequestTooLarge => (
                "HTTP content length exceeded 10485760 bytes.",
                Spelling::Plain,
            ),
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
            | Fault::MalformedFunctionResponse
            | Fault::ConfigurationError => ("Internal server error", Spelling::Blank),
        };
        (message.to_owned(), spelling)
    }
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
            (Fault::Throttled, 31),
            (Fault::MissingAuthenticationToken, 42),
            (Fault::ConfigurationError, 36),
            (Fault::IntegrationTimeout, 41),
        ];
        for (fault, length) in recorded {
            assert_eq!(fault.body().len(), length, "{fault:?}");
        }
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
