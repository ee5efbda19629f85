//! A disk for tests: it forgets at a power cut what was not synced, fails when it is told to, and
//! has as much room as it is given.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use super::super::fs::{Fs, OsFs, zero};

/// Where it fails, and how much it holds.
#[derive(Debug, Default)]
pub(super) struct TestDisk {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Writes and syncs that were tried, and those of them that fail.
    tried: usize,
    failing: Range<usize>,
    /// The folder of the log, and the most files that it may have.
    room: Option<(PathBuf, usize)>,
    /// Whether others take every file's space as soon as it is given back.
    is_shared: bool,
    /// Written, and not to be read yet.
    unsynced: Vec<Change>,
    /// To be read, with what stood there before; nothing of it is on the disk for sure.
    cached: Vec<Change>,
    /// The same, and the system thinks that it is on the disk: after a sync that failed.
    forgotten: Vec<Change>,
    names: Vec<Name>,
}

#[derive(Debug)]
struct Change {
    file: File,
    inode: u64,
    offset: u64,
    bytes: Vec<u8>,
}

/// What happened to a name since its folder was synced.
#[derive(Debug)]
enum Name {
    Made(PathBuf),
    Changed(PathBuf, PathBuf),
    Gone(PathBuf, PathBuf),
}

impl Change {
    fn new(file: &File, offset: u64, bytes: &[u8]) -> io::Result<Change> {
        let inode = file.metadata()?.ino();
        // Opened anew: a clone would keep the lock of the file `lock` for as long as this disk
        // remembers it.
        let file = File::options()
            .read(true)
            .write(true)
            .open(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
        Ok(Change {
            file,
            inode,
            offset,
            bytes: bytes.to_vec(),
        })
    }

    /// Writes it. Returns what stood there.
    fn exchange(&self) -> io::Result<Change> {
        let mut before = vec![0; self.bytes.len()];
        let length = self.file.read_at(&mut before, self.offset)?;
        self.file.write_all_at(&self.bytes, self.offset)?;
        assert!(
            length == before.len() || self.file.metadata()?.len() >= self.offset,
            "a file without holes"
        );
        Change::new(&self.file, self.offset, &before)
    }

    fn is_in(&self, inode: u64, range: &Range<u64>) -> bool {
        self.inode == inode
            && range.contains(&self.offset)
            && self.offset + self.bytes.len() as u64 <= range.end
    }

    /// Writes some of its sectors.
    fn write_in_part(&self, random: &mut fastrand::Rng) {
        const SECTOR: u64 = 512;
        let mut done = 0;
        while done < self.bytes.len() {
            let at = self.offset + done as u64;
            let end = self.bytes.len().min(done + (SECTOR - at % SECTOR) as usize);
            if random.bool() {
                self.file.write_all_at(&self.bytes[done..end], at).unwrap();
            }
            done = end;
        }
    }
}

impl TestDisk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Lets everything fail after so many writes and syncs.
    pub(super) fn fail_after(&self, good: usize) {
        self.fail_for(good, usize::MAX);
    }

    /// Lets so many writes and syncs fail after so many that do not.
    pub(super) fn fail_for(&self, good: usize, bad: usize) {
        let mut state = self.lock();
        let from = state.tried + good;
        state.failing = from..from.saturating_add(bad);
    }

    /// Gives it room for so many segments.
    pub(super) fn set_room(&self, folder: PathBuf, segments: usize) {
        self.lock().room = Some((folder, segments));
    }

    /// Lets others take what is free now, and what is given back from now on.
    pub(super) fn share(&self) {
        let mut state = self.lock();
        state.is_shared = true;
        if let Some((folder, most)) = &mut state.room {
            *most = std::fs::read_dir(folder).unwrap().count();
        }
    }

    /// The process is killed: what it wrote is with the system.
    pub(super) fn kill(&self) {
        let mut state = self.lock();
        let before: Vec<Change> = state
            .unsynced
            .drain(..)
            .map(|change| change.exchange().unwrap())
            .collect();
        state.cached.extend(before);
    }

    /// Of what was not synced, any sector may be on the disk, and any number of names.
    pub(super) fn cut_power(&self, random: &mut fastrand::Rng) {
        let mut state = self.lock();
        let State {
            unsynced,
            cached,
            forgotten,
            names,
            ..
        } = &mut *state;
        unsynced
            .drain(..)
            .for_each(|change| change.write_in_part(random));
        cached
            .drain(..)
            .rev()
            .for_each(|before| before.write_in_part(random));
        forgotten.drain(..).rev().for_each(|before| {
            before
                .file
                .write_all_at(&before.bytes, before.offset)
                .unwrap();
        });
        let kept = random.usize(..=names.len());
        for name in names.drain(kept..).rev() {
            match name {
                Name::Made(path) => std::fs::remove_file(path).unwrap(),
                Name::Changed(from, to) => std::fs::rename(to, from).unwrap(),
                Name::Gone(path, copy) => std::fs::rename(copy, path).unwrap(),
            }
        }
        names.clear();
    }
}

impl State {
    fn try_one(&mut self) -> io::Result<()> {
        self.tried += 1;
        match self.failing.contains(&(self.tried - 1)) {
            true => Err(io::Error::other("the disk is broken")),
            false => Ok(()),
        }
    }
}

impl Fs for TestDisk {
    fn reserve(&self, file: &File, size: u32) -> io::Result<()> {
        let state = self.lock();
        let has_room = |(folder, most): &(PathBuf, usize)| {
            std::fs::read_dir(folder).is_ok_and(|files| files.count() <= *most)
        };
        match state.room.as_ref().is_none_or(has_room) {
            true => file.set_len(size.into()),
            false => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.lock();
        let tried = state.try_one();
        // A write that fails may have been made in part.
        let change = Change::new(file, offset, bytes)?;
        let range = offset..offset + bytes.len() as u64;
        let (again, rest): (Vec<_>, Vec<_>) = state
            .forgotten
            .drain(..)
            .partition(|before| before.is_in(change.inode, &range));
        state.forgotten = rest;
        again
            .iter()
            .rev()
            .try_for_each(|before| before.file.write_all_at(&before.bytes, before.offset))?;
        state.unsynced.push(change);
        tried
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        let mut state = self.lock();
        let tried = state.try_one();
        let inode = file.metadata()?.ino();
        let (synced, rest): (Vec<_>, Vec<_>) = state
            .unsynced
            .drain(..)
            .partition(|change| change.inode == inode);
        state.unsynced = rest;
        let before = synced
            .iter()
            .map(Change::exchange)
            .collect::<io::Result<Vec<_>>>()?;
        if tried.is_err() {
            // It can be read, and is never written by itself.
            state.forgotten.extend(before);
        } else {
            state.cached.retain(|change| change.inode != inode);
        }
        tried
    }

    fn wipe(&self, file: &File, from: u32, to: u32) -> io::Result<()> {
        zero(self, file, from, to)
    }

    fn forget(&self, file: &File) -> io::Result<()> {
        let mut state = self.lock();
        let inode = file.metadata()?.ino();
        let (gone, rest): (Vec<_>, Vec<_>) = state
            .forgotten
            .drain(..)
            .partition(|before| before.inode == inode);
        state.forgotten = rest;
        gone.iter()
            .rev()
            .try_for_each(|before| before.file.write_all_at(&before.bytes, before.offset))
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        self.lock().names.push(Name::Made(path.to_owned()));
        OsFs.create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.lock()
            .names
            .push(Name::Changed(from.to_owned(), to.to_owned()));
        OsFs.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        let copy = path.with_extension("gone");
        let copy = path
            .parent()
            .unwrap()
            .parent()
            .unwrap()
            .join(copy.file_name().unwrap());
        match state.names.last() {
            Some(Name::Made(made)) if made == path => _ = state.names.pop(),
            _ => {
                if state.is_shared
                    && let Some((_, most)) = &mut state.room
                {
                    *most -= 1;
                }
                std::fs::hard_link(path, &copy)?;
                state.names.push(Name::Gone(path.to_owned(), copy));
            }
        }
        OsFs.remove(path)
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        for name in self.lock().names.drain(..) {
            if let Name::Gone(_, copy) = name {
                std::fs::remove_file(copy)?;
            }
        }
        Ok(())
    }
}
