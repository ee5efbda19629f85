//! Door: buckets and objects, on disk or in memory.
//!
//! An index of all heads is kept in memory, in the order of keys; bodies lie in files. A key never becomes a file name:
//! its digest does, so any bytes and any length are safe. Everything is durable before anyone is answered.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use kit::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::condition::Condition;
use super::draft::Draft;
use super::file::{self, Head, Headers};
use super::listing::{self, Page, Query};
use super::load;
use super::multipart::Uploads;

/// Where objects are written until they are whole. No bucket's name begins with a dot.
pub(super) const DRAFTS: &str = ".drafts";

/// All buckets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Buckets {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: Option<PathBuf>,
    region: String,
    buckets: RwLock<BTreeMap<String, Bucket>>,
    drafts: AtomicU64,
    uploads: Uploads,
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub created: Timestamp,
    pub objects: BTreeMap<String, Arc<Object>>,
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
    File(File),
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
    #[error("the checksum is another")]
    BadChecksum,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Buckets {
    /// Opens the buckets in `folder`, which is made when it is not there; `None` keeps everything in memory. Files that
    /// are not whole are reported and passed over.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(folder: Option<&Path>, region: &str) -> io::Result<Buckets> {
        let loaded = folder.map(load::load).transpose()?.unwrap_or_default();
        Ok(Buckets {
            shared: Arc::new(Shared {
                folder: folder.map(Path::to_owned),
                region: region.to_owned(),
                buckets: RwLock::new(loaded.buckets),
                drafts: AtomicU64::new(0),
                uploads: Uploads::new(loaded.uploads),
            }),
        })
    }

    pub(super) fn region(&self) -> &str {
        &self.shared.region
    }

    pub(super) fn uploads(&self) -> &Uploads {
        &self.shared.uploads
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Bucket>> {
        self.shared.buckets.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Bucket>> {
        self.shared.buckets.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names and times of creation, in order.
    pub(super) fn names(&self) -> Vec<(String, Timestamp)> {
        self.read().iter().map(|(name, bucket)| (name.clone(), bucket.created)).collect()
    }

    pub(super) fn exists(&self, bucket: &str) -> Result<(), BucketError> {
        self.read().get(bucket).map(|_| ()).ok_or(BucketError::NoSuchBucket)
    }

    pub(super) fn create(&self, name: &str) -> Result<(), BucketError> {
        let mut buckets = self.write();
        if buckets.contains_key(name) {
            return Err(BucketError::AlreadyOwned);
        }
        if let Some(folder) = &self.shared.folder {
            file::make_folder(&folder.join(name))?;
        }
        buckets.insert(name.to_owned(), Bucket { created: Timestamp::wall(), objects: BTreeMap::new() });
        Ok(())
    }

    pub(super) fn delete(&self, name: &str) -> Result<(), BucketError> {
        let mut buckets = self.write();
        if !buckets.get(name).ok_or(BucketError::NoSuchBucket)?.objects.is_empty() {
            return Err(BucketError::NotEmpty);
        }
        if let Some(folder) = &self.shared.folder {
            fs::remove_dir_all(folder.join(name))?;
            file::sync_folder(folder)?;
        }
        buckets.remove(name);
        drop(buckets);
        self.uploads().forget_bucket(name);
        Ok(())
    }

    /// The object under a key.
    pub(super) fn get(&self, bucket: &str, key: &str) -> Result<Arc<Object>, BucketError> {
        let buckets = self.read();
        let object = buckets.get(bucket).ok_or(BucketError::NoSuchBucket)?.objects.get(key).cloned();
        object.ok_or(BucketError::NoSuchKey)
    }

    /// The object under a key, with its body. A put renames its file over the old one under the same lock, so head and
    /// body belong together.
    pub(super) fn open_object(&self, bucket: &str, key: &str) -> Result<(Arc<Object>, OpenBody), BucketError> {
        let buckets = self.read();
        let objects = &buckets.get(bucket).ok_or(BucketError::NoSuchBucket)?.objects;
        let object = objects.get(key).cloned().ok_or(BucketError::NoSuchKey)?;
        let body = match &object.body {
            StoredBody::Memory(bytes) => OpenBody::Memory(bytes.clone()),
            StoredBody::File(path) => OpenBody::File(File::open(path)?),
        };
        Ok((object, body))
    }

    /// One page of a listing, shown to `show`.
    pub(super) fn list<T>(
        &self,
        bucket: &str,
        query: &Query,
        show: impl FnOnce(Page<'_, Arc<Object>>) -> T,
    ) -> Result<T, BucketError> {
        let buckets = self.read();
        Ok(show(listing::page(&buckets.get(bucket).ok_or(BucketError::NoSuchBucket)?.objects, query)))
    }

    /// Removes an object; one that is not there is no error.
    pub(super) fn remove(&self, bucket: &str, key: &str, condition: &Condition) -> Result<(), BucketError> {
        let path = self.path(bucket, key);
        {
            let mut buckets = self.write();
            let objects = &mut buckets.get_mut(bucket).ok_or(BucketError::NoSuchBucket)?.objects;
            condition.check(objects.get(key).map(|object| &object.head))?;
            if !objects.contains_key(key) {
                return Ok(());
            }
            if let Some(path) = &path {
                fs::remove_file(path)?;
            }
            objects.remove(key);
        }
        path.as_deref().and_then(Path::parent).map_or(Ok(()), file::sync_folder)?;
        Ok(())
    }

    /// Starts an object; its body is written piece by piece.
    pub(super) fn draft(&self) -> Result<Draft, BucketError> {
        let Some(folder) = &self.shared.folder else { return Ok(Draft::in_memory()) };
        let number = self.shared.drafts.fetch_add(1, Ordering::Relaxed);
        Ok(Draft::in_file(folder.join(DRAFTS).join(number.to_string()))?)
    }

    /// Ends a draft and puts it under its key, in place of what was there.
    pub(super) fn put(
        &self,
        bucket: &str,
        key: &str,
        headers: Headers,
        mut draft: Draft,
        condition: &Condition,
    ) -> Result<Arc<Object>, BucketError> {
        self.exists(bucket)?;
        let head = draft.finish(key, headers, Timestamp::wall())?;
        let path = self.path(bucket, key);
        let folder = path.as_deref().and_then(Path::parent);
        let object = {
            let mut buckets = self.write();
            let objects = &mut buckets.get_mut(bucket).ok_or(BucketError::NoSuchBucket)?.objects;
            condition.check(objects.get(key).map(|object| &object.head))?;
            // Under the lock, so that nobody keeps anything in a folder that is not durable yet.
            if let Some(folder) = folder
                && !folder.exists()
            {
                file::make_folder(folder)?;
            }
            let object = Arc::new(Object { head, body: draft.keep(path.as_deref())? });
            objects.insert(key.to_owned(), object.clone());
            object
        };
        folder.map_or(Ok(()), file::sync_folder)?;
        Ok(object)
    }

    /// The folder of a bucket.
    pub(super) fn folder(&self, bucket: &str) -> Option<PathBuf> {
        Some(self.shared.folder.as_ref()?.join(bucket))
    }

    /// The file of an object, whose name is the digest of the key.
    fn path(&self, bucket: &str, key: &str) -> Option<PathBuf> {
        let name = hex::encode(Sha256::digest(key.as_bytes()));
        Some(self.folder(bucket)?.join(&name[..2]).join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(buckets: &Buckets, key: &str, body: &[u8], condition: &Condition) -> Result<Arc<Object>, BucketError> {
        let mut draft = buckets.draft()?;
        draft.write(body)?;
        buckets.put("b", key, Headers::default(), draft, condition)
    }

    fn keys(buckets: &Buckets) -> Vec<String> {
        let query = Query { limit: 100, ..Query::default() };
        buckets.list("b", &query, |page| page.objects.iter().map(|object| object.head.key.clone()).collect()).unwrap()
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
        let draft = buckets.draft().unwrap();
        let again = Buckets::open(Some(folder.path()), "r").unwrap();
        drop(draft);
        assert_eq!(keys(&again), ["../../etc/passwd", "a/b", &"k".repeat(1024)]);
        let object = again.get("b", "a/b").unwrap();
        let StoredBody::File(path) = &object.body else { panic!("on disk") };
        assert_eq!(&fs::read(path).unwrap()[..object.head.size as usize], b"newer");
        assert_eq!(object.head.etag, "0c10f4a0c12ba89211235026b861263d");
    }

    #[test]
    fn conditions_are_judged_when_the_object_is_put() {
        let buckets = Buckets::open(None, "r").unwrap();
        buckets.create("b").unwrap();
        let first = put(&buckets, "k", b"1", &Condition::Absent).unwrap();
        assert!(matches!(put(&buckets, "k", b"2", &Condition::Absent), Err(BucketError::PreconditionFailed)));
        assert!(matches!(put(&buckets, "k", b"2", &Condition::Is("x".into())), Err(BucketError::PreconditionFailed)));
        assert!(put(&buckets, "k", b"2", &Condition::Is(first.head.etag.clone())).is_ok());
    }

    #[test]
    fn buckets_are_made_once_and_removed_when_empty() {
        let folder = tempfile::tempdir().unwrap();
        let buckets = Buckets::open(Some(folder.path()), "r").unwrap();
        buckets.create("b").unwrap();
        assert!(matches!(buckets.create("b"), Err(BucketError::AlreadyOwned)));
        put(&buckets, "k", b"1", &Condition::Always).unwrap();
        assert!(matches!(buckets.delete("b"), Err(BucketError::NotEmpty)));
        buckets.remove("b", "k", &Condition::Always).unwrap();
        buckets.delete("b").unwrap();
        assert!(matches!(put(&buckets, "k", b"1", &Condition::Always), Err(BucketError::NoSuchBucket)));
        assert_eq!(Buckets::open(Some(folder.path()), "r").unwrap().names(), []);
    }
}
