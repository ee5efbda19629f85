//! Takes the signature off a request: any credentials are accepted here, so there is nothing to verify it with.
//!
//! What a signature brings along goes too: the query parameters of a presigned URL, and the `aws-chunked` coding in
//! which SDKs send a body whose digest comes last.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Uri};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// A chunk's head, or the trailers, are not longer than this.
const LONGEST_LINE: usize = 16 * 1024;

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");

/// The request is not what its signature says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the decoded length is missing or no number")]
    DecodedLength,
    #[error("the URL cannot be read")]
    Url,
    #[error("the aws-chunked body is malformed")]
    Chunks,
}

/// The same request, unsigned.
pub(super) fn unsign(request: Request<Body>) -> Result<Request<Body>, Malformed> {
    let (mut parts, body) = request.into_parts();
    parts.headers.remove(AUTHORIZATION);
    parts.headers.remove("x-amz-security-token");
    parts.uri = without_signature(&parts.uri)?;
    let digest = parts.headers.remove(CONTENT_SHA256);
    if !digest.is_some_and(|digest| digest.as_bytes().starts_with(b"STREAMING-")) {
        return Ok(Request::from_parts(parts, body));
    }
    let length = decoded_length(&mut parts.headers)?;
    parts.headers.insert(CONTENT_LENGTH, length.into());
    parts.headers.remove("x-amz-trailer");
    plain_coding(&mut parts.headers);
    Ok(Request::from_parts(parts, Body::new(Decoded::new(body, length))))
}

fn decoded_length(headers: &mut HeaderMap) -> Result<u64, Malformed> {
    let value = headers.remove(DECODED_LENGTH).ok_or(Malformed::DecodedLength)?;
    value.to_str().ok().and_then(|text| text.parse().ok()).ok_or(Malformed::DecodedLength)
}

/// `aws-chunked` is a coding of the transfer; what else stands in `Content-Encoding` belongs to the object.
fn plain_coding(headers: &mut HeaderMap) {
    let Some(codings) = headers.remove(CONTENT_ENCODING) else { return };
    let text = codings.to_str().unwrap_or_default();
    let rest: Vec<&str> =
        text.split(',').map(str::trim).filter(|coding| *coding != "aws-chunked" && !coding.is_empty()).collect();
    if let Ok(rest) = HeaderValue::from_str(&rest.join(","))
        && !rest.is_empty()
    {
        headers.insert(CONTENT_ENCODING, rest);
    }
}

fn without_signature(uri: &Uri) -> Result<Uri, Malformed> {
    let Some(query) =
        uri.query().filter(|query| query.contains("X-Amz-Signature") || query.contains("x-amz-signature"))
    else {
        return Ok(uri.clone());
    };
    const SIGNATURE: [&str; 7] = [
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-signedheaders",
        "x-amz-signature",
        "x-amz-security-token",
    ];
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    let kept: Vec<&str> = query.split('&').filter(|pair| !SIGNATURE.contains(&name(pair).as_str())).collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    let mut parts = uri.clone().into_parts();
    let path_and_query = format!("{}{mark}{}", uri.path(), kept.join("&"));
    parts.path_and_query = Some(path_and_query.parse().map_err(|_| Malformed::Url)?);
    Uri::from_parts(parts).map_err(|_| Malformed::Url)
}

/// A body without its `aws-chunked` coding.
struct Decoded {
    inner: Body,
    chunks: Chunks,
    left: u64,
}

impl Decoded {
    fn new(inner: Body, length: u64) -> Decoded {
        Decoded { inner, chunks: Chunks::default(), left: length }
    }
}

impl HttpBody for Decoded {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        loop {
            if let Some(data) = self.chunks.ready.pop_front() {
                let Some(left) = self.left.checked_sub(data.len() as u64) else {
                    return Poll::Ready(Some(Err(Malformed::Chunks.into())));
                };
                self.left = left;
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.chunks.push(&data)?;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None if self.left == 0 => return Poll::Ready(None),
                None => return Poll::Ready(Some(Err(Malformed::Chunks.into()))),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// `{hex length}[;chunk-signature=…]\r\n{data}\r\n`, again and again; length 0 is the end, trailers may follow. Bytes in,
/// data out; pure.
#[derive(Debug, Default)]
struct Chunks {
    waiting: BytesMut,
    state: State,
    ready: VecDeque<Bytes>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum State {
    #[default]
    Head,
    Data(usize),
    /// Behind a chunk's data: a line break.
    Break,
    Trailers,
}

impl Chunks {
    fn push(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.waiting.extend_from_slice(bytes);
        while self.step()? {}
        let bounded = matches!(self.state, State::Data(_)) || self.waiting.len() <= LONGEST_LINE;
        if bounded { Ok(()) } else { Err(Malformed::Chunks) }
    }

    /// One step; false when more bytes are needed.
    fn step(&mut self) -> Result<bool, Malformed> {
        match self.state {
            State::Head => {
                let Some(end) = self.waiting.windows(2).take(LONGEST_LINE).position(|pair| pair == b"\r\n") else {
                    return Ok(false);
                };
                let length = chunk_length(&self.waiting[..end]).ok_or(Malformed::Chunks)?;
                self.waiting.advance(end + 2);
                self.state = if length == 0 { State::Trailers } else { State::Data(length) };
            }
            State::Data(length) => {
                let here = length.min(self.waiting.len());
                if here == 0 {
                    return Ok(false);
                }
                self.ready.push_back(self.waiting.split_to(here).freeze());
                self.state = if here == length { State::Break } else { State::Data(length - here) };
            }
            State::Break => {
                if self.waiting.len() < 2 {
                    return Ok(false);
                }
                if self.waiting.split_to(2) != b"\r\n"[..] {
                    return Err(Malformed::Chunks);
                }
                self.state = State::Head;
            }
            State::Trailers => {
                if self.waiting.len() > LONGEST_LINE {
                    return Err(Malformed::Chunks);
                }
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn chunk_length(head: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(head).ok()?;
    usize::from_str_radix(text.split(';').next()?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    const CHUNKED: &str =
        "5;chunk-signature=ab\r\nhello\r\n6\r\n world\r\n0;chunk-signature=cd\r\nx-amz-checksum-crc32:AAAA==\r\n\r\n";

    #[test]
    fn chunks_may_be_cut_anywhere() {
        for cut in 0..=CHUNKED.len() {
            let mut chunks = Chunks::default();
            chunks.push(&CHUNKED.as_bytes()[..cut]).unwrap();
            chunks.push(&CHUNKED.as_bytes()[cut..]).unwrap();
            assert_eq!(chunks.ready.iter().flatten().copied().collect::<Vec<u8>>(), b"hello world", "cut at {cut}");
        }
    }

    #[test]
    fn what_is_not_chunked_is_refused() {
        assert_eq!(Chunks::default().push(b"zz\r\n"), Err(Malformed::Chunks));
        assert_eq!(Chunks::default().push(b"1\r\nabc"), Err(Malformed::Chunks));
        assert_eq!(Chunks::default().push("f".repeat(LONGEST_LINE + 1).as_bytes()), Err(Malformed::Chunks));
    }

    #[tokio::test]
    async fn signatures_go_and_bodies_are_decoded() {
        let request = Request::put("http://h/b/k?x=1&X-Amz-Signature=s&X-Amz-Date=d&y")
            .header("authorization", "AWS4-HMAC-SHA256 …")
            .header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .header("x-amz-decoded-content-length", "11")
            .header("content-encoding", "aws-chunked, gzip")
            .body(Body::from(CHUNKED))
            .unwrap();
        let request = unsign(request).unwrap();
        assert_eq!(request.uri(), "http://h/b/k?x=1&y");
        assert_eq!(
            (&request.headers()["content-length"], &request.headers()["content-encoding"]),
            (&HeaderValue::from(11), &HeaderValue::from_static("gzip"))
        );
        assert!(!request.headers().contains_key("authorization"));
        assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), "hello world");
    }

    #[tokio::test]
    async fn a_body_shorter_than_announced_is_an_error() {
        let body = Body::new(Decoded::new(Body::from("5\r\nhel"), 5));
        assert!(body.collect().await.is_err());
    }
}
