//! A descriptor in reserve, for when all others are used up.

use std::fs::File;
use std::io;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::descriptors;

/// A descriptor in reserve.
#[derive(Debug)]
pub(super) struct Spare(Option<File>);

impl Spare {
    pub(super) fn new() -> Spare {
        Spare(File::open("/dev/null").ok())
    }

    /// If `error` means that there are no descriptors left, uses the one in reserve to accept a
    /// connection and close it: its client need not wait for an answer that cannot come.
    pub(super) async fn give_up_for(&mut self, error: &io::Error, listener: &TcpListener) {
        if !descriptors::are_used_up(error) {
            return;
        }
        self.0 = None;
        // A connection that was in the queue is there at once.
        let refused = timeout(Duration::from_millis(1), listener.accept()).await;
        drop(refused);
        self.0 = File::open("/dev/null").ok();
    }
}
