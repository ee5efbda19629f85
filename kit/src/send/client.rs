//! Guarded connections with TLS, and the HTTP client of the SDK over them.

use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;

use super::any_issuer::AnyIssuer;
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
    let connector = connector(way, issuers)?;
    let mut builder = Client::builder(TokioExecutor::new());
    Ok(builder
        .pool_idle_timeout(idle)
        .pool_timer(TokioTimer::new())
        .build(connector))
}

/// Connects by `way`, also encrypted. It trusts the certificates that `issuers` says.
///
/// # Errors
/// The system's certificate authorities cannot be read.
pub(super) fn connector(
    way: GuardedConnector,
    issuers: Issuers,
) -> std::io::Result<HttpsConnector<GuardedConnector>> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let builder = HttpsConnectorBuilder::new();
    let builder = match issuers {
        Issuers::System => builder.with_provider_and_native_roots(provider)?,
        Issuers::Any => builder.with_tls_config(with_any_issuer(Arc::new(provider))?),
    };
    Ok(builder.https_or_http().enable_http1().wrap_connector(way))
}

fn with_any_issuer(provider: Arc<CryptoProvider>) -> std::io::Result<ClientConfig> {
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyIssuer::new(provider)));
    Ok(config.with_no_client_auth())
}
