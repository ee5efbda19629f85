//! Door: an object that is being written. It vanishes when it is dropped before it was kept.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::file::{self, Head};
use super::objects::{BucketError, StoredBody};

/// An object in memory cannot be larger than this, in bytes.
const LARGEST_IN_MEMORY: u64 = 1 << 30;

/// S3's limit for one put, in bytes.
const LARGEST: u64 = 5 << 30;

/// S3's limit for an object that comes in parts, in bytes.
const LARGEST_JOINED: u64 = 5 << 40;

/// How much of a part is copied at once, in bytes.
const COPY: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Draft {
    body: DraftBody,
    size: u64,
    md5: Md5,
    /// Instead of the MD5.
    etag: Option<String>,
    limit: u64,
}

/// A draft set aside: one part of an upload. Its file is closed, and goes when the part is dropped.
#[derive(Debug)]
pub(super) struct Part {
    /// Bytes.
    pub size: u64,
    /// The MD5, in hex.
    pub etag: String,
    body: PartBody,
}

#[derive(Debug)]
enum PartBody {
    Memory(Vec<u8>),
    File(PathBuf),
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
        Draft::new(DraftBody::Memory(Vec::new()), LARGEST_IN_MEMORY)
    }

    pub(super) fn in_file(path: PathBuf) -> io::Result<Draft> {
        let file = File::create_new(&path)?;
        Ok(Draft::new(DraftBody::File { file, path }, LARGEST))
    }

    fn new(body: DraftBody, limit: u64) -> Draft {
        Draft { body, size: 0, md5: Md5::new(), etag: None, limit }
    }

    /// Bytes written.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The MD5 of what is written, in hex: S3's ETag for objects that were put whole. Joined ones have another.
    pub(super) fn etag(&self) -> String {
        self.etag.clone().unwrap_or_else(|| hex::encode(self.md5.clone().finalize()))
    }

    /// Ends a draft that is to be one part of something larger.
    pub(super) fn set_aside(mut self) -> Part {
        let (size, etag) = (self.size, self.etag());
        let body = match std::mem::replace(&mut self.body, DraftBody::Kept) {
            DraftBody::Memory(body) => PartBody::Memory(body),
            DraftBody::File { path, .. } => PartBody::File(path),
            DraftBody::Kept => PartBody::Memory(Vec::new()),
        };
        Part { size, etag, body }
    }

    /// Appends all parts, and takes an ETag that is not the MD5.
    pub(super) fn join(&mut self, parts: &[Arc<Part>], etag: String) -> Result<(), BucketError> {
        if matches!(self.body, DraftBody::File { .. }) {
            self.limit = LARGEST_JOINED;
        }
        parts.iter().try_for_each(|part| part.append_to(self))?;
        self.etag = Some(etag);
        Ok(())
    }

    /// Appends to the body.
    ///
    /// # Errors
    /// The object grows beyond the limit, or the disk is full.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), BucketError> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
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

impl Part {
    fn append_to(&self, draft: &mut Draft) -> Result<(), BucketError> {
        let path = match &self.body {
            PartBody::Memory(body) => return draft.write(body),
            PartBody::File(path) => path,
        };
        let (mut file, mut buffer) = (File::open(path)?, vec![0; COPY]);
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                length => draft.write(&buffer[..length])?,
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let DraftBody::File { path, .. } = &self.body {
            discard(path);
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let PartBody::File(path) = &self.body {
            discard(path);
        }
    }
}

fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!("a draft stays behind until the next start: {error}");
    }
}
