//! Door: the digests of requests whose body is a document are checked before the library reads it.

use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_LENGTH, HeaderMap};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use md5::{Digest as _, Md5};
use s3s::S3Error;

use crate::s3::errors::error_response;
use crate::s3::object::asked_checksum::AskedChecksum;
use crate::s3::object::checksum_members::digest;

/// The longest document that the library reads.
const LONGEST: usize = 20 * 1024 * 1024;

/// The query parameters of requests whose body is not a document.
const NO_DOCUMENT: [&str; 3] = ["uploadId", "uploads", "x-id"];

/// Checks a document against its `Content-MD5` (`content_md5`) and its checksum
/// (`checksum_algorithm`).
///
/// # Errors The document has other digests than its headers give. The error is the response.
pub(crate) async fn verified(request: Request<Body>) -> Result<Request<Body>, Response> {
    if !is_document(&request) || !has_digest(request.headers()) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LONGEST).collect().await.map_err(|_| {
        error_response(
            StatusCode::BAD_REQUEST,
            "MalformedXML",
            "The document is longer than 20 MiB or incomplete.",
            &[],
        )
    })?;
    let body = body.to_bytes();
    check(&parts, &body).map_err(|error| {
        let status = error.status_code().unwrap_or(StatusCode::BAD_REQUEST);
        error_response(
            status,
            error.code().as_str(),
            error.message().unwrap_or_default(),
            &[],
        )
    })?;
    let mut request = Request::from_parts(parts, Body::from(body.clone()));
    request
        .headers_mut()
        .insert(CONTENT_LENGTH, body.len().into());
    Ok(request)
}

/// Whether the request puts or posts a document: its query names a subresource, other than the
/// parts and the completion of an upload.
fn is_document(request: &Request<Body>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let names = query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default());
    let mut named = names.filter(|name| !name.is_empty()).peekable();
    matches!(*request.method(), Method::PUT | Method::POST)
        && named.peek().is_some()
        && named.all(|name| !NO_DOCUMENT[..2].contains(&name))
        && query.split('&').any(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !name.is_empty()
                && name != NO_DOCUMENT[2]
                && !name.to_ascii_lowercase().starts_with("x-amz-")
        })
}

fn has_digest(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .any(|name| name == "content-md5" || name.as_str().starts_with("x-amz-checksum-"))
}

fn check(parts: &Parts, body: &[u8]) -> Result<(), S3Error> {
    if let Some(given) = parts.headers.get("content-md5") {
        let digest = STANDARD
            .decode(given.as_bytes())
            .ok()
            .filter(|digest| digest.len() == 16);
        let digest = digest.ok_or_else(|| {
            s3s::s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid.")
        })?;
        if digest[..] != Md5::digest(body)[..] {
            return Err(s3s::s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
    }
    let Some(AskedChecksum {
        algorithm,
        value: Some(value),
    }) = AskedChecksum::of(&parts.headers)?
    else {
        return Ok(());
    };
    let mut hasher = algorithm.hasher();
    hasher.update(body);
    match digest(algorithm, hasher).as_ref() == Some(&value) {
        true => Ok(()),
        false => {
            let name = algorithm.name();
            Err(s3s::s3_error!(
                BadDigest,
                "The {name} you specified did not match the calculated checksum."
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn status(method: &str, uri: &str, name: &str, value: &str) -> StatusCode {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(name, value)
            .body(Body::from("<x/>"))
            .unwrap();
        verified(request)
            .await
            .map_or_else(|refused| refused.status(), |_| StatusCode::OK)
    }

    #[tokio::test]
    async fn documents_are_held_to_their_digests_and_objects_are_not_touched() {
        let right = STANDARD.encode(Md5::digest(b"<x/>"));
        let wrong = STANDARD.encode(Md5::digest(b"other"));
        for (uri, given, expected) in [
            ("/b?cors", &right, StatusCode::OK),
            ("/b?cors", &wrong, StatusCode::BAD_REQUEST),
            ("/b?cors=", &"junk".to_owned(), StatusCode::BAD_REQUEST),
            ("/b/k", &wrong, StatusCode::OK),
            ("/b/k?x-id=PutObject", &wrong, StatusCode::OK),
            ("/b/k?partNumber=1&uploadId=u", &wrong, StatusCode::OK),
        ] {
            assert_eq!(
                status("PUT", uri, "content-md5", given).await,
                expected,
                "{uri} {given}"
            );
        }
        assert_eq!(
            status("POST", "/b?delete", "x-amz-checksum-crc32", "AAAAAA==").await,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            status("GET", "/b?cors", "content-md5", &wrong).await,
            StatusCode::OK
        );
    }
}
