//! Who is at the other end of a connection. Handlers find it among a request's extensions.

use std::net::SocketAddr;
use std::sync::Arc;

use super::tls::TlsPeer;

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The client, or the proxy in front of it. A trusted proxy that speaks the PROXY protocol is
    /// replaced by the address that it names.
    pub address: SocketAddr,
    /// What TLS says; none without it.
    pub tls: Option<Arc<TlsPeer>>,
}

impl Peer {
    /// A client without TLS.
    pub fn plain(address: SocketAddr) -> Peer {
        Peer { address, tls: None }
    }
}
