//! The HTTP client under all calls, over guarded connections.

use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connect::GuardedConnector;

/// A client that keeps idle connections for `idle`. It trusts the system's certificate authorities.
///
/// # Errors
/// The system's certificate authorities cannot be read.
pub(super) fn client<B>(
    connector: GuardedConnector,
    idle: Duration,
) -> std::io::Result<Client<HttpsConnector<GuardedConnector>, B>>
where
    B: hyper::body::Body + Send,
    B::Data: Send,
{
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    let mut builder = Client::builder(TokioExecutor::new());
    Ok(builder
        .pool_idle_timeout(idle)
        .pool_timer(TokioTimer::new())
        .build(connector))
}
