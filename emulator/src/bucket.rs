//! S3 beside SQS, by the s3s library: what SDKs and the AWS CLI do every day.
//!
//! The library knows the protocol; here is what it stands on. [`objects`] keeps buckets and objects, on disk before anyone is
//! answered, or in memory, and [`multipart`] the uploads; [`operations`] says what each request does. While any credentials
//! are accepted, [`unsign`] takes the signatures off; else the library verifies them. Versions, ACLs, policies and
//! lifecycles are absent, and the library says so.

mod body;
mod checksum;
mod chunked;
mod condition;
mod disk;
mod draft;
mod file;
mod form;
mod host;
mod index;
mod listing;
mod load;
mod memory;
mod multipart;
mod objects;
mod operations;
mod refused;
mod shelves;
mod shown;
mod stored;
mod sums;
mod unsign;

use axum::body::Body;
use axum::response::Response;
use http::{Request, StatusCode};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

pub(crate) use host::bucket_of as of_host;
pub use objects::Buckets;

use crate::signature::Credentials;

/// The S3 service behind its door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct S3Service {
    service: s3s::service::S3Service,
    verifies: bool,
}

/// S3 over these buckets, for whoever signs with `credentials`; for everybody when there are none.
pub fn service(buckets: Buckets, credentials: Option<&Credentials>) -> S3Service {
    let mut builder = S3ServiceBuilder::new(buckets);
    builder.set_host(host::Hosts);
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
            false => match unsign::unsign(request).await {
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
