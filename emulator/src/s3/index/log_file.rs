//! Door: the log of keys that are about to change. A put and a delete make their key durable here
//! before they touch the object's file. After a crash, only the files of these keys have to be read
//! to correct the index.
//!
//! A log is a header and records. Its space is allocated ahead, so zeros follow the last record.
//! Anything else there is damage, or a write that a power failure interrupted: either way the index
//! is rebuilt.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

use crate::s3::files::folders::sync_folder;

const MAGIC: &[u8; 8] = b"TIDELOG1";

/// The header: the magic, the number of the log, and the CRC-32 of both.
const HEADER: usize = 8 + 8 + 4;

/// Before each record: its length, and the CRC-32 of length and record.
const FRAME: usize = 4 + 4;

/// Bytes that are allocated ahead.
const AHEAD: u64 = 1024 * 1024;

/// The file of a log.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("changes-{number}"))
}

/// Creates an empty, durable log.
pub(super) fn create(folder: &Path, number: u64) -> io::Result<File> {
    let path = path(folder, number);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)?;
    begin(file, folder, number).inspect_err(|_| {
        // On a full disk, even an empty file is too much.
        if let Err(error) = fs::remove_file(&path) {
            tracing::debug!("{} stays behind: {error}", path.display());
        }
    })
}

fn begin(mut file: File, folder: &Path, number: u64) -> io::Result<File> {
    match fallocate(&file, FallocateFlags::empty(), 0, AHEAD) {
        // Not every file system can allocate ahead. Its logs grow as they are written.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) | Ok(()) => {}
        Err(error) => return Err(error.into()),
    }
    file.write_all(&header(number))?;
    file.sync_all()?;
    sync_folder(folder)?;
    Ok(file)
}

/// Opens a log to continue after the records that were [read](read) from it. Its space is
/// allocated, so this works on a full disk.
///
/// # Errors The disk is full or broken.
pub(super) fn resume(folder: &Path, number: u64, records: &[Vec<u8>]) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).open(path(folder, number))?;
    let written: usize = records.iter().map(|record| FRAME + record.len()).sum();
    file.seek(SeekFrom::Start((HEADER + written) as u64))?;
    Ok(file)
}

pub(super) fn remove(folder: &Path, number: u64) -> io::Result<()> {
    fs::remove_file(path(folder, number))
}

fn header(number: u64) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(number.to_be_bytes());
    header.extend(crc32fast::hash(&header).to_be_bytes());
    header
}

/// A record in the form in which the log stores it.
pub(super) fn frame(record: &[u8]) -> Vec<u8> {
    let length = u32::try_from(record.len())
        .unwrap_or(u32::MAX)
        .to_be_bytes();
    let mut framed = length.to_vec();
    framed.extend(sum(length, record).to_be_bytes());
    framed.extend(record);
    framed
}

fn sum(length: [u8; 4], record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(record);
    hasher.finalize()
}

/// Reads the records of a log.
///
/// # Errors The log is missing, damaged, or cannot be read.
pub(super) fn read(folder: &Path, number: u64) -> io::Result<Vec<Vec<u8>>> {
    let bytes = fs::read(path(folder, number))?;
    let damaged = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the log of changes {number} is damaged"),
        )
    };
    let mut rest = bytes
        .strip_prefix(header(number).as_slice())
        .ok_or_else(damaged)?;
    let mut records = Vec::new();
    while let Some((record, behind)) = first(rest) {
        records.push(record.to_vec());
        rest = behind;
    }
    match rest.iter().all(|byte| *byte == 0) {
        true => Ok(records),
        false => Err(damaged()),
    }
}

/// The first record, and the rest.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let (record, behind) =
        rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    (!record.is_empty() && sum(*length, record) == u32::from_be_bytes(*crc))
        .then_some((record, behind))
}

const _: () = assert!(HEADER == 20 && FRAME == 8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_back_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = create(folder.path(), 7).unwrap();
        assert_eq!(read(folder.path(), 7).unwrap(), [b""; 0]);
        file.write_all(&frame(b"one")).unwrap();
        file.write_all(&frame("zwö".as_bytes())).unwrap();
        assert_eq!(
            read(folder.path(), 7).unwrap(),
            [b"one".as_slice(), "zwö".as_bytes()]
        );
        let mut file = resume(folder.path(), 7, &read(folder.path(), 7).unwrap()).unwrap();
        file.write_all(&frame(b"3")).unwrap();
        assert_eq!(
            read(folder.path(), 7).unwrap(),
            [b"one".as_slice(), "zwö".as_bytes(), b"3"]
        );
        let path = path(folder.path(), 7);
        let whole = fs::read(&path).unwrap();
        let written = HEADER + FRAME + 3 + FRAME + 4 + FRAME + 1;
        for at in (0..written + 20).chain([whole.len() - 1]) {
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            fs::write(&path, &flipped).unwrap();
            assert!(read(folder.path(), 7).is_err(), "flipped at {at}");
        }
        fs::write(&path, &whole[..written - 1]).unwrap();
        assert!(read(folder.path(), 7).is_err(), "cut within a record");
        fs::write(&path, b"").unwrap();
        assert!(read(folder.path(), 7).is_err(), "emptied");
        fs::remove_file(&path).unwrap();
        assert!(read(folder.path(), 7).is_err(), "gone");
    }
}
