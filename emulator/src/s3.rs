//! S3 beside SQS, by the s3s library: what SDKs and the AWS CLI use every day.
//!
//! The library knows the protocol; the rooms below know the rest. [`request`] prepares a request
//! for the library, [`operations`] answers it, and [`error_document`] completes an error.
//! [`storage`] keeps buckets and objects, on disk or in memory, in [`files`] with an [`index`] for
//! listings; [`multipart`] keeps uploads. [`object`] holds S3's own words (heads, checksums,
//! conditions, tags, ACLs), [`convert`] translates them to the library's types, and [`body`] moves
//! bodies. [`cors`] and [`form`] answer browsers: preflights, and uploads by a form.

mod address;
mod body;
mod convert;
mod cors;
mod error_document;
mod errors;
mod files;
mod form;
mod host;
mod index;
mod multipart;
mod object;
mod operations;
mod request;
mod storage;

use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_RANGE};
use http::{Method, Request, StatusCode};
use kit::time::{OncePerMinute, Timestamp};
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};

use crate::signature::Credentials;
use cors::CrossOriginRequest;
use error_document::RequestSummary;
use errors::error_response;
use operations::members::Account;
use request::document;
use request::strip_signature::strip_signature;

pub(crate) use host::bucket_of as bucket_of_host;
pub use storage::buckets::Buckets;

/// The S3 service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct S3Service {
    service: s3s::service::S3Service,
    buckets: Buckets,
    credentials: Option<Credentials>,
}

/// S3 over these buckets. With `credentials`, requests must be signed with them; without, any
/// request is accepted.
pub fn service(buckets: Buckets, credentials: Option<&Credentials>) -> S3Service {
    let mut builder = S3ServiceBuilder::new(buckets.clone());
    builder.set_host(host::Hosts);
    if let Some((key, secret)) = credentials.map(Credentials::expose) {
        builder.set_auth(SingleKeyAuth {
            key: key.to_owned(),
            secret: secret.into(),
        });
    }
    S3Service {
        service: builder.build(),
        buckets,
        credentials: credentials.cloned(),
    }
}

impl S3Service {
    /// Whether there is a bucket of this name.
    pub fn has_bucket(&self, name: &str) -> bool {
        self.buckets.exists(name).is_ok()
    }

    /// Answers a request.
    pub async fn call(&self, request: Request<Body>) -> Response {
        let summary = RequestSummary::of(&request);
        let response = self.respond(request).await;
        summary.complete(response).await
    }

    async fn respond(&self, request: Request<Body>) -> Response {
        if let Some(reason) = self.buckets.reason_shut() {
            let text = format!(
                "The stored objects cannot be opened ({reason}). Fix this and restart the emulator."
            );
            return error_response(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                &text,
                &[],
            );
        }
        if request.method() == Method::OPTIONS {
            return cors::preflight(&self.buckets, &request);
        }
        let cross_origin = CrossOriginRequest::of(&request);
        let mut response = self.answer(request).await;
        if let Some(cross_origin) = cross_origin {
            cross_origin.allow(&self.buckets, &mut response);
        }
        response
    }

    async fn answer(&self, mut request: Request<Body>) -> Response {
        if let Some(account) = account(&request) {
            request.extensions_mut().insert(account);
        }
        if form::is_form(&request) {
            return form::answer(&self.buckets, self.credentials.as_ref(), request).await;
        }
        let request = match document::verified(request).await {
            Ok(request) => request,
            Err(refused) => return refused,
        };
        let request = match self.credentials {
            Some(_) => request,
            None => match strip_signature(request) {
                Ok(request) => request,
                Err(reason) => {
                    return error_response(
                        StatusCode::BAD_REQUEST,
                        "InvalidRequest",
                        &reason.to_string(),
                        &[],
                    );
                }
            },
        };
        match self
            .service
            .call(request.map(s3s::Body::http_body_unsync))
            .await
        {
            Ok(response) => partial(response.map(Body::new)),
            Err(error) => {
                let error = s3s::StdError::from(error);
                static LINE: OncePerMinute = OncePerMinute::new();
                if LINE.is_due(Timestamp::now()) {
                    tracing::error!(
                        "S3 failed to answer a request: {}",
                        kit::aws::explain(error.as_ref())
                    );
                }
                let text = "We encountered an internal error. Please try again.";
                error_response(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalError",
                    text,
                    &[],
                )
            }
        }
    }
}

/// Accepts one access key.
struct SingleKeyAuth {
    key: String,
    secret: SecretKey,
}

#[async_trait::async_trait]
impl S3Auth for SingleKeyAuth {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match access_key == self.key {
            true => Ok(self.secret.clone()),
            false => Err(s3_error!(InvalidAccessKeyId)),
        }
    }
}

/// The account of an access key: as for queues, one of twelve digits is the account itself.
fn account(request: &Request<Body>) -> Option<Account> {
    let authorization = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let key = authorization
        .split_once("Credential=")?
        .1
        .split('/')
        .next()?;
    (key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| Account(key.to_owned()))
}

/// Sets 206 on every response with a range. The library does so for GET only.
fn partial(mut response: Response) -> Response {
    if response.status() == StatusCode::OK && response.headers().contains_key(CONTENT_RANGE) {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}
