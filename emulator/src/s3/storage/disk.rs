//! Door: buckets and objects on disk. An object is a file that carries its head, so a read opens
//! one file and needs nothing else; the [`Index`] is for listings. No read waits for a write, and
//! no write for the write of another key, except to share its sync.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kit::lock::{Mutex, RwLock, RwLockReadGuard};
use kit::time::Timestamp;

use super::disk_bucket::DiskBucket;
use super::error::StorageError;
use super::listing::{self, ListPage, ListQuery};
use super::load;
use super::object::{Object, ObjectBody, Put};
use super::staging::{STAGING, StagedObject};
use crate::lines::OncePerMinuteEach;
use crate::s3::files::folders::{make_folder, sync_folder};
use crate::s3::files::format;
use crate::s3::files::layout::{self, Layout, ObjectPath};
use crate::s3::files::open_file::OpenFile;
use crate::s3::index::{Index, PendingChange};
use crate::s3::object::condition::WriteCondition;
use crate::s3::object::head::Head;

/// All buckets.
#[derive(Debug)]
pub(crate) struct Disk {
    layout: Arc<Layout>,
    index: Index,
    buckets: RwLock<BTreeMap<String, Arc<DiskBucket>>>,
    /// Held while a bucket is created or deleted, also while its folder changes: creating and
    /// deleting one name must not overlap. Reads and writes of objects do not need it.
    changing: Mutex<()>,
    staged_count: AtomicU64,
}

impl Disk {
    /// Opens the folder. `buckets` are those that exist there.
    pub(crate) fn open(folder: &Path, buckets: Vec<load::FoundBucket>) -> io::Result<Disk> {
        let layout = Arc::new(Layout::new(folder));
        let buckets = buckets
            .into_iter()
            .map(|found| (found.name, DiskBucket::new(found.created)));
        Ok(Disk {
            index: Index::open(layout.clone())?,
            layout,
            buckets: RwLock::new(buckets.collect()),
            changing: Mutex::default(),
            staged_count: AtomicU64::new(0),
        })
    }

    pub(crate) fn folder(&self, bucket: &str) -> PathBuf {
        self.layout.bucket(bucket)
    }

    /// Makes the index durable; nothing can be changed afterwards.
    pub(crate) fn close(&self) {
        self.index.close();
    }

    fn buckets(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<DiskBucket>>> {
        self.buckets.read()
    }

    fn bucket(&self, name: &str) -> Result<Arc<DiskBucket>, StorageError> {
        self.buckets()
            .get(name)
            .cloned()
            .ok_or(StorageError::NoSuchBucket)
    }

    pub(crate) fn names(&self) -> Vec<(String, Timestamp)> {
        self.buckets()
            .iter()
            .map(|(name, bucket)| (name.clone(), bucket.created))
            .collect()
    }

    pub(crate) fn has(&self, bucket: &str) -> bool {
        self.buckets().contains_key(bucket)
    }

    pub(crate) fn create(&self, name: &str) -> Result<(), StorageError> {
        let _changing = self.changing.lock();
        if self.has(name) {
            return Err(StorageError::AlreadyOwned);
        }
        match make_folder(&self.layout.bucket(name)) {
            // The disk was full at the start.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(self.layout.folder())?;
                self.layout.folder().parent().map_or(Ok(()), sync_folder)?;
                make_folder(&self.layout.bucket(name))?;
            }
            made => made?,
        }
        let bucket = DiskBucket::new(Timestamp::wall());
        self.buckets.write().insert(name.to_owned(), bucket);
        Ok(())
    }

    pub(crate) fn delete(&self, name: &str) -> Result<(), StorageError> {
        let _changing = self.changing.lock();
        let bucket = self.bucket(name)?;
        let mut gone = bucket.gone.write();
        if self.layout.has_objects(name)? {
            return Err(StorageError::NotEmpty);
        }
        fs::remove_dir_all(self.layout.bucket(name))?;
        sync_folder(self.layout.folder())?;
        self.index.forget_bucket(name);
        *gone = true;
        self.buckets.write().remove(name);
        Ok(())
    }

    /// The object under a key.
    pub(crate) fn get(&self, bucket: &str, key: &str) -> Result<Arc<Object>, StorageError> {
        let (head, path) = self.open_file(bucket, key, format::read_head)?;
        Ok(Arc::new(Object {
            head,
            body: ObjectBody::File(path.file),
        }))
    }

    /// The object under a key, with its body. Both are read from one file, so they belong together.
    pub(crate) fn open_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<(Arc<Object>, OpenFile), StorageError> {
        let ((head, stored), path) = self.open_file(bucket, key, OpenFile::open)?;
        stored.verify_first_format(&head)?;
        Ok((
            Arc::new(Object {
                head,
                body: ObjectBody::File(path.file),
            }),
            stored,
        ))
    }

    fn open_file<T>(
        &self,
        bucket: &str,
        key: &str,
        open: impl Fn(&Path) -> io::Result<T>,
    ) -> Result<(T, ObjectPath), StorageError>
    where
        T: HasHead,
    {
        self.bucket(bucket)?;
        let path = self.layout.path_of(bucket, key);
        let opened = match open(&path.file) {
            // An object that the index has is lost, unless it was removed just now.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && self.index.has(bucket, key) =>
            {
                let _lock = self.layout.lock(&path);
                match open(&path.file) {
                    Err(error)
                        if error.kind() == io::ErrorKind::NotFound
                            && self.index.has(bucket, key) =>
                    {
                        Err(format::damaged("it is missing"))
                    }
                    opened => opened,
                }
            }
            opened => opened,
        };
        let other = || format::damaged("it holds an object with another key");
        let opened = opened.and_then(|opened| {
            if opened.head().key == key {
                Ok(opened)
            } else {
                Err(other())
            }
        });
        match opened {
            Ok(opened) => Ok((opened, path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StorageError::NoSuchKey),
            Err(error) => {
                static LINES: OncePerMinuteEach = OncePerMinuteEach::new();
                let file = path.file.display().to_string();
                if LINES.is_due(&file, Timestamp::now()) {
                    tracing::error!("object {key:?} of bucket {bucket:?}, {file}: {error}");
                }
                Err(error.into())
            }
        }
    }

    /// One page of a listing.
    pub(crate) fn page(
        &self,
        bucket: &str,
        query: &ListQuery,
    ) -> Result<ListPage<Arc<Object>>, StorageError> {
        self.bucket(bucket)?;
        self.index.wait_until_ready().map_err(|trouble| {
            trouble.map_or(StorageError::Rebuilding, StorageError::RebuildBlocked)
        })?;
        let object = |head: Head| {
            let path = self.layout.path_of(bucket, &head.key);
            (
                head.key.clone(),
                Arc::new(Object {
                    head,
                    body: ObjectBody::File(path.file),
                }),
            )
        };
        let page = listing::page(
            |from| {
                self.index
                    .range(bucket, from)
                    .map(move |head| Ok(object(head?)))
            },
            query,
        );
        // A damaged index is being rebuilt now.
        page.map_err(|error| match error {
            StorageError::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                StorageError::Rebuilding
            }
            error => error,
        })
    }

    /// Removes objects, which share their syncs. A missing object is not an error.
    pub(crate) fn remove(
        &self,
        bucket: &str,
        keys: &[(String, WriteCondition)],
    ) -> Vec<Result<(), StorageError>> {
        match self.try_remove(bucket, keys) {
            Ok(results) => results,
            Err(error) => keys.iter().map(|_| Err(error.again())).collect(),
        }
    }

    fn try_remove(
        &self,
        bucket: &str,
        keys: &[(String, WriteCondition)],
    ) -> Result<Vec<Result<(), StorageError>>, StorageError> {
        let open = self.bucket(bucket)?;
        let begin = |key: &str| {
            let path = self.layout.path_of(bucket, key);
            let is_there = path.file.exists() || self.index.has(bucket, key);
            (is_there.then(|| self.index.begin(bucket, key)), path)
        };
        let begun: Vec<_> = keys.iter().map(|(key, _)| begin(key)).collect();
        begun
            .iter()
            .filter_map(|(change, _)| change.as_ref())
            .try_for_each(PendingChange::wait)?;
        let _open = open.enter()?;
        let removed =
            begun
                .iter()
                .zip(keys)
                .map(|((change, path), (key, condition))| match change {
                    None => Ok(condition.check(None)?),
                    Some(change) => self.take_away(bucket, key, condition, path, change),
                });
        let mut results: Vec<_> = removed.collect();
        // Also for missing objects: another request may have removed them just now without a sync
        // yet.
        let layout: BTreeSet<&PathBuf> = begun.iter().map(|(_, path)| &path.shard).collect();
        for shard in layout {
            let Err(error) = sync_shard(shard).map_err(StorageError::from) else {
                continue;
            };
            let of_shard = results
                .iter_mut()
                .zip(&begun)
                .filter(|(_, (_, path))| path.shard == *shard);
            of_shard.for_each(|(result, _)| *result = Err(error.again()));
        }
        Ok(results)
    }

    fn take_away(
        &self,
        bucket: &str,
        key: &str,
        condition: &WriteCondition,
        path: &ObjectPath,
        change: &PendingChange<'_>,
    ) -> Result<(), StorageError> {
        let _lock = self.layout.lock(path);
        check(condition, path)?;
        match fs::remove_file(&path.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => {
                change.removed(bucket, key);
                Ok(())
            }
        }
    }

    /// Stages an object, whose body is then written piece by piece.
    pub(crate) fn stage(&self) -> io::Result<StagedObject> {
        let number = self.staged_count.fetch_add(1, Ordering::Relaxed);
        let folder = self.layout.folder().join(STAGING);
        let path = folder.join(number.to_string());
        match StagedObject::in_file(path.clone()) {
            // The disk was full at the start.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&folder)?;
                StagedObject::in_file(path)
            }
            staged => staged,
        }
    }

    /// Completes a staged object and puts it under its key, replacing the present one.
    pub(crate) fn put(
        &self,
        put: Put<'_>,
        mut staged: StagedObject,
    ) -> Result<Arc<Object>, StorageError> {
        let Put {
            bucket,
            key,
            headers,
            condition,
            modified,
        } = put;
        let open = self.bucket(bucket)?;
        let path = self.layout.path_of(bucket, key);
        // The log is synced while the body is.
        let change = self.index.begin(bucket, key);
        let head = staged.finish(key, headers, modified)?;
        change.wait()?;
        let _open = open.enter()?;
        open.make(&path.shard)?;
        let object = {
            let _lock = self.layout.lock(&path);
            check(condition, &path)?;
            let object = Arc::new(Object {
                head,
                body: staged.keep(Some(&path.file))?,
            });
            change.put(bucket, &object.head)?;
            object
        };
        sync_folder(&path.shard)?;
        Ok(object)
    }
}

/// The head of an opened file.
trait HasHead {
    fn head(&self) -> &Head;
}

impl HasHead for Head {
    fn head(&self) -> &Head {
        self
    }
}

impl HasHead for (Head, OpenFile) {
    fn head(&self) -> &Head {
        &self.0
    }
}

/// Judges the object at a path, if there is a condition.
fn check(condition: &WriteCondition, path: &ObjectPath) -> Result<(), StorageError> {
    match condition {
        WriteCondition::Always => Ok(()),
        condition => Ok(condition.check(layout::present(path)?.as_ref())?),
    }
}

/// Makes removals durable.
fn sync_shard(shard: &Path) -> io::Result<()> {
    match sync_folder(shard) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        synced => synced,
    }
}
