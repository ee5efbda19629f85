//! Which certificate a domain shows, and which clients it trusts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, client::verify_server_name};

/// The files of a port's TLS.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// Certificate chains with their keys, in PEM. A client is shown the first one that is valid
    /// for the name that it asks for, else the first of all.
    pub certificates: Vec<(PathBuf, PathBuf)>,
    /// Domains whose clients need a certificate of their own.
    pub trust: Vec<TrustStore>,
}

impl TlsFiles {
    /// All files.
    pub fn paths(&self) -> Vec<PathBuf> {
        let pairs = self.certificates.iter().flat_map(|(cert, key)| [cert, key]);
        let stores = self.trust.iter().map(|store| &store.file);
        pairs.chain(stores).cloned().collect()
    }
}

/// The authorities whose clients a domain trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustStore {
    /// The domain in lower case; none for all that have no store of their own.
    pub domain: Option<String>,
    /// Certificates of authorities, in PEM.
    pub file: PathBuf,
}

/// What the files hold.
#[derive(Debug)]
pub(super) struct Domains {
    certificates: Vec<Shown>,
    stores: Vec<Option<String>>,
}

/// One certificate, and how it is shown by domains without and with each trust store.
#[derive(Debug)]
struct Shown {
    leaf: CertificateDer<'static>,
    open: Arc<ServerConfig>,
    mutual: Vec<Arc<ServerConfig>>,
}

impl Domains {
    /// Reads the files.
    ///
    /// # Errors
    /// One cannot be read or used; the text names it.
    pub(super) fn read(files: &TlsFiles) -> anyhow::Result<Domains> {
        let roots: Vec<RootCertStore> = files
            .trust
            .iter()
            .map(|store| authorities(&store.file))
            .collect::<anyhow::Result<_>>()?;
        let certificates: Vec<Shown> = files
            .certificates
            .iter()
            .map(|(certificate, key)| Shown::read(certificate, key, &roots))
            .collect::<anyhow::Result<_>>()?;
        anyhow::ensure!(!certificates.is_empty(), "there is no certificate");
        let stores = files.trust.iter().map(|store| store.domain.clone());
        Ok(Domains {
            certificates,
            stores: stores.collect(),
        })
    }

    /// What a client is met with that asks for `name`.
    pub(super) fn choose(&self, name: Option<&str>) -> Arc<ServerConfig> {
        let shown = self.certificates.iter().find(|shown| shown.is_for(name));
        let shown = shown.unwrap_or(&self.certificates[0]);
        let own = |store: &Option<String>| store.is_some() && store.as_deref() == name;
        let store = self.stores.iter().position(own);
        let store = store.or_else(|| self.stores.iter().position(Option::is_none));
        match store {
            Some(store) => shown.mutual[store].clone(),
            None => shown.open.clone(),
        }
    }
}

impl Shown {
    fn read(certificate: &Path, key: &Path, roots: &[RootCertStore]) -> anyhow::Result<Shown> {
        let chain = certificates(certificate)?;
        let secret = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| anyhow::anyhow!("no private key in {}: {error}", key.display()))?;
        let leaf = chain[0].clone();
        let with =
            |builder: rustls::ConfigBuilder<ServerConfig, rustls::server::WantsServerCert>| {
                let mut config = builder
                    .with_single_cert(chain.clone(), secret.clone_key())
                    .with_context(|| {
                        let (certificate, key) = (certificate.display(), key.display());
                        format!("the certificate in {certificate} with the key in {key}")
                    })?;
                config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
                anyhow::Ok(Arc::new(config))
            };
        let open = with(ServerConfig::builder().with_no_client_auth())?;
        let mutual = roots.iter().map(|roots| {
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots.clone())).build()?;
            with(ServerConfig::builder().with_client_cert_verifier(verifier))
        });
        let mutual = mutual.collect::<anyhow::Result<_>>()?;
        Ok(Shown { leaf, open, mutual })
    }

    fn is_for(&self, name: Option<&str>) -> bool {
        let name = name.and_then(|name| ServerName::try_from(name).ok());
        let leaf = ParsedCertificate::try_from(&self.leaf);
        name.zip(leaf.ok())
            .is_some_and(|(name, leaf)| verify_server_name(&leaf, &name).is_ok())
    }
}

/// The certificates of a file; at least one.
fn certificates(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| anyhow::anyhow!("no certificate in {}: {error}", file.display()))?;
    anyhow::ensure!(
        !read.is_empty(),
        "no certificate in {}: expected PEM",
        file.display()
    );
    Ok(read)
}

fn authorities(file: &Path) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots
            .add(certificate)
            .with_context(|| format!("the trust store {}", file.display()))?;
    }
    Ok(roots)
}
