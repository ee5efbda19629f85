//! Door: an object that is being written. Unless it is kept, it is removed when it is dropped.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kit::time::Timestamp;
use md5::{Digest as _, Md5};
use s3s::checksum::ChecksumHasher;

use super::error::StorageError;
use super::object::{Object, ObjectBody};
use crate::memory::Reservation;
use crate::s3::files::block_sums::BlockSums;
use crate::s3::files::format;
use crate::s3::files::open_file::OpenFile;
use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::checksum::{Checksum, ChecksumKind};
use crate::s3::object::checksum_members::digest;
use crate::s3::object::head::{Head, Headers, Part};

/// The folder of staged objects, beside those of the buckets. Its name is from an earlier version.
/// No bucket's name begins with a dot.
pub(super) const STAGING: &str = ".drafts";

/// The largest object in memory, in bytes.
const LARGEST_IN_MEMORY: u64 = 1 << 30;

/// S3's limit for one put, in bytes: `docs/aws/s3.md#limits`.
const LARGEST: u64 = 5 << 30;

/// S3's limit for an object in parts, in bytes.
const LARGEST_JOINED: u64 = 5 << 40;
/// An object that is being written. Unless it is kept, it is removed when it is dropped.
pub(crate) struct StagedObject {
    body: StagedBody,
    size: u64,
    md5: Md5,
    summing: Option<(Algorithm, ChecksumHasher)>,
    /// Instead of the MD5.
    etag: Option<String>,
    /// Instead of the computed checksum.
    checksum: Option<Checksum>,
    /// The parts of the object.
    parts: Vec<Part>,
    limit: u64,
}

enum StagedBody {
    Memory(Counted),
    File {
        file: File,
        path: PathBuf,
        blocks: BlockSums,
    },
    /// The body belongs to an object now.
    KeptSetting,
}

/// A body in memory, with the memory that is counted for it.
struct Counted {
    bytes: Vec<u8>,
    held: Reservation,
}

impl Counted {
    /// Appends, if there is memory.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        let length = self.bytes.len() + bytes.len();
        if length > self.bytes.capacity() {
            let capacity = length.max(self.bytes.capacity() / 2 * 3);
            self.held.resize(capacity as u64)?;
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Reduces the memory of the complete body, with `head`, to its size.
    fn finish(&mut self, head: &Head) -> Result<(), StorageError> {
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

/// The approximate memory of a head, in bytes: the head, its entry among the others, and its texts.
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

impl StagedObject {
    pub(crate) fn in_memory(held: Reservation) -> StagedObject {
        StagedObject::new(
            StagedBody::Memory(Counted {
                bytes: Vec::new(),
                held,
            }),
            LARGEST_IN_MEMORY,
        )
    }

    pub(crate) fn in_file(path: PathBuf) -> io::Result<StagedObject> {
        let file = File::create_new(&path)?;
        Ok(StagedObject::new(
            StagedBody::File {
                file,
                path,
                blocks: BlockSums::default(),
            },
            LARGEST,
        ))
    }

    fn new(body: StagedBody, limit: u64) -> StagedObject {
        StagedObject {
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

    /// Computes a checksum of everything that is written from now on.
    #[must_use]
    pub(crate) fn summing(mut self, algorithm: Option<Algorithm>) -> StagedObject {
        self.summing = algorithm.map(|algorithm| (algorithm, algorithm.hasher()));
        self
    }

    /// The ETag: the MD5 of the body in hex, unless the object is joined from parts.
    pub(crate) fn etag(&self) -> String {
        self.etag
            .clone()
            .unwrap_or_else(|| hex::encode(self.md5.clone().finalize()))
    }

    /// Completes the checksum and returns it.
    pub(crate) fn checksum(&mut self) -> Option<&Checksum> {
        if let Some((algorithm, hasher)) = self.summing.take() {
            let value = digest(algorithm, hasher)?;
            self.checksum = Some(Checksum {
                algorithm,
                kind: ChecksumKind::FullObject,
                value,
            });
        }
        self.checksum.as_ref()
    }

    /// Appends all parts, and sets an ETag and a checksum other than those of the bytes. `shown`
    /// are the parts that the object will show.
    pub(crate) fn join(
        &mut self,
        parts: &[impl AsRef<Object>],
        etag: String,
        checksum: Option<Checksum>,
        shown: Vec<Part>,
    ) -> Result<(), StorageError> {
        if matches!(self.body, StagedBody::File { .. }) {
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

    fn append(&mut self, part: &Object) -> Result<(), StorageError> {
        match &part.body {
            ObjectBody::Memory(body) => self.write(body),
            ObjectBody::File(path) => {
                let (head, stored) = OpenFile::open(path)?;
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
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(StorageError::TooLarge);
        }
        self.md5.update(bytes);
        if let Some((_, hasher)) = &mut self.summing {
            hasher.update(bytes);
        }
        match &mut self.body {
            StagedBody::Memory(body) => body.write(bytes)?,
            StagedBody::File { file, blocks, .. } => {
                file.write_all(bytes)?;
                blocks.update(bytes);
            }
            StagedBody::KeptSetting => {}
        }
        Ok(())
    }

    /// Completes the body, and makes it durable under its temporary name.
    pub(crate) fn finish(
        &mut self,
        key: &str,
        headers: Headers,
        now: Timestamp,
    ) -> Result<Head, StorageError> {
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
            StagedBody::File { file, blocks, .. } => {
                format::finish(file, &std::mem::take(blocks).finish(), &head)?;
            }
            StagedBody::Memory(body) => body.finish(&head)?,
            StagedBody::KeptSetting => {}
        }
        Ok(head)
    }

    /// Keeps the object: a file is renamed to `path` and replaces the file there. The folder is not
    /// synced yet.
    pub(crate) fn keep(&mut self, path: Option<&Path>) -> io::Result<ObjectBody> {
        if let (StagedBody::File { path: staged, .. }, Some(path)) = (&self.body, path) {
            fs::rename(staged, path)?;
            self.body = StagedBody::KeptSetting;
            return Ok(ObjectBody::File(path.to_owned()));
        }
        match std::mem::replace(&mut self.body, StagedBody::KeptSetting) {
            // The memory is released when the last reader drops the body.
            StagedBody::Memory(body) => Ok(ObjectBody::Memory(Bytes::from_owner(body))),
            body => {
                self.body = body;
                Err(io::Error::other("a file needs a place to stay"))
            }
        }
    }
}

impl Drop for StagedObject {
    fn drop(&mut self) {
        if let StagedBody::File { path, .. } = &self.body
            && let Err(error) = fs::remove_file(path)
        {
            tracing::debug!("a staged object stays behind until the next start: {error}");
        }
    }
}
