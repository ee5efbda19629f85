//! Door: checks the settings that name files, before a port is open or a file is made.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use kit::send::ClientIdentity;

use crate::api::{Apis, EndpointType};
use crate::authorization::read_callers;
use crate::config::GatewayArgs;
use crate::outbound::ClientCertificate;
use crate::serving::tls;
use crate::usage::UsageGate;

impl GatewayArgs {
    /// Checks that the settings fit each other and the definition, and that their files can be
    /// read.
    ///
    /// # Errors
    /// Something is wrong; the text names the setting, what it holds and what was expected.
    pub fn check(&self, apis: &Apis, is_lenient: bool) -> anyhow::Result<()> {
        let serving = &self.serving;
        for file in &serving.tls_cert {
            readable("--tls-cert or GATEWAY_TLS_CERT", file)?;
        }
        for file in &serving.tls_key {
            readable("--tls-key or GATEWAY_TLS_KEY", file)?;
        }
        for trust in &serving.trust_store {
            readable("--trust-store or GATEWAY_TRUST_STORE", &trust.file)?;
        }
        serving.limits.check()?;
        tls::check(serving, apis, is_lenient)?;
        let problems = self.unreached(apis);
        if is_lenient {
            for problem in &problems {
                tracing::warn!("{problem}; until then no request passes");
            }
        } else {
            anyhow::ensure!(problems.is_empty(), "{}", problems.join("\n"));
        }
        for certificate in &self.outbound.client_certificate {
            let (id, file) = (&certificate.id, &certificate.file);
            let setting = "--client-certificate or GATEWAY_CLIENT_CERTIFICATE";
            ClientIdentity::read(file)
                .with_context(|| format!("{setting}: {id}={}", file.display()))?;
        }
        if let Some(file) = &self.access.iam_callers {
            read_callers(file)?;
        }
        UsageGate::check(&self.usage)?;
        self.logs.check()
    }

    /// What a definition asks for and needs a setting that is missing: without it, requests are
    /// refused.
    fn unreached(&self, apis: &Apis) -> Vec<String> {
        let mut problems = Vec::new();
        for api in &apis.apis {
            let name = &api.name;
            if api.endpoint_type == EndpointType::Private {
                if self.access.vpc_endpoint.is_empty() {
                    problems.push(format!(
                        "the API {name} is private: set --vpc-endpoint ID=NETWORK or GATEWAY_VPC_ENDPOINT, the network \
                         whose requests come through a VPC endpoint"
                    ));
                }
                if api.policy.is_none() {
                    problems.push(format!(
                        "the API {name} is private and has no resource policy: expected one that allows requests, as \
                         on AWS"
                    ));
                }
            }
            for stage in &api.stages {
                let Some(id) = &stage.client_certificate else {
                    continue;
                };
                let is_known = |one: &ClientCertificate| one.id == *id;
                if !self.outbound.client_certificate.iter().any(is_known) {
                    problems.push(format!(
                        "the stage {} of {name} has the ClientCertificateId {id}: set --client-certificate {id}=FILE or \
                         GATEWAY_CLIENT_CERTIFICATE={id}=FILE, a PEM file with the certificate and its key",
                        stage.name
                    ));
                }
            }
        }
        problems
    }
}

fn readable(setting: &str, file: &Path) -> anyhow::Result<()> {
    let opened = File::open(file).with_context(|| format!("{setting}: {}", file.display()))?;
    let is_file = opened.metadata().is_ok_and(|metadata| metadata.is_file());
    anyhow::ensure!(is_file, "{setting}: {}: expected a file", file.display());
    Ok(())
}
