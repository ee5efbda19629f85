//! The end of a connection whose last request was refused: what its client still sends is read and
//! thrown away, for a while, so that the client's system does not throw the answer away.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Sleep, sleep};

/// For how long, and how many bytes of, what a refused client still sends is read.
const LONGEST: Duration = Duration::from_secs(2);
const MOST: usize = 16 * 1024 * 1024;

/// How much more is read, and until when.
#[derive(Debug)]
pub(super) struct Linger {
    until: Pin<Box<Sleep>>,
    left: usize,
}

impl Linger {
    /// From now on.
    pub(super) fn new() -> Linger {
        Linger {
            until: Box::pin(sleep(LONGEST)),
            left: MOST,
        }
    }

    /// Reads until the client ends, or has sent enough.
    pub(super) fn poll(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let mut thrown = [0; 8192];
        while self.left > 0 && self.until.as_mut().poll(context).is_pending() {
            let mut thrown = ReadBuf::new(&mut thrown);
            match Pin::new(&mut *stream).poll_read(context, &mut thrown) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !thrown.filled().is_empty() => {
                    self.left = self.left.saturating_sub(thrown.filled().len());
                }
                Poll::Ready(_) => break,
            }
        }
        Poll::Ready(())
    }
}
