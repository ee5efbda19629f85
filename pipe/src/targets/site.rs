//! Where an AWS service is, and requests to it in the protocols that AWS services speak. Pure;
//! nothing is signed here.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use kit::call::Call;
use serde_json::Value;
use url::Url;

use crate::arn::Arn;

/// An AWS service in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEndpoint {
    /// The name that signatures have.
    service: &'static str,
    region: String,
    url: Url,
}

/// A call to an AWS service, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRequest {
    /// The name to sign for.
    pub service: &'static str,
    /// The region to sign for.
    pub region: String,
    /// What is sent.
    pub call: Call,
}

impl ServiceEndpoint {
    /// The service at the host that begins with `prefix`, in the region of `arn`.
    ///
    /// # Errors
    /// The ARN's region makes no host name.
    pub fn new(
        arn: &Arn<'_>,
        service: &'static str,
        prefix: &str,
    ) -> Result<ServiceEndpoint, String> {
        let wrong = || format!("{} names no region", arn.text);
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

    /// An action in the JSON protocol: `version` is `1.0` or `1.1`, `action` what `X-Amz-Target`
    /// says.
    pub fn json(&self, version: &str, action: &'static str, body: &Value) -> ServiceRequest {
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

    /// An action in the query protocol.
    pub fn form(&self, body: String) -> ServiceRequest {
        let content = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.post(self.url.clone(), [(header::CONTENT_TYPE, content)], body)
    }

    /// An action in the REST protocol, at `path`, which is encoded already.
    pub fn rest(
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
            call,
        }
    }
}

impl ServiceRequest {
    /// The request in text, for a log that may hold execution data.
    pub fn describe(&self) -> String {
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
