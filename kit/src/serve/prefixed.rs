//! A stream with bytes in front that were read already.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// A stream with bytes in front.
#[derive(Debug)]
pub(super) struct Prefixed<S> {
    first: Vec<u8>,
    stream: S,
}

/// What some first bytes of a stream say.
pub(super) enum Sniffed<T> {
    /// This; so many bytes are used up by it.
    Known(T, usize),
    /// More are needed.
    More,
}

impl<S: AsyncRead + Unpin> Prefixed<S> {
    pub(super) fn new(stream: S) -> Prefixed<S> {
        Prefixed {
            first: Vec::new(),
            stream,
        }
    }

    /// Reads until `look` knows what the first bytes say. Bytes that are not used up stay in front.
    ///
    /// # Errors
    /// The stream broke or ended before that.
    pub(super) async fn sniff<T>(
        &mut self,
        look: impl Fn(&[u8]) -> io::Result<Sniffed<T>>,
    ) -> io::Result<T> {
        loop {
            if let Sniffed::Known(known, used) = look(&self.first)? {
                self.first.drain(..used);
                return Ok(known);
            }
            let mut more = [0; 256];
            let read = self.stream.read(&mut more).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.first.extend_from_slice(&more[..read]);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let taken = self.first.len().min(into.remaining());
        into.put_slice(&self.first[..taken]);
        self.first.drain(..taken);
        if self.first.is_empty() {
            self.first = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefixed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
