//! TLS of a suite: the files of the gateway's certificate and of its clients', and their handshake.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value as Json;

use crate::suite::text;

/// The names of the gateway's certificate.
const DOMAINS: [&str; 2] = ["api.example.com", "open.example.com"];

/// Writes `authority.pem`, and what it has signed: `server`, `client`. `stranger` is signed by
/// another authority. Each is a `.pem` and a `.key`.
pub fn write(folder: &Path) {
    let (authority, own) = authority("Example authority");
    std::fs::write(folder.join("authority.pem"), own).expect("a file");
    issue(&authority, &DOMAINS, &folder.join("server"));
    issue(&authority, &["ada"], &folder.join("client"));
    let (other, _) = self::authority("Another authority");
    issue(&other, &["mallory"], &folder.join("stranger"));
}

fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = named(name);
    let key = KeyPair::generate().expect("a key");
    let own = params.self_signed(&key).expect("a certificate").pem();
    (Issuer::new(params, key), own)
}

fn issue(authority: &Issuer<'_, KeyPair>, names: &[&str], stem: &Path) {
    let all: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(all).expect("names");
    params.distinguished_name = named(names[0]);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    std::fs::write(stem.with_extension("pem"), certificate.pem()).expect("a file");
    std::fs::write(stem.with_extension("key"), key.serialize_pem()).expect("a file");
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// A connection to the domain `name`, with the certificate `client` where the case names one. The
/// handshake follows with the first bytes.
pub fn connect(
    stream: TcpStream,
    folder: &Path,
    tls: &Json,
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    let added = roots.add(certificate(&folder.join("authority.pem")));
    added.expect("a certificate of an authority");
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = match tls["client"].as_str() {
        None => config.with_no_client_auth(),
        Some(client) => {
            let key = PrivateKeyDer::from_pem_file(folder.join(format!("{client}.key")));
            let own = certificate(&folder.join(format!("{client}.pem")));
            config
                .with_client_auth_cert(vec![own], key.expect("a key"))
                .expect("a certificate and its key")
        }
    };
    let name = ServerName::try_from(text(tls, "name")).map_err(std::io::Error::other)?;
    let session = ClientConnection::new(Arc::new(config), name).map_err(std::io::Error::other)?;
    Ok(StreamOwned::new(session, stream))
}

fn certificate(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).expect("a certificate")
}
