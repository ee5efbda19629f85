//! A disk for tests: it forgets at a power cut what was not synced, fails when it is told to, and has as much room as it
//! is given.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Mutex;

use super::super::medium::Medium;

/// Where it fails, and how much it holds.
#[derive(Debug, Default)]
pub struct TestDisk {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Writes and syncs that still go well; forever without one.
    good: Option<usize>,
    /// The folder of the log, and the most files that it may have.
    room: Option<(PathBuf, usize)>,
    unsynced: Vec<(File, u64, Vec<u8>)>,
}

impl TestDisk {
    /// Lets everything fail after so many writes and syncs.
    pub fn fail_after(&self, good: usize) {
        self.state.lock().unwrap().good = Some(good);
    }

    /// Gives it room for so many segments.
    pub fn set_room(&self, folder: PathBuf, segments: usize) {
        self.state.lock().unwrap().room = Some((folder, segments));
    }

    /// Of what was not synced, any sector may be on the disk.
    pub fn cut_power(&self, random: &mut fastrand::Rng) {
        for (file, offset, bytes) in self.state.lock().unwrap().unsynced.drain(..) {
            write_in_part(&file, offset, &bytes, random);
        }
    }
}

fn write_in_part(file: &File, offset: u64, bytes: &[u8], random: &mut fastrand::Rng) {
    const SECTOR: u64 = 512;
    let mut done = 0;
    while done < bytes.len() {
        let at = offset + done as u64;
        let end = bytes.len().min(done + (SECTOR - at % SECTOR) as usize);
        if random.bool() {
            file.write_all_at(&bytes[done..end], at).unwrap();
        }
        done = end;
    }
}

impl State {
    fn try_one(&mut self) -> io::Result<()> {
        match &mut self.good {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the disk is broken")),
            Some(good) => {
                *good -= 1;
                Ok(())
            }
        }
    }
}

impl Medium for TestDisk {
    fn reserve(&self, file: &File, size: u32) -> io::Result<()> {
        let state = self.state.lock().unwrap();
        let has_room =
            |(folder, most): &(PathBuf, usize)| std::fs::read_dir(folder).is_ok_and(|files| files.count() <= *most);
        match state.room.as_ref().is_none_or(has_room) {
            true => file.set_len(size.into()),
            false => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let tried = state.try_one();
        // A write that fails may have been made in part.
        state.unsynced.push((file.try_clone()?, offset, bytes.to_vec()));
        tried
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt as _;
        let mut state = self.state.lock().unwrap();
        state.try_one()?;
        let inode = file.metadata()?.ino();
        let (synced, rest) =
            state.unsynced.drain(..).partition(|(of, ..)| of.metadata().is_ok_and(|of| of.ino() == inode));
        let synced: Vec<(File, u64, Vec<u8>)> = synced;
        state.unsynced = rest;
        synced.iter().try_for_each(|(file, offset, bytes)| file.write_all_at(bytes, *offset))
    }
}
