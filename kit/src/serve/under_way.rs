//! Requests that are under way on a connection: from their head to the last byte of their answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::activity::Activity;

/// Larger parts of an answer are handed out in pieces, so that what a client does not take stays
/// where it can be seen.
const PIECE: usize = 64 * 1024;

/// A request under way.
#[derive(Debug)]
pub(super) struct UnderWay {
    activity: Arc<Activity>,
    number: usize,
}

impl UnderWay {
    /// Counts a request, and returns its number on the connection.
    pub(super) fn begin(activity: Arc<Activity>) -> (usize, UnderWay) {
        let number = activity.begin();
        (number, UnderWay { activity, number })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.activity.end();
    }
}

/// The body of an answer, whose request is under way for as long as it is there.
pub(super) struct CountedBody {
    body: Body,
    /// What is left of its last part.
    rest: Bytes,
    under_way: UnderWay,
}

impl CountedBody {
    pub(super) fn new(body: Body, under_way: UnderWay) -> CountedBody {
        CountedBody {
            body,
            rest: Bytes::new(),
            under_way,
        }
    }
}

impl Drop for CountedBody {
    fn drop(&mut self) {
        self.under_way.activity.taken(self.under_way.number);
    }
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // Whoever asks for more has sent what it got.
        let UnderWay { activity, number } = &self.under_way;
        activity.taken(*number);
        if self.rest.is_empty() {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
            let Some(Ok(frame)) = frame else {
                return Poll::Ready(frame);
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        let UnderWay { activity, number } = &self.under_way;
        activity.handed(*number);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, mut hint) = (self.rest.len() as u64, self.body.size_hint());
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }
}
