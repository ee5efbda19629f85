//! A connector that checks every address before it connects to it, and uses a proxy where it
//! should.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::net::TcpStream;
use tower::{Service, ServiceExt as _};

use super::allow::AllowTargets;
use super::keepalive::KeepaliveStream;

/// An address that has not answered by then does not (the AWS SDK's number); one with others behind
/// it gives way sooner.
const LAST: Duration = Duration::from_millis(3_100);
const IN_TURN: Duration = Duration::from_millis(500);

/// Connects to permitted addresses only.
#[derive(Debug, Clone)]
pub(super) struct GuardedConnector {
    allowed: AllowTargets,
    proxies: Option<Arc<Matcher>>,
    /// Where connections go, whatever the URL says.
    fixed: Option<Arc<(String, u16)>>,
}

/// All addresses of a host are private, and none is allowed.
#[derive(Debug, thiserror::Error)]
#[error(
    "{host} is at {address}, which is not a public address: allow it with --allow-target {host}:{port}"
)]
pub(super) struct ForbiddenAddress {
    host: String,
    port: u16,
    address: IpAddr,
}

/// The name of a host has no address.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAddress(String);

type ConnectError = Box<dyn std::error::Error + Send + Sync>;

impl GuardedConnector {
    /// A connector to public addresses and those in `allowed`, without a proxy.
    pub(super) fn new(allowed: AllowTargets) -> GuardedConnector {
        GuardedConnector {
            allowed,
            proxies: None,
            fixed: None,
        }
    }

    /// The same, always to this host and port.
    pub(super) fn over(self, fixed: Option<(String, u16)>) -> GuardedConnector {
        GuardedConnector {
            fixed: fixed.map(Arc::new),
            ..self
        }
    }

    /// The same, to `https` through the proxies of `proxies`: then only the proxy's address is
    /// looked at.
    pub(super) fn through(self, proxies: Matcher) -> GuardedConnector {
        GuardedConnector {
            proxies: Some(Arc::new(proxies)),
            ..self
        }
    }

    /// The proxy on the way to `uri`. Plain HTTP has none: that is an emulator nearby, or an
    /// address inside of the network.
    fn proxy(&self, uri: &Uri) -> Option<Intercept> {
        let is_encrypted = uri.scheme_str() == Some("https");
        self.proxies
            .as_ref()
            .filter(|_| is_encrypted)?
            .intercept(uri)
    }

    async fn reach(self, uri: Uri) -> Result<KeepaliveStream, ConnectError> {
        let Some(proxy) = self.proxy(&uri) else {
            return self.connect(uri).await;
        };
        // Other kinds would get the password in clear text, or would not understand the request.
        if proxy.uri().scheme_str() != Some("http") {
            let scheme = proxy.uri().scheme_str().unwrap_or_default();
            return Err(
                format!("the proxy: only http:// proxies are supported, got {scheme}://").into(),
            );
        }
        let mut tunnel = Tunnel::new(
            proxy.uri().clone(),
            GuardedConnector {
                proxies: None,
                ..self
            },
        );
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        Ok(tunnel
            .oneshot(uri)
            .await
            .map_err(|error| format!("the proxy: {}", crate::aws::explain(&error)))?)
    }

    async fn connect(self, uri: Uri) -> Result<KeepaliveStream, ConnectError> {
        let (host, port) = match &self.fixed {
            Some(fixed) => (fixed.0.clone(), fixed.1),
            None => host_and_port(&uri)?,
        };
        let addresses = addresses(&host, port).await?;
        let permitted = self.permitted(&host, port, addresses.into_iter())?;
        let stream = first_of(&permitted).await?;
        stream.set_nodelay(true)?;
        Ok(KeepaliveStream::new(stream))
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
            Some(address) => Err(ForbiddenAddress {
                host: host.to_owned(),
                port,
                address: address.ip(),
            }
            .into()),
            None => Err(NoAddress(format!("{host} has no address")).into()),
        }
    }
}

/// The addresses of a host. Names below `localhost` are this machine, and resolvers need not know
/// them (RFC 6761, section 6.3).
async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, NoAddress> {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if name.ends_with(".localhost") {
        let own = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        return Ok(own
            .map(|address: IpAddr| SocketAddr::new(address, port))
            .to_vec());
    }
    let found = tokio::net::lookup_host((host, port)).await;
    let found = found.map_err(|error| NoAddress(error.to_string()))?;
    Ok(found.collect())
}

/// The host and the port of a URL.
fn host_and_port(uri: &Uri) -> Result<(String, u16), ConnectError> {
    let host = uri.host().ok_or("the URL names no host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_encrypted = uri.scheme_str() == Some("https");
    let port = uri
        .port_u16()
        .unwrap_or(if is_encrypted { 443 } else { 80 });
    Ok((host.to_owned(), port))
}

/// Connects to the first address that answers.
async fn first_of(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let late =
        |address| std::io::Error::new(ErrorKind::TimedOut, format!("{address} does not answer"));
    let mut failure = std::io::Error::from(ErrorKind::AddrNotAvailable);
    for (index, address) in addresses.iter().enumerate() {
        let patience = if index + 1 < addresses.len() {
            IN_TURN
        } else {
            LAST
        };
        match tokio::time::timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = error,
            Err(_) => failure = late(address),
        }
    }
    Err(failure)
}

impl Service<Uri> for GuardedConnector {
    type Response = KeepaliveStream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().reach(uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    fn permitted(allowed: &[&str], addresses: &[&str]) -> Result<Vec<String>, String> {
        let allowed = AllowTargets::new(allowed.iter().map(|text| text.parse().unwrap()));
        let addresses = addresses.iter().map(|text| text.parse().unwrap());
        let permitted = GuardedConnector::new(allowed).permitted("x.example", 443, addresses);
        permitted
            .map(|all| all.iter().map(ToString::to_string).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn of_a_name_with_public_and_private_addresses_only_the_public_ones_are_connected_to() {
        let mixed = [
            "10.0.0.1:443",
            "8.8.8.8:443",
            "[::1]:443",
            "169.254.169.254:443",
        ];
        assert_eq!(permitted(&[], &mixed), Ok(vec!["8.8.8.8:443".into()]));
        assert_eq!(
            permitted(&["::1"], &mixed),
            Ok(vec!["8.8.8.8:443".into(), "[::1]:443".into()])
        );
        let refused = permitted(&[], &["10.0.0.1:443", "[::1]:443"]).unwrap_err();
        assert!(
            refused.contains("--allow-target x.example:443"),
            "{refused}"
        );
        assert_eq!(permitted(&[], &[]), Err("x.example has no address".into()));
    }

    /// A proxy that takes one connection: what it was asked for.
    async fn proxy(listener: tokio::net::TcpListener, answer: &str) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            asked.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(asked).unwrap()
    }

    #[tokio::test]
    async fn a_proxy_that_is_not_spoken_to_gets_no_password() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        for scheme in ["https", "socks5"] {
            let proxy = format!("{scheme}://me:pass@{}", listener.local_addr().unwrap());
            let connector = GuardedConnector::new(AllowTargets::anywhere());
            let connector = connector.through(Matcher::builder().https(proxy).build());
            let refused = connector
                .oneshot(Uri::from_static("https://far.example"))
                .await
                .unwrap_err()
                .to_string();
            assert!(
                refused.contains(&format!("got {scheme}://")) && !refused.contains("pass"),
                "{refused}"
            );
        }
        assert!(
            tokio::time::timeout(Duration::from_millis(50), listener.accept())
                .await
                .is_err(),
            "nobody called"
        );
    }

    #[tokio::test]
    async fn an_address_that_refuses_gives_way_to_the_next() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        assert_eq!(
            first_of(&[closed, open])
                .await
                .unwrap()
                .peer_addr()
                .unwrap(),
            open
        );
        assert_eq!(
            first_of(&[closed]).await.unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
    }

    #[tokio::test]
    async fn an_encrypted_connection_goes_through_the_proxy() {
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\n\r\n", Ok(())),
            ("HTTP/1.1 407 No\r\n\r\n", Err("the proxy: ")),
        ] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let proxies = Matcher::builder()
                .https(format!("http://me:pass@{address}"))
                .no("near.example")
                .build();
            let connector = GuardedConnector::new(AllowTargets::anywhere()).through(proxies);
            let far = connector
                .clone()
                .oneshot(Uri::from_static("https://far.example"));
            let (connected, asked) = tokio::join!(far, proxy(listener, answer));
            assert!(
                asked.starts_with("CONNECT far.example:443 HTTP/1.1\r\n"),
                "{asked}"
            );
            assert!(
                asked
                    .to_lowercase()
                    .contains("proxy-authorization: basic bwu6cgfzcw=="),
                "{asked}"
            );
            let connected = connected.map(drop).map_err(|error| error.to_string());
            match expected {
                Ok(()) => assert_eq!(connected, Ok(())),
                Err(start) => assert!(
                    connected.as_ref().unwrap_err().starts_with(start),
                    "{connected:?}"
                ),
            }
            for straight in ["https://near.example", "http://far.example"] {
                assert!(
                    connector.proxy(&Uri::from_static(straight)).is_none(),
                    "{straight}"
                );
            }
        }
    }
}
