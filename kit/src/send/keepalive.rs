//! A connection that notices when its peer vanishes: a machine that lost power, or a firewall that
//! drops packets, sends nothing, and TCP by itself waits for a quarter of an hour.
//!
//! While nothing is under way, or an answer is awaited, the kernel asks the peer's kernel each
//! second whether it is there. What is under way must be acknowledged in time. Both are answered by
//! the peer's kernel, so a program that takes its time to answer is not cut off. A program that
//! takes its time to *read* is not either: what does not fit into its receive buffer cannot be
//! acknowledged, which TCP takes for the same, so a long request is sent without that limit.

mod socket;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What is under way must be acknowledged within this time, some six repetitions.
const UNACKNOWLEDGED: Duration = Duration::from_secs(6);

/// A request that is longer may not fit into the receive buffer of a program that does not read
/// yet: Linux begins with 64 KiB.
const SHORT: usize = 32 * 1024;

/// A connection with keepalive and a limit for unacknowledged data.
#[derive(Debug)]
pub(super) struct KeepaliveStream {
    stream: TokioIo<TcpStream>,
    limit: Duration,
    /// What was written since something came back.
    unanswered: usize,
    /// Whether it is more than [`SHORT`].
    is_long: bool,
}

impl KeepaliveStream {
    /// Watches a connection.
    pub(super) fn new(stream: TcpStream) -> KeepaliveStream {
        KeepaliveStream::with_limit(stream, UNACKNOWLEDGED)
    }

    fn with_limit(stream: TcpStream, limit: Duration) -> KeepaliveStream {
        // Without these options a vanished peer is noticed late, which is no reason to refuse a
        // peer that is there.
        if let Err(error) = socket::ask(&stream).and_then(|()| socket::limit(&stream, Some(limit)))
        {
            tracing::debug!("cannot enable keepalive on a connection: {error}");
        }
        KeepaliveStream {
            stream: TokioIo::new(stream),
            limit,
            unanswered: 0,
            is_long: false,
        }
    }

    fn wrote(&mut self, count: usize) {
        self.unanswered += count;
        if self.unanswered > SHORT && !self.is_long {
            self.is_long = true;
            let _ = socket::limit(self.stream.inner(), None);
        }
    }

    fn was_answered(&mut self) {
        self.unanswered = 0;
        if std::mem::take(&mut self.is_long) {
            let _ = socket::limit(self.stream.inner(), Some(self.limit));
        }
    }
}

impl Read for KeepaliveStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.was_answered();
        Poll::Ready(Ok(()))
    }
}

impl Write for KeepaliveStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.wrote(count);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.wrote(count);
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connection for KeepaliveStream {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::socket::{BETWEEN, QUESTIONS, SILENCE};
    use super::*;
    use rustix::net::sockopt;
    use std::future::poll_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    async fn pair(limit: Duration) -> (KeepaliveStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        (
            KeepaliveStream::with_limit(stream, limit),
            listener.accept().await.unwrap().0,
        )
    }

    async fn write_all(watched: &mut KeepaliveStream, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = poll_fn(|cx| Pin::new(&mut *watched).poll_write(cx, bytes)).await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    async fn read(watched: &mut KeepaliveStream) -> io::Result<Vec<u8>> {
        let mut bytes = [0; 16];
        let mut buf = hyper::rt::ReadBuf::new(&mut bytes);
        poll_fn(|cx| Pin::new(&mut *watched).poll_read(cx, buf.unfilled())).await?;
        Ok(buf.filled().to_vec())
    }

    #[tokio::test]
    async fn every_connection_asks_whether_its_peer_is_there() {
        let (watched, _peer) = pair(UNACKNOWLEDGED).await;
        let stream = watched.stream.inner();
        assert!(sockopt::socket_keepalive(stream).unwrap());
        let (idle, between) = (
            sockopt::tcp_keepidle(stream).unwrap(),
            sockopt::tcp_keepintvl(stream).unwrap(),
        );
        assert_eq!(
            (idle, between, sockopt::tcp_keepcnt(stream).unwrap()),
            (SILENCE, BETWEEN, QUESTIONS)
        );
        assert_eq!(sockopt::tcp_user_timeout(stream).unwrap(), 6000);
    }

    #[tokio::test]
    async fn a_long_request_has_no_limit_until_it_is_answered() {
        let (mut watched, mut peer) = pair(UNACKNOWLEDGED).await;
        let limit =
            |watched: &KeepaliveStream| sockopt::tcp_user_timeout(watched.stream.inner()).unwrap();
        write_all(&mut watched, &[b'x'; SHORT]).await.unwrap();
        assert_eq!(limit(&watched), 6000);
        write_all(&mut watched, b"x").await.unwrap();
        assert_eq!(limit(&watched), 0);
        peer.write_all(b"answer").await.unwrap();
        assert_eq!(read(&mut watched).await.unwrap(), b"answer");
        assert_eq!((limit(&watched), watched.unanswered), (6000, 0));
    }

    /// The window of a peer that does not read is closed for longer than the limit.
    #[tokio::test]
    async fn a_program_that_reads_late_is_not_cut_off() {
        let (mut watched, mut peer) = pair(Duration::from_millis(100)).await;
        let request = vec![b'x'; 16 * 1024 * 1024];
        let late = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let mut read = vec![0; 16 * 1024 * 1024];
            peer.read_exact(&mut read).await.unwrap();
            peer.write_all(b"late").await.unwrap();
        };
        let (written, ()) = tokio::join!(write_all(&mut watched, &request), late);
        written.unwrap();
        assert_eq!(read(&mut watched).await.unwrap(), b"late");
    }
}
