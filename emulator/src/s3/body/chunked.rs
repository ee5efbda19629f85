//! Removes the `aws-chunked` coding, in which SDKs send a body whose checksum comes last.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use kit::lock::Mutex;

/// The body is not in the `aws-chunked` coding, or not as long as announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the aws-chunked body is malformed")]
pub(crate) struct MalformedChunks;

/// The longest head of a chunk, and the most bytes of trailers.
const LONGEST_LINE: usize = 16 * 1024;

/// The headers behind a body, once the body is read to its end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trailers(Arc<Mutex<Option<HeaderMap>>>);

impl Trailers {
    pub(crate) fn take(&self) -> Option<HeaderMap> {
        self.0.lock().take()
    }

    fn set(&self, trailers: HeaderMap) {
        *self.0.lock() = Some(trailers);
    }
}

/// A body without its `aws-chunked` coding.
pub(crate) struct DechunkedBody {
    inner: Body,
    chunks: ChunkDecoder,
    left: u64,
    trailers: Trailers,
}

impl DechunkedBody {
    pub(crate) fn new(inner: Body, length: u64, trailers: Trailers) -> DechunkedBody {
        DechunkedBody {
            inner,
            chunks: ChunkDecoder::default(),
            left: length,
            trailers,
        }
    }
}

impl HttpBody for DechunkedBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        loop {
            if let Some(data) = self.chunks.ready.pop_front() {
                let Some(left) = self.left.checked_sub(data.len() as u64) else {
                    return Poll::Ready(Some(Err(MalformedChunks.into())));
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
                None if self.left == 0 => {
                    self.trailers.set(self.chunks.trailers());
                    return Poll::Ready(None);
                }
                None => return Poll::Ready(Some(Err(MalformedChunks.into()))),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Decodes `{hex length}[;chunk-signature=…]\r\n{data}\r\n`, repeated; length 0 is the end, and
/// trailers may follow. Bytes in, data out; pure.
#[derive(Debug, Default)]
struct ChunkDecoder {
    waiting: BytesMut,
    state: ChunkState,
    ready: VecDeque<Bytes>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum ChunkState {
    #[default]
    Head,
    Data(usize),
    /// Behind a chunk's data: a line break.
    Break,
    Trailers,
}

impl ChunkDecoder {
    fn push(&mut self, bytes: &[u8]) -> Result<(), MalformedChunks> {
        self.waiting.extend_from_slice(bytes);
        while self.step()? {}
        let bounded =
            matches!(self.state, ChunkState::Data(_)) || self.waiting.len() <= LONGEST_LINE;
        if bounded {
            Ok(())
        } else {
            Err(MalformedChunks)
        }
    }

    /// Takes one step. Returns false when more bytes are needed.
    fn step(&mut self) -> Result<bool, MalformedChunks> {
        match self.state {
            ChunkState::Head => {
                let Some(end) = self
                    .waiting
                    .windows(2)
                    .take(LONGEST_LINE)
                    .position(|pair| pair == b"\r\n")
                else {
                    return Ok(false);
                };
                let length = chunk_length(&self.waiting[..end]).ok_or(MalformedChunks)?;
                self.waiting.advance(end + 2);
                self.state = if length == 0 {
                    ChunkState::Trailers
                } else {
                    ChunkState::Data(length)
                };
            }
            ChunkState::Data(length) => {
                let here = length.min(self.waiting.len());
                if here == 0 {
                    return Ok(false);
                }
                self.ready.push_back(self.waiting.split_to(here).freeze());
                self.state = if here == length {
                    ChunkState::Break
                } else {
                    ChunkState::Data(length - here)
                };
            }
            ChunkState::Break => {
                if self.waiting.len() < 2 {
                    return Ok(false);
                }
                if self.waiting.split_to(2) != b"\r\n"[..] {
                    return Err(MalformedChunks);
                }
                self.state = ChunkState::Head;
            }
            ChunkState::Trailers => {
                if self.waiting.len() > LONGEST_LINE {
                    return Err(MalformedChunks);
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The headers behind the last chunk, one in each line.
    fn trailers(&self) -> HeaderMap {
        let text = match self.state {
            ChunkState::Trailers => String::from_utf8_lossy(&self.waiting),
            ChunkState::Head | ChunkState::Data(_) | ChunkState::Break => return HeaderMap::new(),
        };
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((
                name.trim().parse::<HeaderName>().ok()?,
                HeaderValue::from_str(value.trim()).ok()?,
            ))
        };
        text.lines().filter_map(header).collect()
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

    const CHUNKED: &str = "5;chunk-signature=ab\r\nhello\r\n6\r\n world\r\n0;chunk-signature=cd\r\nx-amz-checksum-crc32:AAAA==\r\n\r\n";

    #[test]
    fn chunks_may_be_cut_anywhere() {
        for cut in 0..=CHUNKED.len() {
            let mut chunks = ChunkDecoder::default();
            chunks.push(&CHUNKED.as_bytes()[..cut]).unwrap();
            chunks.push(&CHUNKED.as_bytes()[cut..]).unwrap();
            assert_eq!(
                chunks.ready.iter().flatten().copied().collect::<Vec<u8>>(),
                b"hello world",
                "cut at {cut}"
            );
            assert_eq!(chunks.trailers()["x-amz-checksum-crc32"], "AAAA==");
        }
    }

    #[test]
    fn what_is_not_chunked_is_refused() {
        assert_eq!(
            ChunkDecoder::default().push(b"zz\r\n"),
            Err(MalformedChunks)
        );
        assert_eq!(
            ChunkDecoder::default().push(b"1\r\nabc"),
            Err(MalformedChunks)
        );
        assert_eq!(
            ChunkDecoder::default().push("f".repeat(LONGEST_LINE + 1).as_bytes()),
            Err(MalformedChunks)
        );
    }

    #[tokio::test]
    async fn a_body_shorter_than_announced_is_an_error() {
        let body = Body::new(DechunkedBody::new(
            Body::from("5\r\nhel"),
            5,
            Trailers::default(),
        ));
        assert!(body.collect().await.is_err());
    }
}
