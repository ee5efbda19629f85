//! A connection's bytes on their way to the HTTP library: those of HTTP/1 are checked first.
//!
//! In place of a request that is refused, the library reads one that the server has made up, so
//! that its answer comes in its turn behind those of earlier requests. The server knows it by its
//! number.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;
use super::http1::{Method, SplitHead, Stop, Wire, split};
use super::linger::Linger;
use super::refusal::MalformedBody;

/// A stream, and what is done to its bytes.
#[derive(Debug)]
pub(super) struct Guard<S> {
    stream: S,
    activity: Arc<Activity>,
    /// None for bytes that are not HTTP/1.
    wire: Option<Wire>,
    /// Bytes that were read: the first `checked` of them may be passed on.
    held: Vec<u8>,
    checked: usize,
    /// Whether the held bytes were looked at.
    is_fresh: bool,
    end: AfterHeld,
    heads: usize,
    linger: Option<Linger>,
}

/// What comes behind the held bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AfterHeld {
    /// What the client sends.
    Open,
    /// Nothing: the request was refused.
    Silent,
    /// An error.
    Malformed,
}

impl<S> Guard<S> {
    /// Nothing of the stream has been read. `wire` checks HTTP/1.
    pub(super) fn new(stream: S, activity: Arc<Activity>, wire: Option<Wire>) -> Guard<S> {
        Guard {
            stream,
            activity,
            wire,
            held: Vec::new(),
            checked: 0,
            is_fresh: false,
            end: AfterHeld::Open,
            heads: 0,
            linger: None,
        }
    }

    /// Checks the held bytes behind those that may be passed on.
    fn check(&mut self) {
        self.is_fresh = false;
        let Some(wire) = &mut self.wire else {
            self.checked = self.held.len();
            return;
        };
        let checked = wire.check(&self.held[self.checked..]);
        self.checked += checked.pass;
        self.heads += checked.heads;
        if let Some(length) = checked.many_fields {
            return self.shorten(length);
        }
        let is_partial = self.checked < self.held.len() && wire.is_at_head();
        self.activity.head(is_partial && checked.stop.is_none());
        self.stop(checked.stop.as_ref());
    }

    /// Passes a head on without the fields that are too many for the library.
    fn shorten(&mut self, length: usize) {
        let place = self.checked..self.checked + length;
        let SplitHead { head, others } = split(&self.held[place.clone()]);
        self.activity.add_fields(self.heads, others);
        self.activity.head(false);
        self.heads += 1;
        self.checked += head.len();
        self.held.splice(place, head);
        self.is_fresh = true;
    }

    fn stop(&mut self, stop: Option<&Stop>) {
        match stop {
            None => {}
            Some(Stop::Malformed) => {
                self.end = AfterHeld::Malformed;
                self.held.truncate(self.checked);
                self.activity.linger();
            }
            Some(&Stop::Refused(refusal, method)) => {
                self.end = AfterHeld::Silent;
                self.held.truncate(self.checked);
                self.held.extend_from_slice(substitute(method));
                self.checked = self.held.len();
                self.activity.refuse(self.heads, refusal);
            }
        }
    }

    /// Hands out held bytes that may be passed on.
    fn hand_out(&mut self, into: &mut ReadBuf<'_>) -> bool {
        let taken = self.checked.min(into.remaining());
        if taken == 0 {
            return false;
        }
        into.put_slice(&self.held[..taken]);
        self.held.drain(..taken);
        self.checked -= taken;
        if self.held.is_empty() {
            self.held = Vec::new();
        }
        true
    }

    /// Checks bytes that lie in the reader's buffer behind `start`, where they stay if nothing is
    /// wrong with them.
    fn check_in_place(&mut self, into: &mut ReadBuf<'_>, start: usize) {
        let Some(wire) = &mut self.wire else {
            return;
        };
        let fresh = &into.filled()[start..];
        let checked = wire.check(fresh);
        self.heads += checked.heads;
        let rest = &fresh[checked.pass..];
        let is_unfinished = !rest.is_empty() && checked.stop.is_none();
        if is_unfinished {
            self.held.extend_from_slice(rest);
        }
        into.set_filled(start + checked.pass);
        if let Some(length) = checked.many_fields {
            return self.shorten(length);
        }
        self.activity.head(is_unfinished);
        self.stop(checked.stop.as_ref());
    }
}

/// The request that the library reads in place of a refused one.
fn substitute(method: Method) -> &'static [u8] {
    match method {
        Method::Head => b"HEAD / HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n\r\n",
        Method::Other => b"GET / HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n\r\n",
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let guard = &mut *self;
        loop {
            if guard.is_fresh {
                guard.check();
            }
            if guard.hand_out(into) {
                return Poll::Ready(Ok(()));
            }
            match guard.end {
                AfterHeld::Open => {}
                AfterHeld::Silent => return Poll::Pending,
                AfterHeld::Malformed => return Poll::Ready(Err(MalformedBody.into())),
            }
            let start = into.filled().len();
            if guard.held.is_empty() {
                ready!(Pin::new(&mut guard.stream).poll_read(context, into))?;
                if into.filled().len() == start {
                    return Poll::Ready(Ok(()));
                }
                guard.check_in_place(into, start);
                if into.filled().len() > start {
                    return Poll::Ready(Ok(()));
                }
            } else {
                let mut more = [0; 4096];
                let mut more = ReadBuf::new(&mut more);
                ready!(Pin::new(&mut guard.stream).poll_read(context, &mut more))?;
                if more.filled().is_empty() {
                    return Poll::Ready(Ok(()));
                }
                guard.held.extend_from_slice(more.filled());
                guard.is_fresh = true;
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guard<S> {
    fn written<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.activity.write(written.is_pending());
        written
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.written(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        if !self.activity.lingers() {
            return Poll::Ready(Ok(()));
        }
        let guard = &mut *self;
        let linger = guard.linger.get_or_insert_with(Linger::new);
        linger.poll(&mut guard.stream, context).map(Ok)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
