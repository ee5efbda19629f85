//! Guarded connections with TLS, and the HTTP client of the SDK over them.

use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use super::any_issuer::AnyIssuer;
use super::client_identity::ClientIdentity;
use super::connect::GuardedConnector;

/// Whose certificates are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Issuers {
    /// Those of the system's certificate authorities.
    System,
    /// Anybody's.
    Any,
}

/// A client that keeps idle connections for `idle`, with a task for each.
///
/// # Errors
/// The system's certificate authorities cannot be read.
pub(super) fn client<B>(
    way: GuardedConnector,
    idle: Duration,
    issuers: Issuers,
) -> std::io::Result<Client<HttpsConnector<GuardedConnector>, B>>
where
    B: hyper::body::Body + Send,
    B::Data: Send,
{
    let connector = connector(way, issuers, None)?;
    let mut builder = Client::builder(TokioExecutor::new());
    Ok(builder
        .pool_idle_timeout(idle)
        .pool_timer(TokioTimer::new())
        .build(connector))
}

/// Connects by `way`, also encrypted. It trusts the certificates that `issuers` says, and shows
/// `identity` to who asks for a certificate.
///
/// # Errors
/// The system's certificate authorities cannot be read, or the identity's key does not belong to
/// its certificate.
pub(super) fn connector(
    way: GuardedConnector,
    issuers: Issuers,
    identity: Option<&ClientIdentity>,
) -> std::io::Result<HttpsConnector<GuardedConnector>> {
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls(issuers, identity)?);
    Ok(builder.https_or_http().enable_http1().wrap_connector(way))
}

fn tls(issuers: Issuers, identity: Option<&ClientIdentity>) -> std::io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?;
    let config = match issuers {
        Issuers::System => config.with_native_roots()?,
        Issuers::Any => config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyIssuer::new(provider))),
    };
    let Some(identity) = identity else {
        return Ok(config.with_no_client_auth());
    };
    let (chain, key) = identity.parts();
    config
        .with_client_auth_cert(chain, key)
        .map_err(std::io::Error::other)
}
