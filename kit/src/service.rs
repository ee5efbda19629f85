//! Door: any call to an AWS service, signed and sent byte for byte as it was planned.
//!
//! Credentials and endpoints are the SDK's: the standard provider chain, `AWS_ENDPOINT_URL` and
//! `AWS_ENDPOINT_URL_<SERVICE>`. Other modules decide what to call and what a response means.

mod answer;
mod clock_skew;
mod codes;
mod credential_cache;

pub use answer::{element, error_code};
pub use codes::{is_throttling_code, is_transient_code};

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use url::Url;

use crate::aws;
use crate::call::{Call, Reply};
use crate::send::{SendError, Sender};
use crate::sigv4::{self, SigningError};
use crate::time::wall;
use clock_skew::ClockSkew;
use credential_cache::CredentialCache;

/// How much of an answer is read: 10 MB, API Gateway's payload.
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

/// Calls AWS services with the environment's credentials, at AWS or at the endpoint that the
/// environment names. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    config: SdkConfig,
    sender: Sender,
    credentials: Arc<CredentialCache>,
    clock_skew: Arc<ClockSkew>,
}

impl Services {
    /// Reads the system's certificate authorities.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn new(config: SdkConfig) -> std::io::Result<Services> {
        let credentials = Arc::new(CredentialCache::new(config.credentials_provider()));
        Ok(Services {
            config,
            sender: Sender::through_proxies()?,
            credentials,
            clock_skew: Arc::default(),
        })
    }

    /// Where a service is, by its name in endpoint variables: `SQS`.
    pub fn endpoint_of(&self, service: &str) -> aws::Endpoint {
        aws::Endpoint::of(&self.config, service)
    }

    /// Signs `call` for its service and sends it, to the endpoint that the environment names or
    /// else where its URL says. `deadline` is for all of it, credentials included.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn send(
        &self,
        mut call: Call,
        service: &str,
        region: &str,
        deadline: Duration,
    ) -> Result<Reply, ServiceError> {
        if let Some(endpoint) = self.endpoint(service) {
            move_to(&mut call.url, &endpoint);
        }
        self.send_to(&call, service, region, deadline, LONGEST_ANSWER)
            .await
    }

    /// Signs `call` for its service and sends it to its URL as it is. Reads up to `limit` bytes of
    /// the response.
    ///
    /// # Errors
    /// As [`Services::send`].
    pub async fn send_to(
        &self,
        call: &Call,
        service: &str,
        region: &str,
        deadline: Duration,
        limit: usize,
    ) -> Result<Reply, ServiceError> {
        let exchange = self.exchange(call, (service, region), deadline, limit);
        tokio::time::timeout(deadline, exchange)
            .await
            .unwrap_or(Err(SendError::Timeout(deadline).into()))
    }

    /// Sends a request. One that is rejected because this machine's clock is wrong had no effect,
    /// and is signed and sent once more.
    async fn exchange(
        &self,
        call: &Call,
        scope: (&str, &str),
        deadline: Duration,
        limit: usize,
    ) -> Result<Reply, ServiceError> {
        let signed_at = self.clock_skew.correct(wall());
        let signed = self.signed(call, scope, signed_at).await?;
        let reply = self.sender.send(signed, deadline, limit).await?;
        if !self.clock_skew.learn(&reply, signed_at, wall()) {
            return Ok(reply);
        }
        let signed = self
            .signed(call, scope, self.clock_skew.correct(wall()))
            .await?;
        Ok(self.sender.send(signed, deadline, limit).await?)
    }

    async fn signed(
        &self,
        call: &Call,
        (service, region): (&str, &str),
        now: SystemTime,
    ) -> Result<Call, ServiceError> {
        let credentials = self
            .credentials
            .credentials(now)
            .await
            .map_err(ServiceError::Credentials)?;
        let mut signed = call.clone();
        sigv4::sign(&mut signed, &credentials, service, region, now)?;
        Ok(signed)
    }

    /// As the SDK has it for its own clients.
    fn endpoint(&self, service: &str) -> Option<Url> {
        aws::endpoint(&self.config, &service_id(service))?
            .parse()
            .ok()
    }
}

/// The name in endpoint variables of the service that signs by this name.
fn service_id(service: &str) -> String {
    let known = SERVICE_IDS.iter().find(|(signing, _)| *signing == service);
    known.map_or_else(
        || service.to_uppercase().replace('-', "_"),
        |(_, id)| (*id).to_owned(),
    )
}

/// The same path and query at another scheme, host and port.
fn move_to(url: &mut Url, endpoint: &Url) {
    let mut moved = endpoint.clone();
    moved.set_path(&format!(
        "{}{}",
        endpoint.path().trim_end_matches('/'),
        url.path()
    ));
    moved.set_query(url.query());
    *url = moved;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_takes_over_path_and_query() {
        let mut url: Url = "https://sqs.eu-west-1.amazonaws.com/1/q?a=b"
            .parse()
            .unwrap();
        move_to(&mut url, &"http://127.0.0.1:4566/base/".parse().unwrap());
        assert_eq!(url.as_str(), "http://127.0.0.1:4566/base/1/q?a=b");
    }

    /// A service in another year, which takes only signatures of its own day.
    async fn elsewhen(
        headers: http::HeaderMap,
    ) -> (
        http::StatusCode,
        [(http::HeaderName, &'static str); 1],
        &'static str,
    ) {
        let is_right = headers["x-amz-date"]
            .to_str()
            .unwrap()
            .starts_with("20010909T01");
        let status = if is_right {
            http::StatusCode::OK
        } else {
            http::StatusCode::FORBIDDEN
        };
        let date = (http::header::DATE, "Sun, 09 Sep 2001 01:46:40 GMT");
        (status, [date], r#"{"__type": "InvalidSignatureException"}"#)
    }

    #[tokio::test]
    async fn a_wrong_clock_is_set_right_by_the_first_refusal() {
        crate::program::install_tls();
        let listener = crate::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(elsewhen);
        tokio::spawn(crate::serve::serve(
            listener,
            app,
            tokio_util::sync::CancellationToken::new(),
        ));
        let services = Services::new(aws::local(&endpoint).await).unwrap();
        let call = Call {
            method: http::Method::POST,
            url: "https://sqs.eu-west-1.amazonaws.com/".parse().unwrap(),
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
        };
        for _ in 0..2 {
            let reply = services
                .send(call.clone(), "sqs", "eu-west-1", Duration::from_secs(20))
                .await
                .unwrap();
            assert_eq!(reply.status, http::StatusCode::OK);
        }
    }

    #[tokio::test]
    async fn a_local_configuration_is_the_programs_own() {
        let config = aws::local("http://127.0.0.1:1").await;
        assert!(config.get_origin("endpoint_url").is_client_config());
    }

    #[test]
    fn endpoint_variables_have_the_sdks_names() {
        let names = ["sqs", "events", "states", "logs", "kinesis"].map(service_id);
        assert_eq!(
            names,
            ["SQS", "EVENTBRIDGE", "SFN", "CLOUDWATCH_LOGS", "KINESIS"]
        );
    }
}
