//! What waits for the committer: bytes to write, and requests that wait until they are durable.
//! Pure.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::frame;
use super::manifest::LogEnd;
use crate::engine::Location;

/// What was handed over to the committer and is not written yet.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    pub(super) runs: Vec<ByteRun>,
    /// The numbers of records handed over, and of those that are durable.
    pub(super) records: u64,
    pub(super) durable: u64,
    /// Requests that wait until a record is durable, in the order of the records.
    pub(super) waiting: VecDeque<(u64, oneshot::Sender<()>)>,
    /// Whether the committer sleeps until there is something to do.
    pub(super) is_idle: bool,
    pub(super) closing: bool,
}

/// Bytes that are written together, in one segment.
#[derive(Debug)]
pub(super) struct ByteRun {
    pub(super) segment: u32,
    pub(super) offset: u32,
    pub(super) bytes: Vec<u8>,
}

/// The records of one request, before they are handed over.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    runs: Vec<ByteRun>,
    records: u64,
}

impl Backlog {
    /// Takes records that stand behind those that it has.
    pub(super) fn take(&mut self, gathered: Gathered) {
        self.records += gathered.records;
        for run in gathered.runs {
            match self.runs.last_mut() {
                Some(last) if last.end() == run.begin() => last.bytes.extend_from_slice(&run.bytes),
                _ => self.runs.push(run),
            }
        }
    }
}

impl Gathered {
    /// Adds a record that stands behind those before it.
    pub(super) fn add(&mut self, location: Location, payload: &[u8]) {
        let begin = LogEnd {
            segment: location.segment,
            offset: location.offset,
        };
        if self.runs.last().is_none_or(|last| last.end() != begin) {
            self.runs.push(ByteRun {
                segment: location.segment,
                offset: location.offset,
                bytes: Vec::with_capacity(location.length as usize),
            });
        }
        let run = self.runs.last_mut().expect("one was just pushed");
        frame::write(&mut run.bytes, location.segment, location.offset, payload);
        self.records += 1;
    }
}

impl ByteRun {
    fn begin(&self) -> LogEnd {
        LogEnd {
            segment: self.segment,
            offset: self.offset,
        }
    }

    /// Where the bytes end.
    pub(super) fn end(&self) -> LogEnd {
        let length =
            u32::try_from(self.bytes.len()).expect("a segment has less than four gibibytes");
        LogEnd {
            segment: self.segment,
            offset: self.offset + length,
        }
    }
}
