//! The certificate by which a client shows who it is.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate chain and its private key, which targets may ask for in the TLS handshake.
#[derive(Clone)]
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
}

impl ClientIdentity {
    /// Reads both from one PEM file.
    ///
    /// # Errors
    /// The file cannot be read, or lacks one of the two; the text says which.
    pub fn read(file: &Path) -> std::io::Result<ClientIdentity> {
        let text = std::fs::read(file)?;
        let wrong = |what: &str, error: String| {
            std::io::Error::other(format!("expected {what} in PEM: {error}"))
        };
        let chain = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| wrong("a certificate", error.to_string()))?;
        if chain.is_empty() {
            return Err(wrong("a certificate", "the file has none".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(&text);
        let key = key.map_err(|error| wrong("the key of the certificate", error.to_string()))?;
        Ok(ClientIdentity {
            chain,
            key: Arc::new(key),
        })
    }

    /// The chain, and a copy of the key.
    pub(super) fn parts(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        (self.chain.clone(), self.key.clone_key())
    }
}

impl std::fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientIdentity").finish_non_exhaustive()
    }
}
