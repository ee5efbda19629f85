//! The files of the log: which exist, how much of each is live, and which are open. Pure but for
//! the files that it keeps open.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use kit::descriptors;
use kit::time::Timestamp;

/// Files that stay open at once, however long the log is.
const OPEN_FILES: usize = 64;

/// What a segment holds, in bytes. What stands at its beginning is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct SegmentUse {
    /// All records.
    pub(super) records: u64,
    /// Messages that are still there.
    pub(super) live: u64,
    /// Deduplication ids without their messages.
    pub(super) ids: u64,
    /// When the last of these ids is forgotten.
    pub(super) ids_until: Timestamp,
}

impl SegmentUse {
    /// What would have to be written again if the segment went now.
    pub(super) fn needed(&self, now: Timestamp) -> u64 {
        self.live + if self.ids_until > now { self.ids } else { 0 }
    }

    /// Bytes that are no longer needed.
    pub(super) fn dead(&self, now: Timestamp) -> u64 {
        self.records.saturating_sub(self.needed(now))
    }
}

#[derive(Debug, Default)]
pub(super) struct SegmentTable {
    uses: BTreeMap<u32, SegmentUse>,
    /// Messages of all segments.
    live: u64,
    /// The files that were used last, the latest at the end.
    open: VecDeque<(u32, Arc<File>)>,
}

impl SegmentTable {
    pub(super) fn add(&mut self, number: u32) {
        self.uses.entry(number).or_default();
    }

    pub(super) fn remove(&mut self, number: u32) {
        if let Some(gone) = self.uses.remove(&number) {
            self.live -= gone.live;
        }
        self.open.retain(|(open, _)| *open != number);
    }

    pub(super) fn has(&self, number: u32) -> bool {
        self.uses.contains_key(&number)
    }

    /// A file that is open, which counts as used now.
    pub(super) fn opened(&mut self, number: u32) -> Option<Arc<File>> {
        let index = self.open.iter().position(|(open, _)| *open == number)?;
        let entry = self.open.remove(index)?;
        let file = entry.1.clone();
        self.open.push_back(entry);
        Some(file)
    }

    /// Opens a file. When the process has no descriptors left, those of the files that were used
    /// longest ago are given up for it.
    pub(super) fn open_file(&mut self, path: &Path) -> io::Result<File> {
        loop {
            match File::options().read(true).write(true).open(path) {
                Err(error)
                    if descriptors::are_used_up(&error) && self.open.pop_front().is_some() => {}
                opened => return opened,
            }
        }
    }

    pub(super) fn keep_open(&mut self, number: u32, file: Arc<File>) {
        if self.open.len() >= OPEN_FILES {
            self.open.pop_front();
        }
        self.open.push_back((number, file));
    }

    /// Numbers in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.uses.keys().copied().collect()
    }

    pub(super) fn first(&self) -> Option<u32> {
        self.uses.keys().next().copied()
    }

    pub(super) fn last(&self) -> Option<u32> {
        self.uses.keys().next_back().copied()
    }

    /// How many there are behind a number.
    pub(super) fn behind(&self, number: u32) -> usize {
        self.uses.range(number.saturating_add(1)..).count()
    }

    /// What each segment up to `last` holds, in order.
    pub(super) fn uses(&self, last: u32) -> Vec<(u32, SegmentUse)> {
        self.uses
            .range(..=last)
            .map(|(number, held)| (*number, *held))
            .collect()
    }

    /// Bytes of all messages.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    /// Changes what a segment holds, if it is there; returns what it holds then.
    pub(super) fn change(
        &mut self,
        number: u32,
        change: impl FnOnce(&mut SegmentUse),
    ) -> Option<SegmentUse> {
        let held = self.uses.get_mut(&number)?;
        let before = held.live;
        change(held);
        self.live = self.live - before + held.live;
        Some(*held)
    }
}
