//! Door: one object in one file: the body, then the head as JSON, then a footer that says how long the head is.
//!
//! The head comes last because size and digest are known only at the end. A file is written under another name, synced,
//! and renamed: it is whole or not there.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checksum::Checksum;

/// The footer: length of the head and its CRC-32, big endian, then this.
const MAGIC: &[u8; 8] = b"TIDEOBJ1";
const FOOTER: usize = 4 + 4 + MAGIC.len();

/// A head longer than this is damage: keys have 1 KiB and user metadata 2 KiB at most.
const LONGEST_HEAD: u64 = 1024 * 1024;

/// Everything about an object but its body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub key: String,
    pub size: u64,
    /// Hex digest without quotes.
    pub etag: String,
    /// Milliseconds since the epoch.
    pub modified: u64,
    pub headers: Headers,
    #[serde(default)]
    pub checksum: Option<Checksum>,
}

/// What the writer said of the object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Headers {
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_disposition: Option<String>,
    pub cache_control: Option<String>,
    /// Milliseconds since the epoch.
    #[serde(default)]
    pub expires: Option<u64>,
    /// User metadata, in order of names.
    pub metadata: Vec<(String, String)>,
    /// Tags, in the order in which they were given.
    #[serde(default)]
    pub tags: Vec<(String, String)>,
}

/// Ends a file whose body is written, and makes it durable.
pub(super) fn finish(file: &mut File, head: &Head) -> io::Result<()> {
    let json = serde_json::to_vec(head)?;
    let length = u32::try_from(json.len()).map_err(|_| io::Error::other("the head is too long"))?;
    let mut tail = json;
    let crc = crc32fast::hash(&tail);
    tail.extend(length.to_be_bytes());
    tail.extend(crc.to_be_bytes());
    tail.extend(MAGIC);
    file.write_all(&tail)?;
    file.sync_all()
}

/// Reads the head of a file.
///
/// # Errors
/// The file cannot be read, or is not whole.
pub(super) fn read_head(path: &Path) -> io::Result<Head> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the object's file is damaged");
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let footer_at = length.checked_sub(FOOTER as u64).ok_or_else(damaged)?;
    let mut footer = [0; FOOTER];
    file.seek(SeekFrom::Start(footer_at))?;
    file.read_exact(&mut footer)?;
    let (numbers, magic) = footer.split_at(8);
    let (head_length, crc) = (be(&numbers[..4]), be(&numbers[4..]));
    let head_at = footer_at.checked_sub(u64::from(head_length)).ok_or_else(damaged)?;
    if magic != MAGIC || u64::from(head_length) > LONGEST_HEAD {
        return Err(damaged());
    }
    let mut json = vec![0; head_length as usize];
    file.seek(SeekFrom::Start(head_at))?;
    file.read_exact(&mut json)?;
    let head: Head = serde_json::from_slice(&json).map_err(|_| damaged())?;
    if crc32fast::hash(&json) != crc || head.size != head_at {
        return Err(damaged());
    }
    Ok(head)
}

fn be(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Makes the entries of a folder durable: a rename or a removal in it.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder that outlives a power cut. One that cannot be made durable is taken away again, so that nobody relies
/// on it.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    let synced = folder.parent().map_or(Ok(()), sync_folder);
    if synced.is_err() {
        fs::remove_dir(folder)?;
    }
    synced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_survives_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("object");
        let head = Head { key: "a/../ü".into(), size: 5, etag: "e".into(), modified: 7, ..Head::default() };
        let mut file = File::create(&path).unwrap();
        file.write_all(b"hello").unwrap();
        finish(&mut file, &head).unwrap();
        assert_eq!(read_head(&path).unwrap(), head);

        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(read_head(&path).is_err(), "cut at {cut}");
        }
        for place in 5..whole.len() {
            let mut flipped = whole.clone();
            flipped[place] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert!(read_head(&path).is_err(), "flipped at {place}");
        }
    }
}
