//! Door: any call to an AWS service, signed and sent byte for byte as it was planned.
//!
//! Credentials and endpoints are the SDK's: the standard provider chain, `AWS_ENDPOINT_URL` and
//! `AWS_ENDPOINT_URL_<SERVICE>`. What is called and what an answer means is planned and judged elsewhere.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use url::Url;

use crate::call::{Call, Reply};
use crate::send::{AllowTargets, SendError, Sender};
use crate::sigv4::{self, SigningError};

/// How much of an answer is read: 10 MB, the most that any service answers with here (API Gateway's payload).
const LONGEST_ANSWER: usize = 10_485_760;

/// Services whose name in endpoint variables is another one than in signatures.
const SERVICE_IDS: [(&str, &str); 7] = [
    ("dynamodbstreams", "DYNAMODB_STREAMS"),
    ("email", "SES"),
    ("events", "EVENTBRIDGE"),
    ("logs", "CLOUDWATCH_LOGS"),
    ("monitoring", "CLOUDWATCH"),
    ("secretsmanager", "SECRETS_MANAGER"),
    ("states", "SFN"),
];

/// Why a call could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There are no credentials to sign with.
    #[error("no credentials: {0}")]
    Credentials(String),
    /// The call cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// See [`SendError`].
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Calls AWS services with the environment's credentials, at AWS or at the endpoint that the environment names.
#[derive(Debug, Clone)]
pub struct Services {
    config: SdkConfig,
    sender: Sender,
}

impl Services {
    /// Reads the system's certificate authorities.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn new(config: SdkConfig) -> std::io::Result<Services> {
        Ok(Services { config, sender: Sender::new(AllowTargets::anywhere())? })
    }

    /// Signs `call` for its service and sends it. `deadline` is for all of it, credentials included.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn send(
        &self,
        call: Call,
        service: &str,
        region: &str,
        deadline: Duration,
    ) -> Result<Reply, ServiceError> {
        let exchange = self.exchange(call, service, region, deadline);
        tokio::time::timeout(deadline, exchange).await.unwrap_or(Err(SendError::Timeout(deadline).into()))
    }

    async fn exchange(
        &self,
        mut call: Call,
        service: &str,
        region: &str,
        deadline: Duration,
    ) -> Result<Reply, ServiceError> {
        if let Some(endpoint) = self.endpoint(service) {
            move_to(&mut call.url, &endpoint);
        }
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| ServiceError::Credentials("none are configured".to_owned()))?;
        let credentials =
            provider.provide_credentials().await.map_err(|error| ServiceError::Credentials(error.to_string()))?;
        sigv4::sign(&mut call, &credentials, service, region, SystemTime::now())?;
        Ok(self.sender.send(call, deadline, LONGEST_ANSWER).await?)
    }

    /// What the program itself set, before `AWS_ENDPOINT_URL_SQS`, before `AWS_ENDPOINT_URL`: as the SDK has it.
    fn endpoint(&self, service: &str) -> Option<Url> {
        let own = std::env::var(endpoint_variable(service)).ok();
        let is_programs = self.config.get_origin("endpoint_url").is_client_config();
        nearest(own.as_deref(), self.config.endpoint_url(), is_programs)?.parse().ok()
    }
}

/// The endpoint that counts: the variable of the service gives way only to what the program itself set.
fn nearest<'e>(own: Option<&'e str>, general: Option<&'e str>, is_programs: bool) -> Option<&'e str> {
    if is_programs { general } else { own.or(general) }
}

/// The variable that names the endpoint of the service that signs by this name.
fn endpoint_variable(service: &str) -> String {
    let known = SERVICE_IDS.iter().find(|(signing, _)| *signing == service);
    let id = known.map_or_else(|| service.to_uppercase().replace('-', "_"), |(_, id)| (*id).to_owned());
    format!("AWS_ENDPOINT_URL_{id}")
}

/// The same path and query at another scheme, host and port.
fn move_to(url: &mut Url, endpoint: &Url) {
    let mut moved = endpoint.clone();
    moved.set_path(&format!("{}{}", endpoint.path().trim_end_matches('/'), url.path()));
    moved.set_query(url.query());
    *url = moved;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_takes_over_path_and_query() {
        let mut url: Url = "https://sqs.eu-west-1.amazonaws.com/1/q?a=b".parse().unwrap();
        move_to(&mut url, &"http://127.0.0.1:4566/base/".parse().unwrap());
        assert_eq!(url.as_str(), "http://127.0.0.1:4566/base/1/q?a=b");
    }

    #[test]
    fn the_programs_own_endpoint_is_not_moved_by_a_variable() {
        assert_eq!(nearest(Some("own"), Some("general"), false), Some("own"));
        assert_eq!(nearest(None, Some("general"), false), Some("general"));
        assert_eq!(nearest(Some("own"), Some("general"), true), Some("general"));
    }

    #[tokio::test]
    async fn a_local_configuration_is_the_programs_own() {
        let config = crate::aws::local("http://127.0.0.1:1").await;
        assert!(config.get_origin("endpoint_url").is_client_config());
    }

    #[test]
    fn endpoint_variables_have_the_sdks_names() {
        let names = ["sqs", "events", "states", "logs", "kinesis"].map(endpoint_variable);
        let expected = ["SQS", "EVENTBRIDGE", "SFN", "CLOUDWATCH_LOGS", "KINESIS"];
        assert_eq!(names, expected.map(|id| format!("AWS_ENDPOINT_URL_{id}")));
    }
}
