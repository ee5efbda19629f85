//! Door: any other call to an AWS service, signed and sent byte for byte as it was planned.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{HOST, HeaderName, HeaderValue};
use kit::call::{Call, Reply};
use kit::send::{AllowTargets, SendError, Sender};
use url::Url;

use crate::fault::PAYLOAD_LIMIT;

/// Why a call could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There are no credentials to sign with.
    #[error("no credentials: {0}")]
    Credentials(String),
    /// The call cannot be signed.
    #[error("the call cannot be signed: {0}")]
    Signing(String),
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

    /// Signs `call` for its service and sends it.
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
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| ServiceError::Credentials("none are configured".to_owned()))?;
        let credentials =
            provider.provide_credentials().await.map_err(|error| ServiceError::Credentials(error.to_string()))?;
        sign_call(&mut call, &credentials, service, region, SystemTime::now())?;
        Ok(self.sender.send(call, deadline, PAYLOAD_LIMIT).await?)
    }

    /// `AWS_ENDPOINT_URL_SQS` before `AWS_ENDPOINT_URL`, as the SDK has it.
    fn endpoint(&self, service: &str) -> Option<Url> {
        let own = std::env::var(format!("AWS_ENDPOINT_URL_{}", service.to_uppercase().replace('-', "_"))).ok();
        own.as_deref().or(self.config.endpoint_url()).and_then(|text| text.parse().ok())
    }
}

/// The same path and query at another scheme, host and port.
fn move_to(url: &mut Url, endpoint: &Url) {
    let mut moved = endpoint.clone();
    moved.set_path(&format!("{}{}", endpoint.path().trim_end_matches('/'), url.path()));
    moved.set_query(url.query());
    *url = moved;
}

fn sign_call(
    call: &mut Call,
    credentials: &Credentials,
    service: &str,
    region: &str,
    now: SystemTime,
) -> Result<(), ServiceError> {
    let failed = |error: &dyn std::fmt::Display| ServiceError::Signing(error.to_string());
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| failed(&error))?;
    let host = call.url.host_str().map(|host| match call.url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    });
    let host = HeaderValue::from_str(&host.unwrap_or_default()).map_err(|error| failed(&error))?;
    call.headers.insert(HOST, host);
    // What proxies may add to or change on the way stays unsigned, as API Gateway and the SDKs have it.
    let signed = call.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "user-agent" | "x-amzn-trace-id"));
    let signed = signed.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let request =
        SignableRequest::new(call.method.as_str(), call.url.as_str(), signed, SignableBody::Bytes(&call.body));
    let (instructions, _) =
        sign(request.map_err(|error| failed(&error))?, &params.into()).map_err(|error| failed(&error))?.into_parts();
    let (headers, _) = instructions.into_parts();
    for header in headers {
        let name: HeaderName = header.name().parse().map_err(|error| failed(&error))?;
        let mut value = HeaderValue::from_str(header.value()).map_err(|error| failed(&error))?;
        value.set_sensitive(header.sensitive());
        call.headers.insert(name, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    #[test]
    fn the_signature_covers_host_date_and_what_was_planned() {
        let mut call = Call {
            method: Method::POST,
            url: "https://sqs.eu-west-1.amazonaws.com/1/q".parse().unwrap(),
            headers: HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]),
            body: Bytes::from_static(b"Action=SendMessage"),
        };
        let credentials = Credentials::new("AKID", "secret", Some("token".into()), None, "test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        sign_call(&mut call, &credentials, "sqs", "eu-west-1", now).unwrap();
        let authorization = call.headers["authorization"].to_str().unwrap();
        assert!(
            authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/20231114/eu-west-1/sqs/aws4_request"),
            "{authorization}"
        );
        assert!(
            authorization.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"),
            "{authorization}"
        );
        assert_eq!(call.headers["x-amz-security-token"], "token");
    }

    #[test]
    fn an_endpoint_takes_over_path_and_query() {
        let mut url: Url = "https://sqs.eu-west-1.amazonaws.com/1/q?a=b".parse().unwrap();
        move_to(&mut url, &"http://127.0.0.1:4566/base/".parse().unwrap());
        assert_eq!(url.as_str(), "http://127.0.0.1:4566/base/1/q?a=b");
    }
}
