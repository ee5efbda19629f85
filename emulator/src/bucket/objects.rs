//! Buckets and objects, [on disk](super::disk) or [in memory](super::memory). Everything is durable
//! before anyone is answered.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use kit::counted::counted;
use kit::time::Timestamp;

use super::checksum::{Algorithm, Kind};
use super::condition::Condition;
use super::disk::Disk;
use super::draft::Draft;
use super::file::{Head, Headers};
use super::listing::{Page, Query};
use super::load;
use super::memory::Memory;
use super::multipart::Uploads;
use super::settings::Settings;
use super::stored::Stored;
use crate::memory::{Full, Gauge};

/// Where objects are written until they are whole. No bucket's name begins with a dot.
pub(super) const DRAFTS: &str = ".drafts";

/// All buckets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Buckets {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    region: String,
    store: Store,
    uploads: Uploads,
    settings: Settings,
    gauge: Gauge,
    /// Why nothing is served.
    shut: Option<String>,
}

#[derive(Debug)]
enum Store {
    Memory(Memory),
    Disk(Box<Disk>),
}

/// A stored object.
#[derive(Debug)]
pub(super) struct Object {
    pub head: Head,
    pub body: StoredBody,
}

impl Object {
    /// The name of its file, when it is one.
    pub(super) fn file_name(&self) -> Option<&str> {
        match &self.body {
            StoredBody::Memory(_) => None,
            StoredBody::File(path) => path.file_name()?.to_str(),
        }
    }
}

/// Where a body is.
#[derive(Debug)]
pub(super) enum StoredBody {
    Memory(Bytes),
    /// It starts at the file's first byte.
    File(PathBuf),
}

/// A body that can be read to its end, whatever happens to its object meanwhile.
#[derive(Debug)]
pub(super) enum OpenBody {
    Memory(Bytes),
    File(Stored),
}

/// Where an object is put, and what is said of it.
#[derive(Debug)]
pub(super) struct Put<'p> {
    pub bucket: &'p str,
    pub key: &'p str,
    pub headers: Headers,
    /// When it may take the place of what is there.
    pub condition: &'p Condition,
    pub modified: Timestamp,
}

/// What can go wrong, in the words of S3.
#[derive(Debug, thiserror::Error)]
pub(super) enum BucketError {
    #[error("there is no such bucket")]
    NoSuchBucket,
    #[error("there is no such object")]
    NoSuchKey,
    #[error("the bucket is there already")]
    AlreadyOwned,
    #[error("the bucket is not empty")]
    NotEmpty,
    #[error("the condition does not hold")]
    PreconditionFailed,
    #[error("the object is too large")]
    TooLarge,
    #[error("there is no such upload")]
    NoSuchUpload,
    #[error("a part's number is out of range")]
    PartNumber,
    #[error("a part is not there or has another ETag")]
    InvalidPart,
    #[error("the parts are not in order")]
    InvalidPartOrder,
    #[error("a part is too small")]
    PartTooSmall,
    #[error("the index is being rebuilt")]
    Rebuilding(
        /// What keeps it from that.
        Option<String>,
    ),
    #[error("the {} checksum is another", .0.name())]
    BadChecksum(Algorithm),
    #[error("the upload was begun with another kind of checksum")]
    ChecksumKind { begun: Kind, completed: Kind },
    #[error("part {number} comes without its checksum")]
    PartChecksum { algorithm: Algorithm, number: i32 },
    #[error("the object has {}, not {given}", counted(*.found, "byte"))]
    ObjectSize { given: u64, found: u64 },
    #[error(transparent)]
    MemoryFull(#[from] Full),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl BucketError {
    /// The same for another key that it hit too.
    pub(super) fn again(&self) -> BucketError {
        match self {
            BucketError::NoSuchBucket => BucketError::NoSuchBucket,
            BucketError::Io(error) => {
                BucketError::Io(io::Error::new(error.kind(), error.to_string()))
            }
            other => BucketError::Io(io::Error::other(other.to_string())),
        }
    }
}

impl Buckets {
    /// Opens the buckets in `folder`, which is made when it is not there; `None` keeps everything
    /// in memory. It needs no space, so a full disk can be opened: what has to be written is as
    /// soon as there is room. It takes no longer when there are many objects: their index lies on
    /// disk, and while it is built or repaired everything but listings works.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(folder: Option<&Path>, region: &str) -> io::Result<Buckets> {
        Buckets::open_within(folder, region, Gauge::default())
    }

    /// The same; what lies in memory is counted by `gauge`.
    ///
    /// # Errors
    /// As [`Buckets::open`].
    pub fn open_within(folder: Option<&Path>, region: &str, gauge: Gauge) -> io::Result<Buckets> {
        let (store, uploads) = match folder {
            None => (Store::Memory(Memory::default()), Uploads::default()),
            Some(folder) => {
                let loaded = load::load(folder)?;
                let disk = Disk::open(folder, loaded.buckets)?;
                (Store::Disk(Box::new(disk)), Uploads::new(loaded.uploads))
            }
        };
        Ok(Buckets::of(region, store, uploads, gauge, None))
    }

    /// Buckets that cannot be opened: every request is answered 503 with the reason.
    pub fn shut(reason: String, region: &str) -> Buckets {
        Buckets::of(
            region,
            Store::Memory(Memory::default()),
            Uploads::default(),
            Gauge::default(),
            Some(reason),
        )
    }

    fn of(
        region: &str,
        store: Store,
        uploads: Uploads,
        gauge: Gauge,
        shut: Option<String>,
    ) -> Buckets {
        let (region, settings) = (region.to_owned(), Settings::default());
        Buckets {
            shared: Arc::new(Shared {
                region,
                store,
                uploads,
                settings,
                gauge,
                shut,
            }),
        }
    }

    /// Why nothing is served.
    pub(super) fn reason_shut(&self) -> Option<&str> {
        self.shared.shut.as_deref()
    }

    /// Ends what happens in the background, so that the next start has nothing to look at again.
    /// Nothing can be changed afterwards.
    pub fn close(&self) {
        if let Store::Disk(disk) = &self.shared.store {
            disk.close();
        }
    }

    pub(super) fn region(&self) -> &str {
        &self.shared.region
    }

    pub(super) fn uploads(&self) -> &Uploads {
        &self.shared.uploads
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Names and times of creation, in order.
    pub(super) fn names(&self) -> Vec<(String, Timestamp)> {
        match &self.shared.store {
            Store::Memory(memory) => memory.names(),
            Store::Disk(disk) => disk.names(),
        }
    }

    pub(super) fn exists(&self, bucket: &str) -> Result<(), BucketError> {
        let found = match &self.shared.store {
            Store::Memory(memory) => memory.has(bucket),
            Store::Disk(disk) => disk.has(bucket),
        };
        if found {
            Ok(())
        } else {
            Err(BucketError::NoSuchBucket)
        }
    }

    pub(super) fn create(&self, name: &str) -> Result<(), BucketError> {
        match &self.shared.store {
            Store::Memory(memory) => memory.create(name),
            Store::Disk(disk) => disk.create(name),
        }
    }

    pub(super) fn delete(&self, name: &str) -> Result<(), BucketError> {
        // Nobody sets anything on a bucket that goes.
        let mut known = self.settings().lock();
        match &self.shared.store {
            Store::Memory(memory) => memory.delete(name)?,
            Store::Disk(disk) => disk.delete(name)?,
        }
        known.remove(name);
        self.uploads().forget_bucket(name);
        Ok(())
    }

    /// The object under a key. Reads a file.
    pub(super) fn get(&self, bucket: &str, key: &str) -> Result<Arc<Object>, BucketError> {
        match &self.shared.store {
            Store::Memory(memory) => memory.get(bucket, key),
            Store::Disk(disk) => disk.get(bucket, key),
        }
    }

    /// The object under a key, with its body. Head and body belong together, whatever is put
    /// meanwhile.
    pub(super) fn open_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<(Arc<Object>, OpenBody), BucketError> {
        match &self.shared.store {
            Store::Memory(memory) => {
                let object = memory.get(bucket, key)?;
                let StoredBody::Memory(bytes) = &object.body else {
                    return Err(BucketError::NoSuchKey);
                };
                let body = OpenBody::Memory(bytes.clone());
                Ok((object, body))
            }
            Store::Disk(disk) => disk
                .open_object(bucket, key)
                .map(|(object, body)| (object, OpenBody::File(body))),
        }
    }

    /// One page of a listing, shown to `show`. Of heads, it has what a listing shows: no headers,
    /// no tags, and no values of checksums. Reads files.
    pub(super) fn list<T>(
        &self,
        bucket: &str,
        query: &Query,
        show: impl FnOnce(Page<Arc<Object>>) -> T,
    ) -> Result<T, BucketError> {
        match &self.shared.store {
            Store::Memory(memory) => memory.page(bucket, query),
            Store::Disk(disk) => disk.page(bucket, query),
        }
        .map(show)
    }

    /// Removes an object; one that is not there is no error.
    pub(super) fn remove(
        &self,
        bucket: &str,
        key: &str,
        condition: &Condition,
    ) -> Result<(), BucketError> {
        let removed = self.remove_all(bucket, &[(key.to_owned(), condition.clone())]);
        removed.into_iter().collect()
    }

    /// Removes many objects, each with a result of its own.
    pub(super) fn remove_all(
        &self,
        bucket: &str,
        keys: &[(String, Condition)],
    ) -> Vec<Result<(), BucketError>> {
        match &self.shared.store {
            Store::Memory(memory) => keys
                .iter()
                .map(|(key, condition)| memory.remove(bucket, key, condition))
                .collect(),
            Store::Disk(disk) => disk.remove(bucket, keys),
        }
    }

    /// Starts an object; its body is written piece by piece.
    pub(super) fn draft(&self) -> Result<Draft, BucketError> {
        match &self.shared.store {
            Store::Memory(_) => Ok(Draft::in_memory(self.shared.gauge.reserve())),
            Store::Disk(disk) => Ok(disk.draft()?),
        }
    }

    /// Ends a draft and puts it under its key, in place of what was there.
    pub(super) fn put(
        &self,
        bucket: &str,
        key: &str,
        headers: Headers,
        draft: Draft,
        condition: &Condition,
    ) -> Result<Arc<Object>, BucketError> {
        self.put_as_of(
            Put {
                bucket,
                key,
                headers,
                condition,
                modified: Timestamp::wall(),
            },
            draft,
        )
    }

    /// The same, last modified at another time than now.
    pub(super) fn put_as_of(
        &self,
        put: Put<'_>,
        mut draft: Draft,
    ) -> Result<Arc<Object>, BucketError> {
        match &self.shared.store {
            Store::Memory(memory) => {
                let head = draft.finish(put.key, put.headers, put.modified)?;
                memory.put(
                    put.bucket,
                    Object {
                        head,
                        body: draft.keep(None)?,
                    },
                    put.condition,
                )
            }
            Store::Disk(disk) => disk.put(put, draft),
        }
    }

    /// The folder of a bucket.
    pub(super) fn folder(&self, bucket: &str) -> Option<PathBuf> {
        match &self.shared.store {
            Store::Memory(_) => None,
            Store::Disk(disk) => Some(disk.folder(bucket)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn put(
        buckets: &Buckets,
        key: &str,
        body: &[u8],
        condition: &Condition,
    ) -> Result<Arc<Object>, BucketError> {
        let mut draft = buckets.draft()?;
        draft.write(body)?;
        buckets.put("b", key, Headers::default(), draft, condition)
    }

    fn keys(buckets: &Buckets) -> Vec<String> {
        let query = Query {
            limit: 100,
            ..Query::default()
        };
        buckets
            .list("b", &query, |page| {
                page.objects
                    .iter()
                    .map(|object| object.head.key.clone())
                    .collect()
            })
            .unwrap()
    }

    #[test]
    fn what_was_put_is_there_after_a_restart_and_what_was_removed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let buckets = Buckets::open(Some(folder.path()), "r").unwrap();
        buckets.create("b").unwrap();
        for key in ["../../etc/passwd", "a/b", "ü & +", &"k".repeat(1024)] {
            put(&buckets, key, key.as_bytes(), &Condition::Always).unwrap();
        }
        put(&buckets, "a/b", b"newer", &Condition::Always).unwrap();
        buckets.remove("b", "ü & +", &Condition::Always).unwrap();
        std::mem::forget(buckets.draft().unwrap());
        drop(buckets);
        let again = Buckets::open(Some(folder.path()), "r").unwrap();
        assert_eq!(keys(&again), ["../../etc/passwd", "a/b", &"k".repeat(1024)]);
        let object = again.get("b", "a/b").unwrap();
        let StoredBody::File(path) = &object.body else {
            panic!("on disk")
        };
        assert_eq!(
            &fs::read(path).unwrap()[..object.head.size as usize],
            b"newer"
        );
        assert_eq!(object.head.etag, "0c10f4a0c12ba89211235026b861263d");
    }

    #[test]
    fn conditions_are_judged_when_the_object_is_put() {
        let buckets = Buckets::open(None, "r").unwrap();
        buckets.create("b").unwrap();
        let first = put(&buckets, "k", b"1", &Condition::Absent).unwrap();
        assert!(matches!(
            put(&buckets, "k", b"2", &Condition::Absent),
            Err(BucketError::PreconditionFailed)
        ));
        assert!(matches!(
            put(&buckets, "k", b"2", &Condition::Is("x".into())),
            Err(BucketError::PreconditionFailed)
        ));
        assert!(put(&buckets, "k", b"2", &Condition::Is(first.head.etag.clone())).is_ok());
    }

    #[test]
    fn buckets_are_made_once_and_removed_when_empty() {
        let folder = tempfile::tempdir().unwrap();
        let buckets = Buckets::open(Some(folder.path()), "r").unwrap();
        buckets.create("b").unwrap();
        assert!(matches!(
            buckets.create("b"),
            Err(BucketError::AlreadyOwned)
        ));
        put(&buckets, "k", b"1", &Condition::Always).unwrap();
        assert!(matches!(buckets.delete("b"), Err(BucketError::NotEmpty)));
        buckets.remove("b", "k", &Condition::Always).unwrap();
        buckets.delete("b").unwrap();
        assert!(matches!(
            put(&buckets, "k", b"1", &Condition::Always),
            Err(BucketError::NoSuchBucket)
        ));
        drop(buckets);
        assert_eq!(Buckets::open(Some(folder.path()), "r").unwrap().names(), []);
    }
}
