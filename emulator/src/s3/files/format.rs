//! Door: the format of an object's file: the body, the checksums of its blocks, the head as JSON,
//! then a footer with the length of the head.
//!
//! The head comes last because size and digest are known only at the end. A file is written under
//! another name, synced, and renamed: it is complete or does not exist. Files of the first format
//! have no checksums of blocks; they can still be read.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::block_sums;
use crate::s3::object::head::Head;

/// The end of the footer, which begins with the length of the head and its CRC-32, big endian.
const MAGIC: &[u8; 8] = b"TIDEOBJ2";
const FIRST_MAGIC: &[u8; 8] = b"TIDEOBJ1";
const FOOTER: usize = 4 + 4 + MAGIC.len();

/// The longest head. Keys have 1 KiB and user metadata 2 KiB at most; a longer head is damaged.
const LONGEST_HEAD: u64 = 1024 * 1024;

/// The bytes that are read from the end of a file at once. They hold most heads.
const TAIL: u64 = 2048;

/// How a body can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// By its ETag, as a whole.
    First,
    /// By the checksums of its blocks, which follow it.
    Summed,
}

/// Completes a file whose body is written, and makes it durable. `sums` are the checksums of the
/// body's blocks.
pub(crate) fn finish(file: &mut File, sums: &[u8], head: &Head) -> io::Result<()> {
    let json = serde_json::to_vec(head)?;
    let length = u32::try_from(json.len()).map_err(|_| io::Error::other("the head is too long"))?;
    let mut tail = sums.to_vec();
    tail.extend(&json);
    tail.extend(length.to_be_bytes());
    tail.extend(crc32fast::hash(&json).to_be_bytes());
    tail.extend(MAGIC);
    file.write_all(&tail)?;
    file.sync_all()
}

/// Opens a file and reads its head.
///
/// # Errors The file cannot be read, or is damaged (`InvalidData`).
pub(crate) fn open(path: &Path) -> io::Result<(File, Head, Format)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = length.saturating_sub(TAIL);
    let mut tail = vec![0; usize::try_from(length - start).unwrap_or_default()];
    file.read_exact_at(&mut tail, start)?;
    let footer = tail
        .last_chunk::<FOOTER>()
        .ok_or_else(|| damaged("it is too short"))?;
    let (numbers, magic) = footer.split_at(8);
    let format = match magic {
        magic if magic == MAGIC => Format::Summed,
        magic if magic == FIRST_MAGIC => Format::First,
        _ => return Err(damaged("it has no valid footer")),
    };
    let (head_length, crc) = (u64::from(be(&numbers[..4])), be(&numbers[4..]));
    let head_end = length - FOOTER as u64;
    let head_at = head_end
        .checked_sub(head_length)
        .filter(|_| head_length <= LONGEST_HEAD);
    let head_at =
        head_at.ok_or_else(|| damaged("its footer has an impossible length of the head"))?;
    let json = match head_at.checked_sub(start) {
        Some(skipped) => {
            tail[usize::try_from(skipped).unwrap_or_default()..tail.len() - FOOTER].to_vec()
        }
        None => read(&file, head_at..head_end)?,
    };
    if crc32fast::hash(&json) != crc {
        return Err(damaged(
            "its head does not match the checksum in its footer",
        ));
    }
    let head: Head =
        serde_json::from_slice(&json).map_err(|_| damaged("its head cannot be read"))?;
    let sums = if format == Format::Summed {
        block_sums::length(head.size)
    } else {
        0
    };
    match head.size.checked_add(sums) == Some(head_at) {
        true => Ok((file, head, format)),
        false => Err(damaged("its body does not have the length in its head")),
    }
}

/// Reads the head of a file.
///
/// # Errors
/// As [`open`].
pub(crate) fn read_head(path: &Path) -> io::Result<Head> {
    open(path).map(|(_, head, _)| head)
}

/// Reads a part of a file.
pub(crate) fn read(file: &File, part: std::ops::Range<u64>) -> io::Result<Vec<u8>> {
    let length = usize::try_from(part.end - part.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, part.start)?;
    Ok(bytes)
}

/// The error of a damaged file.
pub(crate) fn damaged(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the object's file is damaged: {what}"),
    )
}

fn be(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_head_survives_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("object");
        let head = Head {
            key: "a/../ü".into(),
            size: 5,
            etag: "e".into(),
            modified: 7,
            ..Head::default()
        };
        let mut file = File::create(&path).unwrap();
        file.write_all(b"hello").unwrap();
        finish(&mut file, &[1, 2, 3, 4], &head).unwrap();
        assert_eq!(read_head(&path).unwrap(), head);

        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(read_head(&path).is_err(), "cut at {cut}");
        }
        for place in 9..whole.len() {
            let mut flipped = whole.clone();
            flipped[place] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert!(read_head(&path).is_err(), "flipped at {place}");
        }
    }
}
