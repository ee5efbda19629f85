//! The SDK's own settings, with the house's defaults: region `ap-northeast-2`, and the account that definitions name.
//!
//! Endpoints, credentials, profiles, proxies: all by the standard variables and files of the SDK, read by the SDK.
//! [`crate::service`] reads the proxies' variables itself, for what it sends.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;

use crate::cloudformation::Account;

/// Used when neither the environment nor the profile names a region.
pub const DEFAULT_REGION: &str = "ap-northeast-2";

/// The account of LocalStack and of the emulator.
pub const LOCAL_ACCOUNT: &str = "000000000000";

/// Loads the SDK's configuration from the environment. Makes no request.
pub async fn config() -> SdkConfig {
    loader().load().await
}

/// A configuration for a plain-HTTP endpoint on this machine, whatever endpoint, credentials and proxy the environment
/// names. The region stays the environment's.
pub async fn local(endpoint: &str) -> SdkConfig {
    let direct = aws_smithy_http_client::Builder::new().build_http();
    let credentials = Credentials::new("test", "test", None, None, "local");
    loader().endpoint_url(endpoint).credentials_provider(credentials).http_client(direct).load().await
}

fn loader() -> aws_config::ConfigLoader {
    // Not the SDK's whole chain: its end, the metadata service, costs seconds and a warning wherever there is none.
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(Region::new(DEFAULT_REGION));
    aws_config::defaults(BehaviorVersion::v2026_01_12()).region(region)
}

/// The region of a configuration made by [`config`] or [`local`].
pub fn region(config: &SdkConfig) -> &str {
    config.region().map_or(DEFAULT_REGION, Region::as_ref)
}

/// Where definitions are taken to live: the configured region, and the account by `AWS_ACCOUNT_ID`, else
/// `000000000000` when an endpoint is set (LocalStack's and the emulator's account), else whatever AWS says the
/// credentials belong to.
///
/// # Errors
/// AWS had to be asked and did not answer; the text names the variable that makes the question unnecessary.
pub async fn account(config: &SdkConfig) -> anyhow::Result<Account> {
    let account_id = match std::env::var("AWS_ACCOUNT_ID") {
        Ok(id) if !id.is_empty() => id,
        _ if has_endpoint(config, "SQS") => LOCAL_ACCOUNT.to_owned(),
        _ => ask(config).await?,
    };
    Ok(of(config, account_id))
}

/// Where definitions live at an endpoint of [`local`]'s, whatever account the environment names: its credentials belong
/// to [`LOCAL_ACCOUNT`].
pub fn local_account(config: &SdkConfig) -> Account {
    of(config, LOCAL_ACCOUNT.to_owned())
}

fn of(config: &SdkConfig, account_id: String) -> Account {
    Account { region: region(config).to_owned(), account_id, stack_name: "tidegate".to_owned() }
}

/// Whether a service is reached at an endpoint of the operator's rather than at AWS. `service` is the name in the
/// variable: `SQS` for `AWS_ENDPOINT_URL_SQS`.
pub fn has_endpoint(config: &SdkConfig, service: &str) -> bool {
    config.endpoint_url().is_some() || std::env::var_os(format!("AWS_ENDPOINT_URL_{service}")).is_some()
}

/// An error of the SDK with its causes, in one line: `dispatch failure: io error: Connection refused`. The SDK's own way
/// to print them adds whole requests and replies, which are long and may hold what nobody should read.
pub fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        // Some layers only repeat what is below them.
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

async fn ask(config: &SdkConfig) -> anyhow::Result<String> {
    let call = aws_sdk_sts::Client::new(config).get_caller_identity().send();
    let hint = "cannot find out the AWS account (set AWS_ACCOUNT_ID, or AWS_ENDPOINT_URL for a local endpoint)";
    let identity = tokio::time::timeout(Duration::from_secs(20), call)
        .await
        .map_err(|_| anyhow::anyhow!("{hint}: no answer in 20 seconds"))?
        .map_err(|error| anyhow::anyhow!("{hint}: {}", explain(&error)))?;
    identity.account.ok_or_else(|| anyhow::anyhow!("{hint}: the answer names none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Layer>>);

    #[test]
    fn causes_are_told_once() {
        let refused = Layer("connection refused", None);
        let io = Layer("io error: connection refused", Some(Box::new(refused)));
        let error = Layer("dispatch failure", Some(Box::new(io)));
        assert_eq!(explain(&error), "dispatch failure: io error: connection refused");
    }
}
