//! Why a server refuses a connection or a request before any handler sees it.

use std::error::Error;
use std::fmt;
use std::io;

use http::StatusCode;

/// Why the server itself answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The head of the request breaks a rule of RFC 9112.
    BadRequest,
    /// The request line is longer than the server reads.
    UriTooLong,
    /// The head is longer than the server reads, or has too many fields.
    HeadersTooLarge,
    /// There are as many connections as the server takes, in all or from this address.
    Full,
}

impl Refusal {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Refusal::BadRequest => StatusCode::BAD_REQUEST,
            Refusal::UriTooLong => StatusCode::URI_TOO_LONG,
            Refusal::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Refusal::Full => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The error with which a body ends whose chunks are malformed.
#[derive(Debug)]
pub(super) struct MalformedBody;

impl fmt::Display for MalformedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the chunks of the body are malformed")
    }
}

impl Error for MalformedBody {}

impl From<MalformedBody> for io::Error {
    fn from(malformed: MalformedBody) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, malformed)
    }
}

/// Whether reading a body failed because its chunks are malformed. Otherwise the client broke the
/// connection.
pub fn is_malformed_body(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if inner.is_some_and(<dyn Error + Send + Sync>::is::<MalformedBody>) {
            return true;
        }
        cause = error.source();
    }
    false
}
