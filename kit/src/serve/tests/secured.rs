//! TLS: which certificate is shown, which protocol is spoken, which clients are trusted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

/// An authority that writes certificates into a folder.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "authority");
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let own = params.self_signed(&key).unwrap();
        std::fs::write(folder.path().join("authority.pem"), own.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        Authority { issuer, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The files of a certificate for a name, and of its key.
    fn issue(&self, name: &str, file: &str) -> (PathBuf, PathBuf) {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Example, Inc");
        params.distinguished_name.push(DnType::CommonName, name);
        params.serial_number = Some(rcgen::SerialNumber::from(7_u64));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let paths = (
            self.path(&format!("{file}.pem")),
            self.path(&format!("{file}.key")),
        );
        std::fs::write(&paths.0, certificate.pem()).unwrap();
        std::fs::write(&paths.1, key.serialize_pem()).unwrap();
        paths
    }

    /// A client that trusts this authority, asks for a name, and may have a certificate.
    async fn connect(
        &self,
        address: SocketAddr,
        name: &str,
        protocols: &[&str],
        own: Option<&(PathBuf, PathBuf)>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&self.path("authority.pem"))).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots);
        let mut config = match own {
            None => config.with_no_client_auth(),
            Some((own, key)) => {
                let key = PrivateKeyDer::from_pem_file(key).unwrap();
                config
                    .with_client_auth_cert(vec![certificate(own)], key)
                    .unwrap()
            }
        };
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }
}

fn certificate(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).unwrap()
}

/// A port with these files, whose handler answers what TLS says.
fn secured(files: &TlsFiles) -> (SocketAddr, Arc<Tls>, CancellationToken) {
    let tls = Arc::new(Tls::read(files).unwrap());
    let listener = bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let app = Router::new().route(
        "/",
        get(async |axum::Extension(peer): axum::Extension<Peer>| {
            let tls = peer.tls.unwrap();
            let shown = tls.certificate.as_ref().map(|shown| {
                (
                    shown.subject.clone(),
                    shown.issuer.clone(),
                    shown.serial_number.clone(),
                )
            });
            format!("{:?} {shown:?}", tls.server_name)
        }),
    );
    let server = Server {
        tls: Some(tls.clone()),
        ..strict()
    };
    tokio::spawn(server.serve(listener, Arc::new(app), stop.clone()));
    (address, tls, stop)
}

async fn ask(mut stream: TlsStream<TcpStream>) -> io::Result<String> {
    let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await?;
    let mut got = String::new();
    stream.read_to_string(&mut got).await?;
    Ok(got)
}

#[tokio::test]
async fn a_domain_shows_its_own_certificate_and_files_are_read_again() {
    crate::program::install_tls();
    let authority = Authority::new();
    let mut files = TlsFiles::default();
    files.certificates.push(authority.issue("a.example", "a"));
    files.certificates.push(authority.issue("*.b.example", "b"));
    let (address, tls, stop) = secured(&files);
    let shown = async |name: &str| {
        let stream = authority.connect(address, name, &[], None).await?;
        let chain = stream.get_ref().1.peer_certificates().unwrap().to_vec();
        io::Result::Ok(chain[0].clone())
    };
    assert_eq!(
        shown("a.example").await.unwrap(),
        certificate(&files.certificates[0].0)
    );
    assert_eq!(
        shown("x.b.example").await.unwrap(),
        certificate(&files.certificates[1].0)
    );
    assert!(
        shown("c.example").await.is_err(),
        "no certificate is for this name"
    );

    authority.issue("c.example", "a");
    tls.reload(&files).unwrap();
    assert!(shown("c.example").await.is_ok());
    std::fs::write(&files.certificates[0].1, "no key").unwrap();
    let error = tls.reload(&files).unwrap_err().to_string();
    assert!(
        error.starts_with("no private key in ") && error.contains("a.key"),
        "{error}"
    );
    assert!(shown("c.example").await.is_ok());
    stop.cancel();
}

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    crate::program::install_tls();
    let authority = Authority::new();
    let mut files = TlsFiles::default();
    files.certificates.push(authority.issue("a.example", "a"));
    let (address, _, stop) = secured(&files);
    for (offered, chosen) in [
        (["h2", "http/1.1"].as_slice(), Some(b"h2".as_slice())),
        (&["http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let stream = authority
            .connect(address, "a.example", offered, None)
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), chosen);
        if chosen == Some(b"h2") {
            let io = hyper_util::rt::TokioIo::new(stream);
            let executor = hyper_util::rt::TokioExecutor::new();
            let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io)
                .await
                .unwrap();
            tokio::spawn(connection);
            let request = http::Request::get("https://a.example/");
            let request = request.body(axum::body::Body::empty()).unwrap();
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!(answer.version(), http::Version::HTTP_2);
        } else {
            assert!(
                ask(stream)
                    .await
                    .unwrap()
                    .ends_with(r#"Some("a.example") None"#)
            );
        }
    }
    stop.cancel();
}

#[tokio::test]
async fn a_domain_with_a_trust_store_wants_a_certificate_of_its_authority() {
    crate::program::install_tls();
    let (authority, other) = (Authority::new(), Authority::new());
    let mut files = TlsFiles::default();
    files.certificates.push(authority.issue("*.c.example", "a"));
    files.trust.push(TrustStore {
        domain: Some("mutual.c.example".to_owned()),
        file: authority.path("authority.pem"),
    });
    let (address, _, stop) = secured(&files);
    let own = authority.issue("client", "client");
    let foreign = other.issue("client", "client");
    let ask_as = async |name: &str, own: Option<&(PathBuf, PathBuf)>| {
        // A client of TLS 1.3 learns only when it reads that its certificate was refused.
        ask(authority.connect(address, name, &[], own).await?).await
    };
    let answer = ask_as("mutual.c.example", Some(&own)).await.unwrap();
    let expected =
        r#"Some("mutual.c.example") Some(("O=Example\\, Inc,CN=client", "CN=authority", "7"))"#;
    assert!(answer.ends_with(expected), "{answer}");
    assert!(ask_as("mutual.c.example", None).await.is_err());
    assert!(ask_as("mutual.c.example", Some(&foreign)).await.is_err());
    assert!(
        ask_as("open.c.example", None)
            .await
            .unwrap()
            .ends_with("None")
    );
    stop.cancel();
}
