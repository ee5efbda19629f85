//! A listener that takes no more connections than the process has descriptors for.
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

/// Who is on the other side of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(SocketAddr);

impl Address for Peer {
    type Stream = Seated;
    type Listener = Seats;
}

impl Connected<Peer> for SocketAddr {
    fn connect_info(peer: Peer) -> SocketAddr {
        peer.0
    }
}

/// Listens, and takes a connection when there is a seat for it.
#[derive(Debug)]
pub(super) struct Seats {
    listener: TcpListener,
    free: Arc<Semaphore>,
}

impl Seats {
    /// The seats of all listeners of this process together.
    pub(super) fn of_process(listener: TcpListener) -> Seats {
        static FREE: OnceLock<Arc<Semaphore>> = OnceLock::new();
        let free = FREE.get_or_init(|| Arc::new(Semaphore::new(seats(descriptors::limit()))));
        Seats {
            listener,
            free: free.clone(),
        }
    }
}

impl AddrListener<Seated, Peer> for Seats {
    async fn bind_to(peer: Peer) -> io::Result<Seats> {
        Ok(Seats::of_process(TcpListener::bind(peer.0).await?))
    }

    async fn accept_stream(&self) -> io::Result<(Seated, Peer)> {
        let seat = match self.free.clone().try_acquire_owned() {
            Ok(seat) => seat,
            Err(_) => {
                tell_full();
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
            Seated {
                stream,
                _seat: seat,
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
fn seats(descriptors: usize) -> usize {
    const OWN: usize = 128;
    ((descriptors - OWN.min(descriptors / 4)) / 2).clamp(1, Semaphore::MAX_PERMITS)
}

fn tell_full() {
    static LINE: OncePerMinute = OncePerMinute::new();
    if LINE.is_due(Timestamp::now()) {
        let limit = descriptors::limit();
        tracing::warn!(
            "all {} connections that a limit of {limit} open files leaves room for are in use: others wait until one ends \
             (raise the limit with ulimit -n, or LimitNOFILE of systemd, or --ulimit nofile of Docker)",
            seats(limit)
        );
    }
}

/// Logs that a connection could not be taken: of each kind one line a minute.
pub(super) fn tell_refused(error: &io::Error) {
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
            "connections cannot be taken, others are served on: {error} (the limit is {}: raise it with ulimit -n)",
            descriptors::limit()
        ),
        false => tracing::warn!("a connection cannot be taken: {error}"),
    }
}

/// A connection on its seat.
#[derive(Debug)]
pub(super) struct Seated {
    stream: TcpStream,
    _seat: OwnedSemaphorePermit,
}

impl AsyncRead for Seated {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Seated {
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
            assert_eq!(seats(descriptors), expected, "{descriptors}");
        }
    }

    #[tokio::test]
    async fn a_connection_beyond_the_last_seat_waits_for_another_one_to_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seats = Seats {
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
