//! Door: an object that is being written. It vanishes when it is dropped before it was kept.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::file::{self, Head};
use super::objects::{BucketError, StoredBody};

/// An object in memory cannot be larger than this, in bytes.
const LARGEST_IN_MEMORY: u64 = 1 << 30;

/// S3's limit for one put, in bytes.
const LARGEST: u64 = 5 << 30;

#[derive(Debug)]
pub(super) struct Draft {
    body: DraftBody,
    size: u64,
    md5: Md5,
}

#[derive(Debug)]
enum DraftBody {
    Memory(Vec<u8>),
    File {
        file: File,
        path: PathBuf,
    },
    /// It is an object now.
    Kept,
}

impl Draft {
    pub(super) fn in_memory() -> Draft {
        Draft { body: DraftBody::Memory(Vec::new()), size: 0, md5: Md5::new() }
    }

    pub(super) fn in_file(path: PathBuf) -> io::Result<Draft> {
        let file = File::create_new(&path)?;
        Ok(Draft { body: DraftBody::File { file, path }, size: 0, md5: Md5::new() })
    }

    /// Bytes written.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The MD5 of what is written, in hex: S3's ETag for objects that were put whole.
    pub(super) fn etag(&self) -> String {
        hex::encode(self.md5.clone().finalize())
    }

    /// Appends to the body.
    ///
    /// # Errors
    /// The object grows beyond the limit, or the disk is full.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), BucketError> {
        self.size += bytes.len() as u64;
        let limit = if matches!(self.body, DraftBody::Memory(_)) { LARGEST_IN_MEMORY } else { LARGEST };
        if self.size > limit {
            return Err(BucketError::TooLarge);
        }
        self.md5.update(bytes);
        match &mut self.body {
            DraftBody::Memory(body) => body.extend_from_slice(bytes),
            DraftBody::File { file, .. } => file.write_all(bytes)?,
            DraftBody::Kept => {}
        }
        Ok(())
    }

    /// Ends the file, and makes it durable under its present name.
    pub(super) fn finish(&mut self, head: &Head) -> io::Result<()> {
        match &mut self.body {
            DraftBody::File { file, .. } => file::finish(file, head),
            DraftBody::Memory(_) | DraftBody::Kept => Ok(()),
        }
    }

    /// Makes it an object, at `path` when it is a file. The folder is not synced yet.
    pub(super) fn keep(mut self, path: Option<&Path>) -> io::Result<StoredBody> {
        match (&mut self.body, path) {
            (DraftBody::Memory(body), _) => Ok(StoredBody::Memory(Bytes::from(std::mem::take(body)))),
            (DraftBody::File { path: draft, .. }, Some(path)) => {
                fs::rename(draft, path)?;
                self.body = DraftBody::Kept;
                Ok(StoredBody::File(path.to_owned()))
            }
            (DraftBody::File { .. } | DraftBody::Kept, _) => Err(io::Error::other("a file needs a place to stay")),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let DraftBody::File { path, .. } = &self.body
            && let Err(error) = fs::remove_file(path)
        {
            tracing::debug!("a draft stays behind until the next start: {error}");
        }
    }
}
