//! Why a call to a service got no reply.

use crate::send::SendError;
use crate::sigv4::SigningError;

/// Why a call could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There are no credentials to sign with.
    #[error("no credentials: {0}")]
    Credentials(String),
    /// The call cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// See [`SendError`].
    #[error(transparent)]
    Send(#[from] SendError),
}
