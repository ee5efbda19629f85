//! A connector that looks at every address before it connects to one.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use super::AllowTargets;

/// Connects to permitted addresses only.
#[derive(Debug, Clone)]
pub(super) struct GuardedConnector {
    allowed: AllowTargets,
}

/// All addresses of a host are private, and none is allowed.
#[derive(Debug, thiserror::Error)]
#[error("{host} is at {address}, which is not a public address: allow it with --allow-target {host}:{port}")]
pub(super) struct Refused {
    host: String,
    port: u16,
    address: IpAddr,
}

type ConnectError = Box<dyn std::error::Error + Send + Sync>;

impl GuardedConnector {
    pub(super) fn new(allowed: AllowTargets) -> GuardedConnector {
        GuardedConnector { allowed }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
        let host = uri.host().ok_or("the URL names no host")?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), port)).await?.collect();
        let (permitted, refused): (Vec<_>, Vec<_>) =
            addresses.into_iter().partition(|address| self.allowed.permit(&host, port, address.ip()));
        if permitted.is_empty() {
            return match refused.first() {
                Some(address) => Err(Refused { host, port, address: address.ip() }.into()),
                None => Err(format!("{host} has no address").into()),
            };
        }
        let stream = TcpStream::connect(permitted.as_slice()).await?;
        stream.set_nodelay(true)?;
        Ok(TokioIo::new(stream))
    }
}

impl Service<Uri> for GuardedConnector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}
