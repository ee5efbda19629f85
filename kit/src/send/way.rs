//! The way that a sender's connections take.

use super::allow::AllowTargets;
use super::client_identity::ClientIdentity;

/// The way to the targets of a [`Sender`](super::Sender).
#[derive(Debug, Clone, Default)]
pub struct Way {
    pub(super) allowed: AllowTargets,
    pub(super) fixed: Option<(String, u16)>,
    pub(super) any_issuer: bool,
    pub(super) identity: Option<ClientIdentity>,
}

impl Way {
    /// Straight to the host of a call's URL: to public addresses, and to those in `allowed`.
    pub fn to(allowed: AllowTargets) -> Way {
        Way {
            allowed,
            ..Way::default()
        }
    }

    /// To this host and port, whatever the URL says: the operator has named them. The URL still
    /// gives the scheme, the `Host` header and the name that the certificate must have.
    pub fn over(host: &str, port: u16) -> Way {
        Way {
            allowed: AllowTargets::anywhere(),
            fixed: Some((host.to_owned(), port)),
            ..Way::default()
        }
    }

    /// The same, where certificates need no issuer that is trusted here; names and dates are
    /// checked.
    #[must_use]
    pub fn with_any_issuer(self) -> Way {
        Way {
            any_issuer: true,
            ..self
        }
    }

    /// The same, where targets that ask for a certificate are shown this one.
    #[must_use]
    pub fn with_identity(self, identity: ClientIdentity) -> Way {
        Way {
            identity: Some(identity),
            ..self
        }
    }
}
