//! A listener that accepts no more connections than the process has descriptors for.
//!
//! Without this, connections use up all descriptors, and then the program cannot open the files or
//! make the calls that the requests on them need. Connections beyond the limit wait in the system's
//! queue until another one ends.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::descriptors;
use crate::time::{OncePerMinute, Timestamp};

/// The address of a connection's client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(SocketAddr);

impl Address for Peer {
    type Stream = LimitedStream;
    type Listener = LimitedListener;
}

impl Connected<Peer> for SocketAddr {
    fn connect_info(peer: Peer) -> SocketAddr {
        peer.0
    }
}

/// A listener that accepts a connection when there is a permit for it.
#[derive(Debug)]
pub(super) struct LimitedListener {
    listener: TcpListener,
    free: Arc<Semaphore>,
}

impl LimitedListener {
    /// A listener under the limit that all listeners of this process share.
    pub(super) fn of_process(listener: TcpListener) -> LimitedListener {
        static FREE: OnceLock<Arc<Semaphore>> = OnceLock::new();
        let free = FREE.get_or_init(|| Arc::new(Semaphore::new(connections(descriptors::limit()))));
        LimitedListener {
            listener,
            free: free.clone(),
        }
    }
}

impl AddrListener<LimitedStream, Peer> for LimitedListener {
    async fn bind_to(peer: Peer) -> io::Result<LimitedListener> {
        Ok(LimitedListener::of_process(
            TcpListener::bind(peer.0).await?,
        ))
    }

    async fn accept_stream(&self) -> io::Result<(LimitedStream, Peer)> {
        let permit = match self.free.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                log_full();
                self.free
                    .clone()
                    .acquire_owned()
                    .await
                    .map_err(io::Error::other)?
            }
        };
        let (stream, peer) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok((
            LimitedStream {
                stream,
                _permit: permit,
            },
            Peer(peer),
        ))
    }

    fn get_local_addr(&self) -> io::Result<Peer> {
        self.listener.local_addr().map(Peer)
    }
}

/// How many connections there may be when so many descriptors may be open: as many again are left
/// for the calls and files that their requests need, and some for the program itself.
fn connections(descriptors: usize) -> usize {
    const OWN: usize = 128;
    ((descriptors - OWN.min(descriptors / 4)) / 2).clamp(1, Semaphore::MAX_PERMITS)
}

fn log_full() {
    static LINE: OncePerMinute = OncePerMinute::new();
    if LINE.is_due(Timestamp::now()) {
        let limit = descriptors::limit();
        tracing::warn!(
            "all {} connections that the limit of {limit} open files allows are in use: new ones wait until one ends \
             (raise the limit with ulimit -n, or LimitNOFILE of systemd, or --ulimit nofile of Docker)",
            connections(limit)
        );
    }
}

/// Logs that a connection could not be accepted: one line a minute for each kind of reason.
pub(super) fn log_accept_error(error: &io::Error) {
    static DESCRIPTORS: OncePerMinute = OncePerMinute::new();
    static OTHER: OncePerMinute = OncePerMinute::new();
    let is_about_descriptors = descriptors::are_used_up(error);
    let line = if is_about_descriptors {
        &DESCRIPTORS
    } else {
        &OTHER
    };
    if !line.is_due(Timestamp::now()) {
        return;
    }
    match is_about_descriptors {
        true => tracing::error!(
            "cannot accept connections, open ones are still served: {error} (the limit is {}: raise it with ulimit -n)",
            descriptors::limit()
        ),
        false => tracing::warn!("cannot accept a connection: {error}"),
    }
}

/// A connection with its permit.
#[derive(Debug)]
pub(super) struct LimitedStream {
    stream: TcpStream,
    _permit: OwnedSemaphorePermit,
}

impl AsyncRead for LimitedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for LimitedStream {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_descriptors_are_for_connections() {
        for (descriptors, expected) in [
            (0, 1),
            (32, 12),
            (256, 96),
            (1024, 448),
            (1_048_576, 524_224),
        ] {
            assert_eq!(connections(descriptors), expected, "{descriptors}");
        }
    }

    #[tokio::test]
    async fn a_connection_beyond_the_last_seat_waits_for_another_one_to_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seats = LimitedListener {
            listener,
            free: Arc::new(Semaphore::new(1)),
        };
        let _clients = [
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
        ];
        let (first, _) = seats.accept_stream().await.unwrap();
        let mut second = std::pin::pin!(seats.accept_stream());
        let early =
            std::future::poll_fn(|context| Poll::Ready(second.as_mut().poll(context).is_ready()))
                .await;
        assert!(!early, "there is one seat");
        drop(first);
        assert!(second.await.is_ok());
    }
}
