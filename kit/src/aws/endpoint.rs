//! Where AWS services are: at AWS, or at the endpoint that a variable or a profile sets. Read as
//! the SDK reads it, and checked.

use std::fmt;

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use url::Url;

use super::name::region;
use crate::env;

/// The variable, and the start of the names of those that are for one service.
const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// What else may hold it.
const PROFILE: &str = "endpoint_url of the AWS profile";

/// A variable that is never set, to read what a profile sets.
const UNSET: &str = "TIDEGATE_NOT_A_VARIABLE";

/// The services that a program's own endpoint is.
const OF_EMULATOR: [&str; 3] = ["SQS", "S3", "STS"];

/// Services whose endpoints are checked when a profile sets them: those that the programs use
/// themselves, and common targets of integrations and pipes.
const SERVICES: [&str; 12] = [
    "SQS",
    "S3",
    "STS",
    "CLOUDWATCH_LOGS",
    "DYNAMODB",
    "EVENTBRIDGE",
    "FIREHOSE",
    "KINESIS",
    "LAMBDA",
    "SFN",
    "SNS",
    "SECRETS_MANAGER",
];

/// An endpoint setting that is not a valid address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}{}{value}: expected {expected}{hint}", if setting == PROFILE { " = " } else { "=" })]
pub struct EndpointError {
    setting: String,
    value: String,
    expected: &'static str,
    hint: String,
}

/// The endpoint of one service, and what it is set by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The service by its name in variables: `SQS`.
    pub service: String,
    /// Where it is; `None` is AWS itself.
    pub url: Option<String>,
    /// The region it is asked in.
    pub region: String,
    /// What moves it: `AWS_ENDPOINT_URL_SQS`.
    pub setting: String,
}

impl Endpoint {
    /// Where a configuration finds a service.
    pub fn of(config: &SdkConfig, service: &str) -> Endpoint {
        let url = endpoint(config, service);
        let setting = match &url {
            Some(url) => setting(service, url),
            None => format!("AWS_REGION, or {VARIABLE} for a local endpoint"),
        };
        Endpoint {
            service: service.to_owned(),
            url,
            region: region(config).to_owned(),
            setting,
        }
    }
}

impl Endpoint {
    /// The text for a service that does not answer, with the setting that changes its address.
    pub fn unanswered(&self, reason: &str) -> String {
        format!(
            "{self} does not answer: {reason} (change its address with {})",
            self.setting
        )
    }
}

/// `SQS at http://127.0.0.1:4566`, `SQS of AWS in eu-west-1`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.url {
            Some(url) => write!(f, "{} at {url}", self.service),
            None => write!(f, "{} of AWS in {}", self.service, self.region),
        }
    }
}

/// The endpoint of a service, when it is not AWS's own. `service` is the name in the variable:
/// `SQS` for `AWS_ENDPOINT_URL_SQS`. A program's own endpoint counts before those of the
/// environment.
pub fn endpoint(config: &SdkConfig, service: &str) -> Option<String> {
    if config.get_origin("endpoint_url").is_client_config() {
        // The emulator is SQS, S3 and STS; what else there is, the environment names.
        let own = || env::var(&format!("{VARIABLE}_{service}")).ok().flatten();
        let other = (!OF_EMULATOR.contains(&service)).then(own).flatten();
        return other.or_else(|| config.endpoint_url().map(str::to_owned));
    }
    let found = config
        .service_config()
        .and_then(|loader| loader.load_config(key(service, VARIABLE)?));
    found.filter(|url| !url.is_empty())
}

/// Checks every endpoint that the environment names, before anything is sent there.
///
/// # Errors
/// One of them is no address of a service.
pub(super) fn check(config: &SdkConfig) -> Result<(), EndpointError> {
    for (name, value) in std::env::vars_os() {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        let Some(service) = name.strip_prefix(VARIABLE).and_then(service) else {
            continue;
        };
        // AWS_IGNORE_CONFIGURED_ENDPOINT_URLS makes the SDK find no endpoint at all.
        if !value.is_empty() && endpoint(config, service).is_some() {
            check_one(&name, &value)?;
        }
    }
    let profiles = SERVICES
        .iter()
        .filter_map(|service| Some((service, endpoint(config, service)?)));
    for (service, value) in profiles {
        check_one(&setting(service, &value), &value)?;
    }
    Ok(())
}

/// The service that a variable is for, by what follows the general one's name: any will do for the
/// general one.
fn service(rest: &str) -> Option<&str> {
    if rest.is_empty() {
        Some("SQS")
    } else {
        rest.strip_prefix('_')
    }
}

/// What a service's endpoint comes from: the variable that holds it, else the profile.
fn setting(service: &str, url: &str) -> String {
    let own = format!("{VARIABLE}_{service}");
    let holds = |name: &str| env::var_os(name).is_some_and(|value| value == *url);
    match () {
        () if holds(&own) => own,
        () if holds(VARIABLE) => VARIABLE.to_owned(),
        () => PROFILE.to_owned(),
    }
}

fn check_one(setting: &str, value: &str) -> Result<(), EndpointError> {
    let expected = match Url::parse(value) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "http:// or https:// and a host",
        Ok(url) if !url.has_host() => "http:// or https:// and a host",
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            "an address without ? and #"
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "an address without user and password"
        }
        Ok(_) => return Ok(()),
        Err(_) => "http:// or https:// and a host",
    };
    let hint = meant(value)
        .map(|url| format!(", did you mean {url}?"))
        .unwrap_or_default();
    // What is in front of an @ may be a password.
    let value = value
        .rsplit_once('@')
        .map_or_else(|| value.to_owned(), |(_, rest)| format!("…@{rest}"));
    Err(EndpointError {
        setting: setting.to_owned(),
        value,
        expected,
        hint,
    })
}

/// The address with the scheme that was probably forgotten: the most common mistake.
fn meant(value: &str) -> Option<String> {
    let is_bare = !value.contains("://") && !value.contains(['@', '?', '#']);
    let url = format!("http://{}", value.trim_start_matches('/'));
    (is_bare && Url::parse(&url).is_ok_and(|url| url.has_host())).then_some(url)
}

fn key<'k>(service: &'k str, variable: &'k str) -> Option<ServiceConfigKey<'k>> {
    ServiceConfigKey::builder()
        .service_id(service)
        .env(variable)
        .profile("endpoint_url")
        .build()
        .ok()
}

/// The SDK's own settings of services, in which an empty variable counts as unset.
#[derive(Debug)]
pub(super) struct WithoutEmpty(pub(super) SdkConfig);

impl LoadServiceConfig for WithoutEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let loader = self.0.service_config()?;
        let found = loader.load_config(key.clone())?;
        if !found.is_empty() {
            return Some(found);
        }
        // The variable of the service is empty, or the general one.
        env::var(key.env()).ok().flatten().or_else(|| {
            let key = ServiceConfigKey::builder()
                .service_id(key.service_id())
                .env(UNSET)
                .profile(key.profile());
            loader
                .load_config(key.build().ok()?)
                .filter(|found| !found.is_empty())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_have_a_scheme_and_a_host_and_no_query() {
        for url in [
            "http://localhost:4566",
            "https://sqs.eu-west-1.amazonaws.com",
            "http://[::1]:4566/base/",
        ] {
            assert_eq!(check_one("AWS_ENDPOINT_URL", url), Ok(()), "{url}");
        }
        for (value, told) in [
            (
                "localhost:4566",
                "expected http:// or https:// and a host, did you mean http://localhost:4566?",
            ),
            (
                "127.0.0.1:4566",
                "expected http:// or https:// and a host, did you mean http://127.0.0.1:4566?",
            ),
            (
                "//localhost",
                "expected http:// or https:// and a host, did you mean http://localhost?",
            ),
            ("ftp://localhost", "expected http:// or https:// and a host"),
            ("http://", "expected http:// or https:// and a host"),
            (
                "http://localhost:4566/?a=b",
                "expected an address without ? and #",
            ),
            (
                "http://localhost:port",
                "expected http:// or https:// and a host",
            ),
        ] {
            let message = check_one("AWS_ENDPOINT_URL", value)
                .unwrap_err()
                .to_string();
            assert_eq!(message, format!("AWS_ENDPOINT_URL={value}: {told}"));
        }
        let message = check_one("AWS_ENDPOINT_URL_S3", "http://me:secret@localhost")
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "AWS_ENDPOINT_URL_S3=…@localhost: expected an address without user and password"
        );
    }
}
