//! Door: the TLS of the public port: certificates and trust stores by settings, domains with mutual
//! TLS by the definition.

use std::path::PathBuf;
use std::sync::Arc;

use kit::serve::{Tls, TlsFiles, TrustStore};
use kit::watch::Watch;
use tokio_util::sync::CancellationToken;

use crate::api::Apis;
use crate::serving::ServingArgs;

/// Which files the port needs, and why a domain with mutual TLS cannot be served: those answer 403.
#[derive(Debug)]
pub(crate) struct Needed {
    pub files: TlsFiles,
    pub problems: Vec<String>,
}

/// The files that the settings name, for the domains of `apis`.
///
/// # Errors
/// The settings do not fit each other.
pub(crate) fn needed(args: &ServingArgs, apis: &Apis) -> anyhow::Result<Needed> {
    let (certificates, keys) = (args.tls_cert.len(), args.tls_key.len());
    anyhow::ensure!(
        certificates == keys,
        "--tls-key or GATEWAY_TLS_KEY: expected one key for each certificate of --tls-cert or GATEWAY_TLS_CERT, got \
         {keys} for {certificates}"
    );
    anyhow::ensure!(
        certificates > 0 || args.trust_store.is_empty(),
        "--trust-store or GATEWAY_TRUST_STORE: needs TLS: set --tls-cert and --tls-key"
    );
    let pairs = args
        .tls_cert
        .iter()
        .cloned()
        .zip(args.tls_key.iter().cloned());
    let (mut trust, mut problems) = (given(args), Vec::new());
    for (domain, mutual) in &apis.mutual_tls {
        let is_own = |store: &TrustStore| store.domain.as_deref() == Some(domain);
        if certificates > 0
            && trust
                .iter()
                .any(|store| is_own(store) || store.domain.is_none())
        {
            continue;
        }
        match named(args, &mutual.truststore).filter(|_| certificates > 0) {
            Some(file) => trust.push(TrustStore {
                domain: Some(domain.clone()),
                file,
            }),
            None => problems.push(format!(
                "{}: the domain {domain} asks for mutual TLS with the trust store {uri}: expected --tls-cert, \
                 --tls-key, and --trust-store {uri}=FILE (GATEWAY_TLS_CERT, GATEWAY_TLS_KEY, GATEWAY_TRUST_STORE)",
                mutual.place,
                uri = mutual.truststore
            )),
        }
    }
    Ok(Needed {
        files: TlsFiles {
            certificates: pairs.collect(),
            trust,
        },
        problems,
    })
}

/// The stores of domains, and that of all.
fn given(args: &ServingArgs) -> Vec<TrustStore> {
    let is_uri = |whose: &Option<String>| {
        whose
            .as_deref()
            .is_some_and(|text| text.starts_with("s3://"))
    };
    let own = args
        .trust_store
        .iter()
        .filter(|trust| !is_uri(&trust.whose));
    own.map(|trust| TrustStore {
        domain: trust.whose.clone(),
        file: trust.file.clone(),
    })
    .collect()
}

/// The file that stands for the truststore of a URI.
fn named(args: &ServingArgs, uri: &str) -> Option<PathBuf> {
    let found = args
        .trust_store
        .iter()
        .find(|trust| trust.whose.as_deref() == Some(uri));
    found.map(|trust| trust.file.clone())
}

/// Checks that the port can be served as it is declared.
///
/// # Errors
/// A file cannot be read, or a domain cannot be guarded (unless `is_lenient`; then it answers 403).
pub(crate) fn check(args: &ServingArgs, apis: &Apis, is_lenient: bool) -> anyhow::Result<TlsFiles> {
    let Needed { files, problems } = needed(args, apis)?;
    if !files.certificates.is_empty() {
        Tls::read(&files)?;
    }
    if is_lenient {
        for problem in &problems {
            tracing::warn!("{problem}; until then the domain answers 403");
        }
    } else {
        anyhow::ensure!(problems.is_empty(), "{}", problems.join("\n"));
    }
    Ok(files)
}

/// Reads the files again when they change, until `stop`.
///
/// # Errors
/// The signal handler cannot be installed.
pub(crate) fn watch(
    tls: Arc<Tls>,
    files: impl Fn() -> TlsFiles + Send + 'static,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let mut watch = Watch::new(files().paths())?;
    let again = async move {
        loop {
            watch.changed().await;
            match tls.reload(&files()) {
                Ok(()) => tracing::info!("the certificates were reloaded"),
                Err(error) => tracing::error!(
                    "cannot reload the certificates, the port keeps the old ones: {error:#}"
                ),
            }
        }
    };
    tokio::spawn(async move {
        tokio::select! { () = stop.cancelled() => {} () = again => {} }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::api::MutualTls;

    #[derive(Debug, clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: ServingArgs,
    }

    fn found(args: &[&str]) -> Result<(Vec<TrustStore>, usize), String> {
        let mut apis = Apis::default();
        let mutual = MutualTls {
            truststore: "s3://b/k".to_owned(),
            place: "t.yaml:7:3".to_owned(),
        };
        apis.mutual_tls.insert("m.example".to_owned(), mutual);
        let cli = Cli::parse_from([&["gateway"], args].concat());
        let needed = needed(&cli.args, &apis).map_err(|error| error.to_string())?;
        Ok((needed.files.trust, needed.problems.len()))
    }

    fn store(domain: Option<&str>) -> TrustStore {
        TrustStore {
            domain: domain.map(str::to_owned),
            file: "ca.pem".into(),
        }
    }

    const TLS: [&str; 4] = ["--tls-cert", "c.pem", "--tls-key", "k.pem"];

    #[test]
    fn a_domain_with_mutual_tls_needs_a_trust_store() {
        let with = |more: &[&str]| found(&[&TLS, more].concat());
        let own = [store(Some("m.example"))].to_vec();
        assert_eq!(
            with(&["--trust-store", "s3://b/k=ca.pem"]),
            Ok((own.clone(), 0))
        );
        assert_eq!(with(&["--trust-store", "M.example=ca.pem"]), Ok((own, 0)));
        assert_eq!(
            with(&["--trust-store", "ca.pem"]),
            Ok((vec![store(None)], 0))
        );
        assert_eq!(
            with(&["--trust-store", "s3://b/other=ca.pem"]),
            Ok((vec![], 1))
        );
        let other = vec![store(Some("o.example"))];
        assert_eq!(with(&["--trust-store", "o.example=ca.pem"]), Ok((other, 1)));
        assert_eq!(found(&[]), Ok((vec![], 1)));
    }

    #[test]
    fn settings_that_do_not_fit_are_named() {
        let error = found(&["--tls-cert", "c.pem"]).unwrap_err();
        assert!(error.ends_with("got 0 for 1"), "{error}");
        let error = found(&["--trust-store", "ca.pem"]).unwrap_err();
        assert!(error.contains("needs TLS"), "{error}");
    }
}
