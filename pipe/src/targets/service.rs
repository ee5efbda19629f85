//! The endpoint of an AWS service, and requests to it in the protocols that AWS services speak.
//! Pure; nothing is signed here.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use kit::call::Call;
use kit::service::Identity;
use serde_json::Value;
use url::Url;

use kit::arn::Arn;

/// The endpoint of an AWS service in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceEndpoint {
    /// The service's name in signatures.
    service: &'static str,
    region: String,
    url: Url,
}

/// A request to an AWS service, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceRequest {
    /// The service to sign for.
    pub(crate) service: &'static str,
    /// The region to sign for.
    pub(crate) region: String,
    /// Who signs, where the call goes to its URL, whatever endpoints the environment names.
    pub(crate) near: Option<Identity>,
    /// The call itself.
    pub(crate) call: Call,
}

impl ServiceEndpoint {
    /// The service whose host name begins with `prefix`, in the region of `arn`.
    ///
    /// # Errors
    /// The ARN has no region that can be part of a host name.
    pub(super) fn new(
        arn: &Arn<'_>,
        service: &'static str,
        prefix: &str,
    ) -> Result<ServiceEndpoint, String> {
        let wrong = || format!("{} has no valid region", arn.text);
        if arn.region.is_empty()
            || !arn
                .region
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Err(wrong());
        }
        let url = Url::parse(&format!("https://{}/", arn.host(prefix))).map_err(|_| wrong())?;
        Ok(ServiceEndpoint {
            service,
            region: arn.region.to_owned(),
            url,
        })
    }

    /// An action in the JSON protocol: `version` is `1.0` or `1.1`, `action` the value of
    /// `X-Amz-Target`.
    pub(super) fn json(&self, version: &str, action: &'static str, body: &Value) -> ServiceRequest {
        let content = format!("application/x-amz-json-{version}")
            .parse()
            .expect("a version is digits and a dot");
        let target = (
            HeaderName::from_static("x-amz-target"),
            HeaderValue::from_static(action),
        );
        self.post(
            self.url.clone(),
            [(header::CONTENT_TYPE, content), target],
            body.to_string(),
        )
    }

    /// An action in the Query protocol.
    pub(super) fn form(&self, body: String) -> ServiceRequest {
        let content = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.post(self.url.clone(), [(header::CONTENT_TYPE, content)], body)
    }

    /// An action in the REST protocol, at `path`, which must be encoded.
    pub(super) fn rest(
        &self,
        path: &str,
        header: (HeaderName, HeaderValue),
        body: String,
    ) -> ServiceRequest {
        let mut url = self.url.clone();
        url.set_path(path);
        self.post(
            url,
            [
                (
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("application/json"),
                ),
                header,
            ],
            body,
        )
    }

    fn post<const N: usize>(
        &self,
        url: Url,
        headers: [(HeaderName, HeaderValue); N],
        body: String,
    ) -> ServiceRequest {
        let headers = HeaderMap::from_iter(headers);
        let call = Call {
            method: Method::POST,
            url,
            headers,
            body: Bytes::from(body),
        };
        ServiceRequest {
            service: self.service,
            region: self.region.clone(),
            near: None,
            call,
        }
    }
}

impl ServiceRequest {
    /// The request as text, for a log that may contain execution data.
    pub(crate) fn describe(&self) -> String {
        let Call {
            method,
            url,
            headers,
            body,
        } = &self.call;
        let headers = headers.iter().map(|(name, value)| {
            format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))
        });
        format!(
            "{method} {url}\n{}\n{}",
            headers.collect::<String>(),
            String::from_utf8_lossy(body)
        )
    }
}
