//! S3 beside SQS, by the s3s library: what SDKs and the AWS CLI do every day.
//!
//! The library knows the protocol; here is what it stands on. [`objects`] keeps buckets and
//! objects, on disk before anyone is answered, or in memory, and [`multipart`] the uploads;
//! [`operations`] says what each request does. While any credentials are accepted, [`unsign`] takes
//! the signatures off; else the library verifies them. [`settings`] keeps what is set on a bucket,
//! and [`crossing`] answers pages. What a request asks and nobody does is refused: [`operations`]
//! has the list.

mod acl;
mod body;
mod checksum;
mod chunked;
mod condition;
mod cors;
mod crossing;
mod disk;
mod document;
mod draft;
mod error_document;
mod file;
mod host;
mod index;
mod listing;
mod load;
mod memory;
mod multipart;
mod objects;
mod operations;
mod post;
mod refused;
mod rewrite;
mod settings;
mod shelves;
mod shown;
mod stored;
mod sums;
mod tags;
mod unsign;
mod uploading;

use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_RANGE};
use http::{Method, Request, StatusCode};
use kit::time::{OncePerMinute, Timestamp};
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};

pub(crate) use host::bucket_of as of_host;
pub use objects::Buckets;

use crossing::Page;
use error_document::Asked;
use operations::Account;
use refused::error_response;

use crate::signature::Credentials;

/// The S3 service behind its door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct S3Service {
    service: s3s::service::S3Service,
    buckets: Buckets,
    credentials: Option<Credentials>,
}

/// S3 over these buckets, for whoever signs with `credentials`; for everybody when there are none.
pub fn service(buckets: Buckets, credentials: Option<&Credentials>) -> S3Service {
    let mut builder = S3ServiceBuilder::new(buckets.clone());
    builder.set_host(host::Hosts);
    if let Some((key, secret)) = credentials.map(Credentials::expose) {
        builder.set_auth(OneKey {
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

    /// Answers one request.
    pub async fn call(&self, request: Request<Body>) -> Response {
        let asked = Asked::of(&request);
        let response = self.respond(request).await;
        asked.complete(response).await
    }

    async fn respond(&self, request: Request<Body>) -> Response {
        if let Some(reason) = self.buckets.reason_shut() {
            let text = format!(
                "The stored objects cannot be opened ({reason}): mend that and start the emulator again."
            );
            return error_response(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                &text,
                &[],
            );
        }
        if request.method() == Method::OPTIONS {
            return crossing::preflight(&self.buckets, &request);
        }
        let page = Page::of(&request);
        let mut response = self.answer(request).await;
        if let Some(page) = page {
            page.say(&self.buckets, &mut response);
        }
        response
    }

    async fn answer(&self, mut request: Request<Body>) -> Response {
        if let Some(account) = account(&request) {
            request.extensions_mut().insert(account);
        }
        if post::is_post(&request) {
            return post::answer(&self.buckets, self.credentials.as_ref(), request).await;
        }
        let request = match document::verified(request).await {
            Ok(request) => request,
            Err(refused) => return refused,
        };
        let request = match self.credentials {
            Some(_) => request,
            None => match unsign::unsign(request) {
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
                    tracing::error!("S3 cannot answer: {}", kit::aws::explain(error.as_ref()));
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

/// The only access key that is let in.
struct OneKey {
    key: String,
    secret: SecretKey,
}

#[async_trait::async_trait]
impl S3Auth for OneKey {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match access_key == self.key {
            true => Ok(self.secret.clone()),
            false => Err(s3_error!(InvalidAccessKeyId)),
        }
    }
}

/// As for queues: an access key of twelve digits is an account.
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

/// The library says 206 for the range of a GET only.
fn partial(mut response: Response) -> Response {
    if response.status() == StatusCode::OK && response.headers().contains_key(CONTENT_RANGE) {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}
