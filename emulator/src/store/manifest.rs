//! Door: the manifest lists the files of the log that must exist, so that any lost one is noticed.
//!
//! It lies in the file `lock` of the data folder, outside the folder that it describes, and is
//! written once for each file that begins or goes, never for a commit. Its content is always true
//! already when it is written: a file holds something before the manifest requires it, and is no
//! longer required before it is removed. A kill at any moment therefore leaves nothing behind that
//! looks like a loss.
//!
//! Two places take turns, so that a write that is cut off leaves the other one whole.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kit::lock::{Mutex, MutexGuard};
use kit::time::{OncePerMinute, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::frame::{self, FrameRead};
use super::fs::{Fs, is_full};
use super::lock;

/// What the files of a data folder look like, see `docs/store-format.md#compatibility`. It grows
/// when an earlier version could not read what this one writes without losing something.
const FORMAT: u32 = 1;
/// Bytes of each of the two places: what a file system writes as one.
const PLACE: u32 = 4096;
/// What is remembered of losses that were reported, so that it fits into one place.
const MOST_LOST: usize = 300;

/// The files of the log, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Extent {
    /// Those before it need not be there.
    pub(super) oldest: u32,
    /// The last one that holds something.
    pub(super) newest: u32,
    /// Where its last record ended, when the last process ended in order.
    pub(super) end: Option<u32>,
    /// Those between that are known to be lost, and were reported.
    pub(super) lost: BTreeSet<u32>,
}

impl Extent {
    /// Every file that must be there.
    pub(super) fn required(&self) -> impl Iterator<Item = u32> {
        (self.oldest..=self.newest).filter(|number| *number > 0 && !self.lost.contains(number))
    }
}

/// Where the log ends: the segment that was written last, and the end of its last record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LogEnd {
    pub(super) segment: u32,
    pub(super) offset: u32,
}

/// What is written.
#[derive(Debug, Serialize, Deserialize)]
struct ManifestRecord {
    /// The later one of two counts.
    turn: u64,
    #[serde(default)]
    format: u32,
    #[serde(flatten)]
    extent: Extent,
}

/// The one member that every version has to understand.
#[derive(Debug, Deserialize)]
struct Stamp {
    /// Folders from before formats were counted have none.
    #[serde(default)]
    format: u32,
}

/// Keeps an [`Extent`] on disk.
#[derive(Debug)]
pub(super) struct Manifest {
    path: PathBuf,
    fs: Arc<dyn Fs>,
    kept: Mutex<ManifestState>,
}

#[derive(Debug)]
struct ManifestState {
    file: File,
    turn: u64,
    extent: Extent,
    /// Whether the disk had no room for it.
    is_refused: bool,
}

impl Manifest {
    /// Reads what is in a file that was locked. `None` beside it when there is nothing.
    ///
    /// # Errors
    /// The file cannot be read, or a later version wrote the folder in a way that this one does not
    /// know.
    pub(super) fn open(
        path: PathBuf,
        file: File,
        fs: Arc<dyn Fs>,
    ) -> io::Result<(Manifest, Option<Extent>)> {
        let mut bytes = vec![0; 2 * PLACE as usize];
        let mut length = 0;
        while let count @ 1.. = file.read_at(&mut bytes[length..], length as u64)? {
            length += count;
        }
        bytes.truncate(length);
        let stamps = [0, PLACE]
            .into_iter()
            .filter_map(|place| read::<Stamp>(&bytes, place));
        if let Some(newer) = stamps
            .map(|stamp| stamp.format)
            .find(|format| *format > FORMAT)
        {
            let reason = format!(
                "a later version of the emulator wrote this data folder (format {newer}, this one knows formats up to \
                 {FORMAT}): start that version, or restore a copy from before it"
            );
            return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
        }
        let written = [0, PLACE]
            .into_iter()
            .filter_map(|place| read::<ManifestRecord>(&bytes, place))
            .max_by_key(|read| read.turn);
        let turn = written.as_ref().map_or(0, |written| written.turn);
        let found = written.map(|written| written.extent);
        let extent = found.clone().unwrap_or_default();
        let kept = Mutex::new(ManifestState {
            file,
            turn,
            extent,
            is_refused: false,
        });
        Ok((Manifest { path, fs, kept }, found))
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the disk had room for it.
    pub(super) fn is_kept(&self) -> bool {
        !self.lock().is_refused
    }

    /// Writes what was found at a start.
    pub(super) fn found(&self, extent: Extent) -> io::Result<()> {
        self.change(|known| *known = extent)
    }

    /// A file holds something from now on, and all before it are whole.
    pub(super) fn begun(&self, number: u32) -> io::Result<()> {
        if self.lock().extent.newest >= number {
            return Ok(());
        }
        self.change(|extent| (extent.newest, extent.end) = (number, None))
    }

    /// A file, and those before it, need not be there any more.
    pub(super) fn needless(&self, number: u32) -> io::Result<()> {
        self.change(|extent| extent.oldest = extent.oldest.max(number + 1))
    }

    /// The log ends here, in order.
    pub(super) fn ended(&self, end: LogEnd) -> io::Result<()> {
        self.change(|extent| (extent.newest, extent.end) = (end.segment, Some(end.offset)))
    }

    fn lock(&self) -> MutexGuard<'_, ManifestState> {
        self.kept.lock()
    }

    fn change(&self, change: impl FnOnce(&mut Extent)) -> io::Result<()> {
        let mut kept = self.lock();
        change(&mut kept.extent);
        let Extent { oldest, lost, .. } = &mut kept.extent;
        lost.retain(|number| *number >= *oldest);
        while lost.len() > MOST_LOST {
            lost.pop_first();
        }
        match self.save(&mut kept) {
            // Without it a loss may go unnoticed, which is no reason to take nothing.
            Err(error) if is_full(&error) => {
                static LINE: OncePerMinute = OncePerMinute::new();
                if !std::mem::replace(&mut kept.is_refused, true) && LINE.is_due(Timestamp::now()) {
                    let path = self.path.display();
                    tracing::warn!(
                        "{path}: the disk is too full to list the files of the log: {error}"
                    );
                }
                Ok(())
            }
            Ok(()) => {
                kept.is_refused = false;
                Ok(())
            }
            error => error,
        }
    }

    fn save(&self, kept: &mut ManifestState) -> io::Result<()> {
        let is_new = !lock::is_at(&kept.file, &self.path);
        if is_new {
            // The file was removed: what is written must have a name.
            let taken = || {
                io::Error::other(format!(
                    "{} belongs to another process",
                    self.path.display()
                ))
            };
            kept.file = lock::lock_file(&self.path)?.ok_or_else(taken)?;
        }
        if is_new || kept.turn == 0 {
            // The space of both places, once and for all.
            self.fs.write(&kept.file, &vec![0; 2 * PLACE as usize], 0)?;
            self.fs.sync(&kept.file)?;
            self.fs
                .sync_folder(self.path.parent().unwrap_or(Path::new(".")))?;
        }
        let turn = kept.turn + 1;
        let place = if turn.is_multiple_of(2) { 0 } else { PLACE };
        let written = ManifestRecord {
            turn,
            format: FORMAT,
            extent: kept.extent.clone(),
        };
        let json = serde_json::to_vec(&written).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        frame::write(&mut bytes, 0, place, &json);
        self.fs.write(&kept.file, &bytes, place.into())?;
        self.fs.sync(&kept.file)?;
        kept.turn = turn;
        Ok(())
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8], place: u32) -> Option<T> {
    match frame::read(bytes.get(place as usize..)?, 0, place) {
        FrameRead::Record(json) => serde_json::from_slice(json).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fs::OsFs;
    use super::*;

    fn open(folder: &Path) -> (Manifest, Option<Extent>) {
        let path = folder.join("lock");
        let file = lock::lock_file(&path).unwrap().unwrap();
        Manifest::open(path, file, Arc::new(OsFs)).unwrap()
    }

    #[test]
    fn it_comes_back_and_a_torn_write_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let (manifest, nothing) = open(folder.path());
        assert_eq!(nothing, None);
        manifest
            .found(Extent {
                oldest: 1,
                newest: 3,
                end: None,
                lost: BTreeSet::from([2]),
            })
            .unwrap();
        manifest.begun(4).unwrap();
        manifest.needless(1).unwrap();
        drop(manifest);
        let whole = Extent {
            oldest: 2,
            newest: 4,
            end: None,
            lost: BTreeSet::from([2]),
        };
        assert_eq!(open(folder.path()).1, Some(whole.clone()));
        assert_eq!(whole.required().collect::<Vec<_>>(), [3, 4]);
        // The third write stands in the second place.
        let bytes = std::fs::read(folder.path().join("lock")).unwrap();
        for torn in [4096, 4100, 4120] {
            let mut bytes = bytes.clone();
            bytes[torn] ^= 1;
            std::fs::write(folder.path().join("lock"), bytes).unwrap();
            assert_eq!(
                open(folder.path()).1,
                Some(Extent {
                    oldest: 1,
                    ..whole.clone()
                })
            );
        }
    }

    #[test]
    fn it_is_written_again_after_its_file_was_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (manifest, _) = open(folder.path());
        manifest.begun(7).unwrap();
        std::fs::remove_file(folder.path().join("lock")).unwrap();
        manifest
            .ended(LogEnd {
                segment: 8,
                offset: 64,
            })
            .unwrap();
        drop(manifest);
        assert_eq!(
            open(folder.path()).1,
            Some(Extent {
                newest: 8,
                end: Some(64),
                ..Extent::default()
            })
        );
    }

    #[test]
    fn a_folder_of_a_later_format_is_refused_and_one_without_a_format_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let open_again = |json: &str| {
            let mut bytes = Vec::new();
            frame::write(&mut bytes, 0, 0, json.as_bytes());
            std::fs::write(&path, bytes).unwrap();
            let file = lock::lock_file(&path).unwrap().unwrap();
            Manifest::open(path.clone(), file, Arc::new(OsFs)).map(|(_, found)| found)
        };
        let old = open_again(r#"{"turn":2,"oldest":1,"newest":3,"end":null,"lost":[]}"#).unwrap();
        assert_eq!(old.unwrap().newest, 3);
        let newer = open_again(r#"{"turn":2,"format":2,"segments":"otherwise"}"#).unwrap_err();
        assert_eq!(newer.kind(), io::ErrorKind::Unsupported);
        assert!(
            newer
                .to_string()
                .contains("(format 2, this one knows formats up to 1)"),
            "{newer}"
        );
    }

    #[test]
    fn many_losses_fit_into_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let (manifest, _) = open(folder.path());
        let lost = (u32::MAX - 10_000..u32::MAX).collect();
        manifest
            .found(Extent {
                oldest: 1,
                newest: u32::MAX,
                end: Some(u32::MAX),
                lost,
            })
            .unwrap();
        drop(manifest);
        assert_eq!(open(folder.path()).1.unwrap().lost.len(), MOST_LOST);
    }
}
