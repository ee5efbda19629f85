//! The part of a request's body that a handler leaves unread, for example because it rejects the
//! request.
//!
//! A connection that is closed with bytes unread is reset by the system, and a client that writes
//! its whole body before it reads, as many do, then finds a broken pipe in place of the answer. So
//! the rest is read and thrown away beside the answer, within bounds, and the answer says that the
//! connection ends (RFC 9112, section 9.6).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use axum::body::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

/// A rest that is no longer than this is there at once, and the connection is kept.
const SHORT: u64 = 64 * 1024;

/// How much of a rest is read, and for how long.
#[derive(Debug, Clone, Copy)]
struct RestBounds {
    bytes: usize,
    /// Without a byte.
    idle: Duration,
    whole: Duration,
}

/// Six times the largest payload of API Gateway; and the times of nginx's `lingering_close`.
const BOUNDS: RestBounds = RestBounds {
    bytes: 64 * 1024 * 1024,
    idle: Duration::from_secs(5),
    whole: Duration::from_secs(30),
};

/// What became of a body.
#[derive(Debug, Default)]
pub(super) struct Seen {
    was_read: AtomicBool,
    was_left: AtomicBool,
}

impl Seen {
    /// Whether a piece of it arrived: an interim answer that the client waits for is on its way
    /// then.
    pub(super) fn was_read(&self) -> bool {
        self.was_read.load(Ordering::Acquire)
    }

    /// Whether so much of it was left that the connection has to end.
    pub(super) fn was_left(&self) -> bool {
        self.was_left.load(Ordering::Acquire)
    }
}

/// A body that records whether it was read or left.
pub(super) struct WatchedBody<B: Unread> {
    body: Option<B>,
    is_over: bool,
    /// Whether the client waits for an interim answer before it sends anything.
    is_awaited: bool,
    seen: Arc<Seen>,
}

/// What can be watched.
pub(super) trait Unread:
    HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static
{
}

impl<B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static> Unread for B {}

impl<B: Unread> WatchedBody<B> {
    /// Watches `body`. `is_awaited` says that reading it asks the client to send it.
    pub(super) fn new(body: B, is_awaited: bool) -> (WatchedBody<B>, Arc<Seen>) {
        let seen = Arc::new(Seen::default());
        (
            WatchedBody {
                body: Some(body),
                is_over: false,
                is_awaited,
                seen: seen.clone(),
            },
            seen,
        )
    }
}

impl<B: Unread> HttpBody for WatchedBody<B> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(context));
        match &frame {
            Some(Ok(_)) => self.seen.was_read.store(true, Ordering::Release),
            Some(Err(_)) | None => self.is_over = true,
        }
        Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)))
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, HttpBody::size_hint)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }
}

impl<B: Unread> Drop for WatchedBody<B> {
    fn drop(&mut self) {
        let is_over = self.is_over || self.is_end_stream();
        let Some(body) = self.body.take().filter(|_| !is_over) else {
            return;
        };
        let is_short = body.size_hint().upper().is_some_and(|rest| rest <= SHORT);
        self.seen.was_left.store(!is_short, Ordering::Release);
        if self.is_awaited && !self.seen.was_read() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(discard(body, BOUNDS));
        }
    }
}

/// Reads a body to its end or to its bounds.
async fn discard(mut body: impl Unread, bounds: RestBounds) {
    let reading = async {
        let mut left = bounds.bytes;
        while let Ok(Some(Ok(frame))) = timeout(bounds.idle, body.frame()).await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    tokio::select! { () = reading => {} () = sleep(bounds.whole) => {} }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;
    use tokio::io::AsyncWriteExt as _;

    const SHORTLY: Duration = Duration::from_millis(20);
    const LATER: Duration = Duration::from_secs(3600);

    /// A body that goes on for as long as somebody writes.
    fn endless() -> (Body, tokio::io::DuplexStream) {
        let (client, server) = tokio::io::duplex(64);
        (
            Body::from_stream(tokio_util::io::ReaderStream::new(server)),
            client,
        )
    }

    /// Each of these ends, and the client notices.
    #[tokio::test]
    async fn a_rest_is_read_within_bounds() {
        for bounds in [
            RestBounds {
                bytes: 1000,
                idle: LATER,
                whole: LATER,
            },
            RestBounds {
                bytes: usize::MAX,
                idle: LATER,
                whole: SHORTLY,
            },
        ] {
            let (body, mut client) = endless();
            let writing = async { while client.write_all(b"more").await.is_ok() {} };
            tokio::join!(discard(body, bounds), writing);
        }
        let (body, _silent) = endless();
        discard(
            body,
            RestBounds {
                bytes: 1000,
                idle: SHORTLY,
                whole: LATER,
            },
        )
        .await;
    }

    #[tokio::test]
    async fn what_was_left_is_noted() {
        for (length, read, was_left) in [
            (3, false, false),
            (SHORT as usize + 1, false, true),
            (1 << 20, true, false),
        ] {
            let (watched, seen) = WatchedBody::new(Body::from(vec![b'x'; length]), false);
            if read {
                assert_eq!(watched.collect().await.unwrap().to_bytes().len(), length);
            } else {
                drop(watched);
            }
            assert_eq!(
                (seen.was_left(), seen.was_read()),
                (was_left, read),
                "{length}"
            );
        }
    }
}
