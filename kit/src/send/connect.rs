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
        let addresses = tokio::net::lookup_host((host.as_str(), port)).await?;
        let permitted = self.permitted(&host, port, addresses)?;
        let stream = TcpStream::connect(permitted.as_slice()).await?;
        stream.set_nodelay(true)?;
        Ok(TokioIo::new(stream))
    }

    /// Those that may be connected to; a name may have others beside them.
    fn permitted(
        &self,
        host: &str,
        port: u16,
        addresses: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        let (permitted, refused): (Vec<_>, Vec<_>) =
            addresses.partition(|address| self.allowed.permit(host, port, address.ip()));
        match refused.first() {
            _ if !permitted.is_empty() => Ok(permitted),
            Some(address) => Err(Refused { host: host.to_owned(), port, address: address.ip() }.into()),
            None => Err(format!("{host} has no address").into()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(allowed: &[&str], addresses: &[&str]) -> Result<Vec<String>, String> {
        let allowed = AllowTargets::new(allowed.iter().map(|text| text.parse().unwrap()));
        let addresses = addresses.iter().map(|text| text.parse().unwrap());
        let permitted = GuardedConnector::new(allowed).permitted("x.example", 443, addresses);
        permitted.map(|all| all.iter().map(ToString::to_string).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn of_a_name_with_public_and_private_addresses_only_the_public_ones_are_connected_to() {
        let mixed = ["10.0.0.1:443", "8.8.8.8:443", "[::1]:443", "169.254.169.254:443"];
        assert_eq!(permitted(&[], &mixed), Ok(vec!["8.8.8.8:443".into()]));
        assert_eq!(permitted(&["::1"], &mixed), Ok(vec!["8.8.8.8:443".into(), "[::1]:443".into()]));
        let refused = permitted(&[], &["10.0.0.1:443", "[::1]:443"]).unwrap_err();
        assert!(refused.contains("--allow-target x.example:443"), "{refused}");
        assert_eq!(permitted(&[], &[]), Err("x.example has no address".into()));
    }
}
