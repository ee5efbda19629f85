//! Removes the signature of a request. Without credentials of our own, there is nothing to verify
//! it with.
//!
//! Everything that belongs to the signature is removed too: the query parameters of a presigned
//! URL, of version 4 and of version 2 (which boto3 still makes), and the `aws-chunked` coding of
//! the body.

use axum::body::Body;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue,
};
use http::{Request, Uri};

use crate::s3::body::chunked::{DechunkedBody, Trailers};

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");

/// A request whose parts contradict its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSigning {
    #[error("x-amz-decoded-content-length must be a number")]
    DecodedLength,
    #[error("the URL is not valid")]
    Url,
}

/// The same request, unsigned.
pub(crate) fn strip_signature(request: Request<Body>) -> Result<Request<Body>, InvalidSigning> {
    let (mut parts, body) = request.into_parts();
    parts.headers.remove(AUTHORIZATION);
    parts.headers.remove("x-amz-security-token");
    parts.uri = without_signature(&parts.uri)?;
    let digest = parts.headers.remove(CONTENT_SHA256);
    if !digest.is_some_and(|digest| digest.as_bytes().starts_with(b"STREAMING-")) {
        return Ok(Request::from_parts(parts, body));
    }
    let (length, trailers) = (decoded_length(&mut parts.headers)?, Trailers::default());
    parts.headers.insert(CONTENT_LENGTH, length.into());
    parts.extensions.insert(trailers.clone());
    plain_coding(&mut parts.headers);
    Ok(Request::from_parts(
        parts,
        Body::new(DechunkedBody::new(body, length, trailers)),
    ))
}

fn decoded_length(headers: &mut HeaderMap) -> Result<u64, InvalidSigning> {
    let value = headers
        .remove(DECODED_LENGTH)
        .ok_or(InvalidSigning::DecodedLength)?;
    value
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(InvalidSigning::DecodedLength)
}

/// Removes `aws-chunked`, a coding of the transfer. Other values of `Content-Encoding` belong to
/// the object.
fn plain_coding(headers: &mut HeaderMap) {
    let Some(codings) = headers.remove(CONTENT_ENCODING) else {
        return;
    };
    let text = codings.to_str().unwrap_or_default();
    let rest: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|coding| *coding != "aws-chunked" && !coding.is_empty())
        .collect();
    if let Ok(rest) = HeaderValue::from_str(&rest.join(","))
        && !rest.is_empty()
    {
        headers.insert(CONTENT_ENCODING, rest);
    }
}

/// The parameters that a signature of version 4 adds, and those of version 2.
const SIGNATURES: [(&str, &[&str]); 2] = [
    (
        "x-amz-signature",
        &[
            "x-amz-algorithm",
            "x-amz-credential",
            "x-amz-date",
            "x-amz-expires",
            "x-amz-signedheaders",
            "x-amz-signature",
            "x-amz-security-token",
        ],
    ),
    (
        "signature",
        &[
            "awsaccesskeyid",
            "signature",
            "expires",
            "x-amz-security-token",
        ],
    ),
];

fn without_signature(uri: &Uri) -> Result<Uri, InvalidSigning> {
    let query = uri.query().unwrap_or_default();
    let name = |pair: &str| {
        pair.split('=')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let signed =
        |(signature, _): &&(&str, _)| query.split('&').any(|pair| name(pair) == *signature);
    let Some((_, added)) = SIGNATURES.iter().find(signed) else {
        return Ok(uri.clone());
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !added.contains(&name(pair).as_str()))
        .collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    let mut parts = uri.clone().into_parts();
    let path_and_query = format!("{}{mark}{}", uri.path(), kept.join("&"));
    parts.path_and_query = Some(path_and_query.parse().map_err(|_| InvalidSigning::Url)?);
    Uri::from_parts(parts).map_err(|_| InvalidSigning::Url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    const CHUNKED: &str =
        "5;chunk-signature=ab\r\nhello\r\n6\r\n world\r\n0;chunk-signature=cd\r\n\r\n";

    #[tokio::test]
    async fn signatures_go_and_bodies_are_decoded() {
        let request = Request::put("http://h/b/k?x=1&X-Amz-Signature=s&X-Amz-Date=d&y")
            .header("authorization", "AWS4-HMAC-SHA256 …")
            .header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .header("x-amz-decoded-content-length", "11")
            .header("content-encoding", "aws-chunked, gzip")
            .body(Body::from(CHUNKED))
            .unwrap();
        let request = strip_signature(request).unwrap();
        assert_eq!(request.uri(), "http://h/b/k?x=1&y");
        assert_eq!(
            (
                &request.headers()["content-length"],
                &request.headers()["content-encoding"]
            ),
            (&HeaderValue::from(11), &HeaderValue::from_static("gzip"))
        );
        assert!(!request.headers().contains_key("authorization"));
        assert_eq!(
            request.into_body().collect().await.unwrap().to_bytes(),
            "hello world"
        );
    }

    #[test]
    fn presigned_urls_of_both_versions_become_plain_ones() {
        for (signed, plain) in [
            (
                "http://h/b/k?AWSAccessKeyId=test&Signature=a%2Bb%3D&Expires=1800000000",
                "http://h/b/k",
            ),
            (
                "http://h/b/k?versions&Signature=a&AWSAccessKeyId=k&x-amz-security-token=t&Expires=1",
                "http://h/b/k?versions",
            ),
            (
                "http://h/b/k?X-Amz-Algorithm=A&X-Amz-Credential=c&partNumber=1&X-Amz-Signature=s",
                "http://h/b/k?partNumber=1",
            ),
            (
                "http://h/b?prefix=Signature&Expires=1",
                "http://h/b?prefix=Signature&Expires=1",
            ),
        ] {
            assert_eq!(without_signature(&signed.parse().unwrap()).unwrap(), plain);
        }
    }
}
