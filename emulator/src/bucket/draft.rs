//! Door: an object that is being written. It vanishes when it is dropped before it was kept.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kit::time::Timestamp;
use md5::{Digest as _, Md5};
use s3s::checksum::ChecksumHasher;

use super::checksum::{Algorithm, Checksum, Kind};
use super::file::{self, Head, Headers, Part};
use super::objects::{BucketError, Object, StoredBody};
use super::stored::Stored;
use super::sums::Summing;
use crate::memory::Reservation;

/// An object in memory cannot be larger than this, in bytes.
const LARGEST_IN_MEMORY: u64 = 1 << 30;

/// S3's limit for one put, in bytes: `docs/aws/s3.md#limits`.
const LARGEST: u64 = 5 << 30;

/// S3's limit for an object that comes in parts, in bytes.
const LARGEST_JOINED: u64 = 5 << 40;

pub(super) struct Draft {
    body: DraftBody,
    size: u64,
    md5: Md5,
    summing: Option<(Algorithm, ChecksumHasher)>,
    /// Instead of the MD5.
    etag: Option<String>,
    /// Instead of what was summed.
    checksum: Option<Checksum>,
    /// The parts that it is made of.
    parts: Vec<Part>,
    limit: u64,
}

enum DraftBody {
    Memory(Counted),
    File {
        file: File,
        path: PathBuf,
        blocks: Summing,
    },
    /// It is an object now.
    Kept,
}

/// A body in memory, with the memory that is counted for it.
struct Counted {
    bytes: Vec<u8>,
    held: Reservation,
}

impl Counted {
    /// Appends, when there is memory for it.
    fn write(&mut self, bytes: &[u8]) -> Result<(), BucketError> {
        let length = self.bytes.len() + bytes.len();
        if length > self.bytes.capacity() {
            let capacity = length.max(self.bytes.capacity() / 2 * 3);
            self.held.resize(capacity as u64)?;
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The whole body with `head` takes what it needs and no more.
    fn finish(&mut self, head: &Head) -> Result<(), BucketError> {
        self.bytes.shrink_to_fit();
        Ok(self
            .held
            .resize(self.bytes.capacity() as u64 + bytes_of(head))?)
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that the head of an object takes in memory, about: itself, its place among the others, and
/// its texts.
fn bytes_of(head: &Head) -> u64 {
    let pairs = |pairs: &[(String, String)]| {
        pairs
            .iter()
            .map(|(name, value)| name.len() + value.len() + size_of::<(String, String)>())
            .sum::<usize>()
    };
    let texts = 2 * head.key.len() + pairs(&head.headers.metadata) + pairs(&head.headers.tags);
    (size_of::<Object>() + 256 + texts + head.parts.len() * size_of::<Part>()) as u64
}

impl Draft {
    pub(super) fn in_memory(held: Reservation) -> Draft {
        Draft::new(
            DraftBody::Memory(Counted {
                bytes: Vec::new(),
                held,
            }),
            LARGEST_IN_MEMORY,
        )
    }

    pub(super) fn in_file(path: PathBuf) -> io::Result<Draft> {
        let file = File::create_new(&path)?;
        Ok(Draft::new(
            DraftBody::File {
                file,
                path,
                blocks: Summing::default(),
            },
            LARGEST,
        ))
    }

    fn new(body: DraftBody, limit: u64) -> Draft {
        Draft {
            body,
            size: 0,
            md5: Md5::new(),
            summing: None,
            etag: None,
            checksum: None,
            parts: Vec::new(),
            limit,
        }
    }

    /// Sums up what is written from now on.
    #[must_use]
    pub(super) fn summing(mut self, algorithm: Option<Algorithm>) -> Draft {
        self.summing = algorithm.map(|algorithm| (algorithm, algorithm.hasher()));
        self
    }

    /// The MD5 of what is written, in hex: S3's ETag for objects that were put whole. Joined ones
    /// have another.
    pub(super) fn etag(&self) -> String {
        self.etag
            .clone()
            .unwrap_or_else(|| hex::encode(self.md5.clone().finalize()))
    }

    /// Ends the sum, and returns it.
    pub(super) fn checksum(&mut self) -> Option<&Checksum> {
        if let Some((algorithm, hasher)) = self.summing.take() {
            let value = algorithm.pick(hasher.finalize())?;
            self.checksum = Some(Checksum {
                algorithm,
                kind: Kind::FullObject,
                value,
            });
        }
        self.checksum.as_ref()
    }

    /// Appends all parts, and takes an ETag and a checksum that are not those of the bytes. `shown`
    /// are the parts that the object will have.
    pub(super) fn join(
        &mut self,
        parts: &[impl AsRef<Object>],
        etag: String,
        checksum: Option<Checksum>,
        shown: Vec<Part>,
    ) -> Result<(), BucketError> {
        if matches!(self.body, DraftBody::File { .. }) {
            self.limit = LARGEST_JOINED;
        }
        parts
            .iter()
            .try_for_each(|part| self.append(part.as_ref()))?;
        self.etag = Some(etag);
        self.checksum = checksum;
        self.parts = shown;
        Ok(())
    }

    fn append(&mut self, part: &Object) -> Result<(), BucketError> {
        match &part.body {
            StoredBody::Memory(body) => self.write(body),
            StoredBody::File(path) => {
                let (head, stored) = Stored::open(path)?;
                stored.verify_first_format(&head)?;
                stored
                    .pieces(0..head.size)
                    .try_for_each(|piece| self.write(&piece?))
            }
        }
    }

    /// Appends to the body.
    ///
    /// # Errors
    /// The object grows beyond the limit, or the disk or memory is full.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), BucketError> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(BucketError::TooLarge);
        }
        self.md5.update(bytes);
        if let Some((_, hasher)) = &mut self.summing {
            hasher.update(bytes);
        }
        match &mut self.body {
            DraftBody::Memory(body) => body.write(bytes)?,
            DraftBody::File { file, blocks, .. } => {
                file.write_all(bytes)?;
                blocks.update(bytes);
            }
            DraftBody::Kept => {}
        }
        Ok(())
    }

    /// Ends the body, and makes it durable under its present name.
    pub(super) fn finish(
        &mut self,
        key: &str,
        headers: Headers,
        now: Timestamp,
    ) -> Result<Head, BucketError> {
        let (key, size, etag, modified) = (key.to_owned(), self.size, self.etag(), now.as_millis());
        let parts = std::mem::take(&mut self.parts);
        let head = Head {
            key,
            size,
            etag,
            modified,
            headers,
            checksum: self.checksum().cloned(),
            parts,
        };
        match &mut self.body {
            DraftBody::File { file, blocks, .. } => {
                file::finish(file, &std::mem::take(blocks).finish(), &head)?;
            }
            DraftBody::Memory(body) => body.finish(&head)?,
            DraftBody::Kept => {}
        }
        Ok(head)
    }

    /// Gives it its place, `path` when it is a file, instead of what is there. The folder is not
    /// synced yet.
    pub(super) fn keep(&mut self, path: Option<&Path>) -> io::Result<StoredBody> {
        if let (DraftBody::File { path: draft, .. }, Some(path)) = (&self.body, path) {
            fs::rename(draft, path)?;
            self.body = DraftBody::Kept;
            return Ok(StoredBody::File(path.to_owned()));
        }
        match std::mem::replace(&mut self.body, DraftBody::Kept) {
            // The memory is given back when nobody reads the body any more.
            DraftBody::Memory(body) => Ok(StoredBody::Memory(Bytes::from_owner(body))),
            body => {
                self.body = body;
                Err(io::Error::other("a file needs a place to stay"))
            }
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
