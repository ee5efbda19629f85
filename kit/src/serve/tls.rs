//! TLS: certificates from files, one for each domain, and the clients that a domain trusts.
//!
//! The files are read again while the program runs; a handshake uses those that were read last.

mod client_certificate;
mod der;
mod domains;

pub use client_certificate::ClientCertificate;
pub use domains::{TlsFiles, TrustStore};

use std::io;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use domains::Domains;

/// What a TLS handshake says of a client.
#[derive(Debug, Clone, Default)]
pub struct TlsPeer {
    /// The name that the client asked for, in lower case.
    pub server_name: Option<String>,
    /// The certificate that it showed, and that is trusted.
    pub certificate: Option<ClientCertificate>,
}

/// The TLS of a port.
#[derive(Debug)]
pub struct Tls(ArcSwap<Domains>);

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// One cannot be read, or a key does not belong to its certificate; the text names it.
    pub fn read(files: &TlsFiles) -> anyhow::Result<Tls> {
        Ok(Tls(ArcSwap::from_pointee(Domains::read(files)?)))
    }

    /// Reads the files again. Connections that are open keep what they began with.
    ///
    /// # Errors
    /// As [`Tls::read`]; then nothing changes.
    pub fn reload(&self, files: &TlsFiles) -> anyhow::Result<()> {
        self.0.store(Arc::new(Domains::read(files)?));
        Ok(())
    }

    /// Does the handshake of one connection.
    pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<(TlsStream<S>, TlsPeer)> {
        let acceptor = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
        let hello = acceptor.await?;
        let name = hello.client_hello().server_name().map(str::to_lowercase);
        let config = self.0.load().choose(name.as_deref());
        let stream = hello.into_stream(config).await?;
        let certificates = stream.get_ref().1.peer_certificates();
        let certificate = certificates.and_then(|chain| ClientCertificate::read(chain.first()?));
        let peer = TlsPeer {
            server_name: name,
            certificate,
        };
        Ok((stream, peer))
    }
}
