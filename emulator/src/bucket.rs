//! S3 beside SQS, by the s3s library: what SDKs and the AWS CLI do every day.
//!
//! The library knows the protocol; here is what it stands on. [`objects`] keeps buckets and objects, on disk before
//! anyone is answered, or in memory; [`operations`] says what each request does; [`unsign`] takes the signatures off
//! while any credentials are accepted; else the library verifies them. Versions, ACLs, policies and lifecycles are absent, and the library says so.

mod draft;
mod file;
mod listing;
mod multipart;
mod objects;
mod operations;
mod unsign;

use axum::body::Body;
use axum::response::Response;
use http::{Request, StatusCode};
use s3s::S3Result;
use s3s::auth::SimpleAuth;
use s3s::host::{S3Host, VirtualHost};
use s3s::service::S3ServiceBuilder;

pub use objects::Buckets;

use crate::signature::Credentials;

/// The S3 service behind its door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct S3Service {
    service: s3s::service::S3Service,
    verifies: bool,
}

/// Hosts in front of which a bucket's name may stand: `bucket.localhost`, and LocalStack's and AWS's forms.
const DOMAINS: [&str; 4] =
    ["s3.localhost.localstack.cloud", "localhost.localstack.cloud", "s3.amazonaws.com", "localhost"];

/// S3 over these buckets, for whoever signs with `credentials`; for everybody when there are none.
pub fn service(buckets: Buckets, credentials: Option<&Credentials>) -> S3Service {
    let mut builder = S3ServiceBuilder::new(buckets);
    builder.set_host(Hosts);
    if let Some((key, secret)) = credentials.map(Credentials::expose) {
        builder.set_auth(SimpleAuth::from_single(key, secret));
    }
    S3Service { service: builder.build(), verifies: credentials.is_some() }
}

impl S3Service {
    /// Answers one request.
    pub async fn call(&self, request: Request<Body>) -> Response {
        let request = match self.verifies {
            true => request,
            false => match unsign::unsign(request) {
                Ok(request) => request,
                Err(reason) => return refused(reason),
            },
        };
        match self.service.call(request.map(s3s::Body::http_body_unsync)).await {
            Ok(response) => response.map(Body::new),
            Err(error) => {
                tracing::error!("S3 cannot answer: {error:?}");
                error_response(StatusCode::INTERNAL_SERVER_ERROR, "InternalError")
            }
        }
    }
}

fn refused(reason: unsign::Malformed) -> Response {
    tracing::debug!("S3 request refused: {reason}");
    error_response(StatusCode::BAD_REQUEST, "InvalidRequest")
}

/// An error from in front of the library, in S3's form.
fn error_response(status: StatusCode, code: &str) -> Response {
    let xml = format!(r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>"#);
    let mut response = Response::new(Body::from(xml));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/xml"));
    response
}

/// A bucket's name in front of a known domain is virtual-host style; every other host is path style.
struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let bucket = DOMAINS.iter().find_map(|domain| name.strip_suffix(domain)?.strip_suffix('.'));
        Ok(match bucket.filter(|bucket| !bucket.is_empty() && *bucket != "s3") {
            Some(bucket) => VirtualHost::new(host).with_bucket(bucket),
            None => VirtualHost::new(host),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_may_stand_in_front_of_a_known_domain() {
        let bucket = |host: &'static str| Hosts.parse_host_header(host).unwrap().bucket().map(str::to_owned);
        assert_eq!(bucket("photos.localhost:4566").as_deref(), Some("photos"));
        assert_eq!(bucket("my.photos.s3.localhost.localstack.cloud:4566").as_deref(), Some("my.photos"));
        assert_eq!(bucket("photos.s3.amazonaws.com").as_deref(), Some("photos"));
        for host in ["localhost:4566", "127.0.0.1:4566", "aws:4566", "s3.localhost.localstack.cloud:4566"] {
            assert_eq!(bucket(host), None, "{host}");
        }
    }
}
