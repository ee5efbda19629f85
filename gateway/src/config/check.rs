//! Door: checks the settings that name files, before a port is open or a file is made.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;

use crate::api::Apis;
use crate::config::GatewayArgs;
use crate::tls;
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
        UsageGate::check(&self.usage)?;
        self.logs.check()
    }
}

fn readable(setting: &str, file: &Path) -> anyhow::Result<()> {
    let opened = File::open(file).with_context(|| format!("{setting}: {}", file.display()))?;
    let is_file = opened.metadata().is_ok_and(|metadata| metadata.is_file());
    anyhow::ensure!(is_file, "{setting}: {}: expected a file", file.display());
    Ok(())
}
