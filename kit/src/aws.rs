//! The SDK's own settings, with the house's defaults: region `ap-northeast-2`, and the account that
//! definitions name.
//!
//! Endpoints, credentials, profiles, proxies: all by the standard variables and files of the SDK,
//! read by the SDK. [`crate::service`] reads the proxies' variables itself, for what it sends.

mod endpoint;
mod name;
mod reachability;

pub use endpoint::{Endpoint, EndpointError, endpoint};
pub use name::{
    DEFAULT_REGION, account_of_environment, check_region, region, region_of_environment,
};
pub use reachability::Reachability;

use std::error::Error;
use std::time::Duration;

use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_sts::error::ErrorMetadata;

use crate::cloudformation::Account;
use crate::env::{self, EnvError};

/// The account of LocalStack and of the emulator.
pub const LOCAL_ACCOUNT: &str = "000000000000";

/// A setting of the SDK that it would not complain of before the first request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// An endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// A region.
    #[error(transparent)]
    Name(#[from] EnvError),
}

/// Loads the SDK's configuration from the environment. Makes no request.
///
/// # Errors
/// An endpoint or the region of the environment or of a profile is invalid; the text names the
/// setting.
pub async fn config() -> Result<SdkConfig, ConfigError> {
    let config = loader().load().await;
    check_region(&config)?;
    let read = endpoint::WithoutEmpty(config.clone());
    let config = config.into_builder().service_config(read).build();
    endpoint::check(&config)?;
    Ok(config)
}

/// A configuration for a plain-HTTP endpoint on this machine, whatever endpoint, credentials and
/// proxy the environment names. The region stays the environment's.
pub async fn local(endpoint: &str) -> SdkConfig {
    local_as(endpoint, None).await
}

/// The same, signed with this key and this secret, where the endpoint asks for them.
pub async fn local_as(endpoint: &str, key: Option<(&str, &str)>) -> SdkConfig {
    let direct = aws_smithy_http_client::Builder::new().build_http();
    let (key, secret) = key.unwrap_or(("test", "test"));
    let credentials = Credentials::new(key, secret, None, None, "local");
    loader()
        .endpoint_url(endpoint)
        .credentials_provider(credentials)
        .http_client(direct)
        .load()
        .await
}

fn loader() -> aws_config::ConfigLoader {
    // Not the SDK's whole chain: its end, the metadata service, costs seconds and a warning
    // wherever there is none.
    let is_set = |name: &str| env::var(name).ok().flatten();
    // `check_region` reports an invalid one.
    let named = region_of_environment().ok().flatten().map(Region::new);
    // To the SDK, a variable that is empty names a profile without a name.
    let profile = is_set("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
    let region = RegionProviderChain::first_try(named)
        .or_else(
            ProfileFileRegionProvider::builder()
                .profile_name(&profile)
                .build(),
        )
        .or_else(Region::new(DEFAULT_REGION));
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).region(region);
    let is_empty = std::env::var_os("AWS_PROFILE").is_some_and(|name| name.is_empty());
    if is_empty {
        loader.profile_name(profile)
    } else {
        loader
    }
}

/// Where the definitions live: the configured region, and the account of `AWS_ACCOUNT_ID`, else
/// `000000000000` when an endpoint is set (the account of LocalStack and of the emulator), else the
/// account that AWS reports for the credentials.
///
/// # Errors
/// `AWS_ACCOUNT_ID` is no account, or AWS had to be asked and did not answer; the text names the
/// variable that makes the question unnecessary.
pub async fn account(config: &SdkConfig) -> anyhow::Result<Account> {
    let account_id = match account_of_environment()? {
        Some(id) => id,
        _ if has_endpoint(config, "SQS") => LOCAL_ACCOUNT.to_owned(),
        _ => ask(config).await?,
    };
    Ok(of(config, account_id))
}

/// Where definitions live when nobody is asked: the configured region, and the account of
/// `AWS_ACCOUNT_ID`, else `000000000000`.
///
/// # Errors
/// `AWS_ACCOUNT_ID` is no account.
pub fn account_unasked(config: &SdkConfig) -> anyhow::Result<Account> {
    let named = account_of_environment()?;
    Ok(of(
        config,
        named.unwrap_or_else(|| LOCAL_ACCOUNT.to_owned()),
    ))
}

/// Where definitions live at an endpoint of [`local`]'s, whatever account the environment names:
/// its credentials belong to [`LOCAL_ACCOUNT`].
pub fn local_account(config: &SdkConfig) -> Account {
    of(config, LOCAL_ACCOUNT.to_owned())
}

fn of(config: &SdkConfig, account_id: String) -> Account {
    Account {
        region: region(config).to_owned(),
        account_id,
        stack_name: "tidegate".to_owned(),
    }
}

/// Whether a service is reached at an endpoint of the operator's rather than at AWS. `service` is
/// the name in the variable: `SQS` for `AWS_ENDPOINT_URL_SQS`.
pub fn has_endpoint(config: &SdkConfig, service: &str) -> bool {
    endpoint(config, service).is_some()
}

/// One line for the start of a program: which services it uses, where, and as whom.
pub fn introduction(config: &SdkConfig, services: &[&str], account: Option<&str>) -> String {
    let endpoints = services
        .iter()
        .map(|service| Endpoint::of(config, service).to_string());
    let used = endpoints.collect::<Vec<_>>().join(" and ");
    let account = account.map_or_else(
        || "the account of its credentials".to_owned(),
        |id| format!("account {id}"),
    );
    format!("uses {used}, region {}, {account}", region(config))
}

/// An error of the SDK with its causes, in one line: `dispatch failure: io error: Connection
/// refused`, or the code and the message that a service answered. The SDK's own form adds whole
/// requests and replies, which are long and may hold secrets.
pub fn explain(error: &(dyn Error + 'static)) -> String {
    joined(error, without_request)
}

/// Any error with its causes, in one line. Errors of the SDK are shortened as by [`explain`].
pub fn one_line(error: &anyhow::Error) -> String {
    joined(error.as_ref(), |text| text)
}

fn joined(error: &(dyn Error + 'static), shown: impl Fn(String) -> String) -> String {
    let mut text = String::new();
    for layer in anyhow::Chain::new(error) {
        let Some(more) = text_of(layer).map(&shown) else {
            continue;
        };
        // Some layers only repeat what is below them.
        if text.is_empty() {
            text = more;
        } else if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
    }
    text
}

/// The text of one layer of an error; `None` for a layer that only wraps a service's answer.
fn text_of(layer: &(dyn Error + 'static)) -> Option<String> {
    if let Some(answer) = layer.downcast_ref::<ErrorMetadata>() {
        return Some(match (answer.code(), answer.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(code), None) => code.to_owned(),
            (None, _) => "an error response without a code, which no AWS service sends".to_owned(),
        });
    }
    let text = layer.to_string();
    let is_around = text == "service error" || text.starts_with("unhandled error");
    (!is_around || layer.source().is_none()).then_some(text)
}

/// Some texts of the SDK hold a whole request in the form for developers, body and all.
fn without_request(mut text: String) -> String {
    if let Some(at) = ["`Request {", "Request {", "Response {", "SdkBody"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
    {
        text.truncate(at);
        text.push('…');
    }
    text
}

async fn ask(config: &SdkConfig) -> anyhow::Result<String> {
    let call = aws_sdk_sts::Client::new(config)
        .get_caller_identity()
        .send();
    let hint = "cannot determine the AWS account (set AWS_ACCOUNT_ID, or AWS_ENDPOINT_URL for a local endpoint)";
    let identity = tokio::time::timeout(Duration::from_secs(20), call)
        .await
        .map_err(|_| anyhow::anyhow!("{hint}: no response within 20 seconds"))?
        .map_err(|error| anyhow::anyhow!("{hint}: {}", explain(&error)))?;
    identity
        .account
        .ok_or_else(|| anyhow::anyhow!("{hint}: the response names no account"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sts::error::SdkError;
    use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
    use aws_sdk_sts::types::error::ExpiredTokenException;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Layer>>);

    #[test]
    fn causes_are_told_once() {
        let refused = Layer("connection refused", None);
        let io = Layer("io error: connection refused", Some(Box::new(refused)));
        let error = Layer("dispatch failure", Some(Box::new(io)));
        assert_eq!(
            explain(&error),
            "dispatch failure: io error: connection refused"
        );
        let context = anyhow::Error::new(error).context("queue q");
        assert_eq!(
            one_line(&context),
            "queue q: dispatch failure: io error: connection refused"
        );
    }

    /// The SDK prints it in the form for developers:
    /// `unhandled error (AccessDenied): Error { code: "AccessDenied", … }`.
    #[test]
    fn what_a_service_answers_is_its_code_and_message() {
        let answer = |meta: ErrorMetadata| {
            let error = SdkError::<_, ()>::service_error(GetCallerIdentityError::generic(meta), ());
            let explained = explain(&error);
            assert_eq!(
                one_line(&anyhow::Error::new(error).context("sts")),
                format!("sts: {explained}")
            );
            explained
        };
        let meta = || ErrorMetadata::builder().custom("aws_request_id", "1234");
        let denied = meta()
            .code("AccessDenied")
            .message("Access to the resource is denied.")
            .build();
        assert_eq!(
            answer(denied),
            "AccessDenied: Access to the resource is denied."
        );
        assert_eq!(answer(meta().code("Throttling").build()), "Throttling");
        assert_eq!(
            answer(ErrorMetadata::builder().build()),
            "an error response without a code, which no AWS service sends"
        );
        let known = ExpiredTokenException::builder().message("too old").build();
        let error = SdkError::<_, ()>::service_error(known, ());
        assert_eq!(explain(&error), "ExpiredTokenException: too old");
    }

    /// With an endpoint that cannot be applied, the SDK's text holds the request.
    #[tokio::test]
    async fn requests_are_not_in_errors() {
        crate::program::install_tls();
        let client = aws_sdk_sts::Client::new(&local("localhost:4566").await);
        let refused = client
            .get_access_key_info()
            .access_key_id("AKIACANARY")
            .send()
            .await
            .unwrap_err();
        let text = explain(&refused);
        assert!(
            text.contains("failed to apply endpoint `localhost:4566`"),
            "{text}"
        );
        assert!(
            !text.contains("AKIACANARY") && !text.contains("SdkBody") && text.len() < 300,
            "{text}"
        );
    }
}
