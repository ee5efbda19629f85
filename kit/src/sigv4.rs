//! Signs a planned call for an AWS service (Signature Version 4). Pure: credentials and time are
//! arguments.

mod signed;

pub use signed::{SentHead, Signed, Unreadable};

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4;
use http::header::{HOST, HeaderName, HeaderValue};

use crate::call::Call;

/// Why a call cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error("the call cannot be signed: {0}")]
pub struct SigningError(String);

/// Adds `Host`, `X-Amz-Date`, the session's token and `Authorization` to `call`.
///
/// # Errors
/// A header or the URL cannot be written down as the signature wants it.
pub fn sign(
    call: &mut Call,
    credentials: &Credentials,
    service: &str,
    region: &str,
    now: SystemTime,
) -> Result<(), SigningError> {
    let failed = |error: &dyn std::fmt::Display| SigningError(error.to_string());
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(settings(service))
        .build()
        .map_err(|error| failed(&error))?;
    let host = call.url.host_str().map(|host| match call.url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    });
    let host = HeaderValue::from_str(&host.unwrap_or_default()).map_err(|error| failed(&error))?;
    call.headers.insert(HOST, host);
    // What proxies may add to or change on the way stays unsigned, as API Gateway and the SDKs have
    // it.
    let signed = call
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "user-agent" | "x-amzn-trace-id"));
    let signed = signed.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let request = SignableRequest::new(
        call.method.as_str(),
        call.url.as_str(),
        signed,
        SignableBody::Bytes(&call.body),
    );
    let request = request.map_err(|error| failed(&error))?;
    let (instructions, _) = sign_request(request, &params.into())
        .map_err(|error| failed(&error))?
        .into_parts();
    let (headers, _) = instructions.into_parts();
    for header in headers {
        let name: HeaderName = header.name().parse().map_err(|error| failed(&error))?;
        let mut value = HeaderValue::from_str(header.value()).map_err(|error| failed(&error))?;
        value.set_sensitive(header.sensitive());
        call.headers.insert(name, value);
    }
    Ok(())
}

/// S3 wants the digest of the body in a header, and the path as it is sent: encoded once, its
/// slashes and dots kept. See [Signature Version 4 for S3][1].
///
/// [1]: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" || service.starts_with("s3-") || service == "s3express" {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method};
    use std::time::Duration;

    #[test]
    fn the_signature_covers_host_date_and_what_was_planned() {
        let mut call = Call {
            method: Method::POST,
            url: "https://sqs.eu-west-1.amazonaws.com/1/q".parse().unwrap(),
            headers: HeaderMap::from_iter([(
                http::header::CONTENT_TYPE,
                HeaderValue::from_static("text/plain"),
            )]),
            body: Bytes::from_static(b"Action=SendMessage"),
        };
        let credentials = Credentials::new("AKID", "secret", Some("token".into()), None, "test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        sign(&mut call, &credentials, "sqs", "eu-west-1", now).unwrap();
        let authorization = call.headers["authorization"].to_str().unwrap();
        assert!(
            authorization.starts_with(
                "AWS4-HMAC-SHA256 Credential=AKID/20231114/eu-west-1/sqs/aws4_request"
            ),
            "{authorization}"
        );
        assert!(
            authorization
                .contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"),
            "{authorization}"
        );
        assert_eq!(call.headers["x-amz-security-token"], "token");
    }

    #[test]
    fn s3_gets_the_digest_of_the_body() {
        let signed = |service: &str| {
            let mut call = Call {
                method: Method::PUT,
                url: "https://s3.eu-west-1.amazonaws.com/b//a%20b"
                    .parse()
                    .unwrap(),
                headers: HeaderMap::new(),
                body: Bytes::new(),
            };
            let credentials = Credentials::new("AKID", "secret", None, None, "test");
            sign(
                &mut call,
                &credentials,
                service,
                "eu-west-1",
                SystemTime::UNIX_EPOCH,
            )
            .unwrap();
            call
        };
        let call = signed("s3");
        assert_eq!(
            call.headers["x-amz-content-sha256"],
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(call.url.path(), "/b//a%20b");
        assert!(!signed("sqs").headers.contains_key("x-amz-content-sha256"));
    }
}
