//! Why a call got no reply.

use std::time::Duration;

use http::StatusCode;

/// Why there is no reply. None of the texts holds a header, a query string or a body.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The target is at a private, loopback or link-local address that is not allowed.
    #[error("{0}")]
    Refused(String),
    /// The name of the target has no address.
    #[error("cannot connect to {0}")]
    NoAddress(String),
    /// No connection: network, port or TLS.
    #[error("cannot connect to {0}")]
    Unreachable(String),
    /// The deadline passed.
    #[error("no complete response within {0:?}")]
    Timeout(Duration),
    /// The deadline passed while the answer's body was on its way.
    #[error(
        "incomplete response within {within:?}: the status {status} arrived, the whole body did not"
    )]
    Unfinished {
        /// The status that it began with.
        status: StatusCode,
        /// The deadline.
        within: Duration,
    },
    /// The connection broke, or what came back is not HTTP.
    #[error("the connection failed: {0}")]
    Broken(String),
    /// The call cannot be written as an HTTP request.
    #[error("the call cannot be sent: {0}")]
    Unsendable(String),
}

impl SendError {
    /// The same, naming another deadline: that of a whole of which this call was the last part.
    #[must_use]
    pub fn with_deadline(self, within: Duration) -> SendError {
        match self {
            SendError::Timeout(_) => SendError::Timeout(within),
            SendError::Unfinished { status, .. } => SendError::Unfinished { status, within },
            other => other,
        }
    }

    /// Whether there was no whole answer in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self, SendError::Timeout(_) | SendError::Unfinished { .. })
    }
}
