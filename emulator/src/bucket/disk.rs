//! Door: buckets and objects on disk. An object is a file, which carries its head, so a read opens
//! one file and needs nothing else; the [`Index`] is there for listings. No read waits for a write,
//! and no write for one of another key but to share its sync.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kit::lock::{Mutex, RwLock, RwLockReadGuard};
use kit::time::Timestamp;

use super::condition::Condition;
use super::draft::Draft;
use super::file::{self, Head};
use super::index::{Change, Index};
use super::listing::{self, Page, Query};
use super::load;
use super::objects::{BucketError, DRAFTS, Object, Put, StoredBody};
use super::shelves::{self, Place, Shelves};
use super::stored::Stored;
use crate::lines::OncePerMinuteEach;

/// All buckets.
#[derive(Debug)]
pub(super) struct Disk {
    shelves: Arc<Shelves>,
    index: Index,
    buckets: RwLock<BTreeMap<String, Arc<Bucket>>>,
    /// Held while a bucket is made or removed.
    changing: Mutex<()>,
    drafts: AtomicU64,
}

/// A bucket.
#[derive(Debug)]
struct Bucket {
    created: Timestamp,
    /// Whether it is removed. Held, to read, while an object is put into it or removed from it.
    gone: RwLock<bool>,
    /// Shelves that are durable.
    made: Mutex<BTreeSet<String>>,
}

impl Bucket {
    fn new(created: Timestamp) -> Arc<Bucket> {
        Arc::new(Bucket {
            created,
            gone: RwLock::new(false),
            made: Mutex::default(),
        })
    }

    /// Keeps the bucket from being removed meanwhile.
    fn enter(&self) -> Result<RwLockReadGuard<'_, bool>, BucketError> {
        let gone = self.gone.read();
        if *gone {
            Err(BucketError::NoSuchBucket)
        } else {
            Ok(gone)
        }
    }

    /// Makes a shelf that outlives a power cut, before anything is put there.
    fn make(&self, shelf: &Path) -> io::Result<()> {
        let name = shelf.file_name().unwrap_or_default().to_string_lossy();
        let mut made = self.made.lock();
        if !made.contains(name.as_ref()) {
            match file::make_folder(shelf) {
                // All that were there at the start are durable.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => made.insert(name.into_owned()),
            };
        }
        Ok(())
    }
}

impl Disk {
    /// Opens what lies in the folder; `buckets` are those that are there.
    pub(super) fn open(folder: &Path, buckets: Vec<load::FoundBucket>) -> io::Result<Disk> {
        let shelves = Arc::new(Shelves::new(folder));
        let buckets = buckets
            .into_iter()
            .map(|found| (found.name, Bucket::new(found.created)));
        Ok(Disk {
            index: Index::open(shelves.clone())?,
            shelves,
            buckets: RwLock::new(buckets.collect()),
            changing: Mutex::default(),
            drafts: AtomicU64::new(0),
        })
    }

    pub(super) fn folder(&self, bucket: &str) -> PathBuf {
        self.shelves.bucket(bucket)
    }

    /// Makes the index durable; nothing can be changed afterwards.
    pub(super) fn close(&self) {
        self.index.close();
    }

    fn buckets(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Bucket>>> {
        self.buckets.read()
    }

    fn bucket(&self, name: &str) -> Result<Arc<Bucket>, BucketError> {
        self.buckets()
            .get(name)
            .cloned()
            .ok_or(BucketError::NoSuchBucket)
    }

    pub(super) fn names(&self) -> Vec<(String, Timestamp)> {
        self.buckets()
            .iter()
            .map(|(name, bucket)| (name.clone(), bucket.created))
            .collect()
    }

    pub(super) fn has(&self, bucket: &str) -> bool {
        self.buckets().contains_key(bucket)
    }

    pub(super) fn create(&self, name: &str) -> Result<(), BucketError> {
        let _changing = self.changing.lock();
        if self.has(name) {
            return Err(BucketError::AlreadyOwned);
        }
        match file::make_folder(&self.shelves.bucket(name)) {
            // The disk was full at the start.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(self.shelves.folder())?;
                self.shelves
                    .folder()
                    .parent()
                    .map_or(Ok(()), file::sync_folder)?;
                file::make_folder(&self.shelves.bucket(name))?;
            }
            made => made?,
        }
        let bucket = Bucket::new(Timestamp::wall());
        self.buckets.write().insert(name.to_owned(), bucket);
        Ok(())
    }

    pub(super) fn delete(&self, name: &str) -> Result<(), BucketError> {
        let _changing = self.changing.lock();
        let bucket = self.bucket(name)?;
        let mut gone = bucket.gone.write();
        if self.shelves.hold_any(name)? {
            return Err(BucketError::NotEmpty);
        }
        fs::remove_dir_all(self.shelves.bucket(name))?;
        file::sync_folder(self.shelves.folder())?;
        self.index.forget_bucket(name);
        *gone = true;
        self.buckets.write().remove(name);
        Ok(())
    }

    /// The object under a key.
    pub(super) fn get(&self, bucket: &str, key: &str) -> Result<Arc<Object>, BucketError> {
        let (head, place) = self.open_file(bucket, key, file::read_head)?;
        Ok(Arc::new(Object {
            head,
            body: StoredBody::File(place.file),
        }))
    }

    /// The object under a key, with its body. Both are of one file, so they belong together.
    pub(super) fn open_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<(Arc<Object>, Stored), BucketError> {
        let ((head, stored), place) = self.open_file(bucket, key, Stored::open)?;
        stored.verify_first_format(&head)?;
        Ok((
            Arc::new(Object {
                head,
                body: StoredBody::File(place.file),
            }),
            stored,
        ))
    }

    fn open_file<T>(
        &self,
        bucket: &str,
        key: &str,
        open: impl Fn(&Path) -> io::Result<T>,
    ) -> Result<(T, Place), BucketError>
    where
        T: HasHead,
    {
        self.bucket(bucket)?;
        let place = self.shelves.place(bucket, key);
        let opened = match open(&place.file) {
            // One that the index shows is lost, unless it was removed this moment.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && self.index.has(bucket, key) =>
            {
                let _lock = self.shelves.lock(&place);
                match open(&place.file) {
                    Err(error)
                        if error.kind() == io::ErrorKind::NotFound
                            && self.index.has(bucket, key) =>
                    {
                        Err(file::damaged("it is gone"))
                    }
                    opened => opened,
                }
            }
            opened => opened,
        };
        let other = || file::damaged("it holds an object with another key");
        let opened = opened.and_then(|opened| {
            if opened.head().key == key {
                Ok(opened)
            } else {
                Err(other())
            }
        });
        match opened {
            Ok(opened) => Ok((opened, place)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BucketError::NoSuchKey),
            Err(error) => {
                static LINES: OncePerMinuteEach = OncePerMinuteEach::new();
                let file = place.file.display().to_string();
                if LINES.is_due(&file, Timestamp::now()) {
                    tracing::error!("object {key:?} of bucket {bucket:?}, {file}: {error}");
                }
                Err(error.into())
            }
        }
    }

    /// One page of a listing.
    pub(super) fn page(
        &self,
        bucket: &str,
        query: &Query,
    ) -> Result<Page<Arc<Object>>, BucketError> {
        self.bucket(bucket)?;
        self.index
            .wait_until_ready()
            .map_err(BucketError::Rebuilding)?;
        let object = |head: Head| {
            let place = self.shelves.place(bucket, &head.key);
            (
                head.key.clone(),
                Arc::new(Object {
                    head,
                    body: StoredBody::File(place.file),
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
        // What is damaged is being built anew now.
        page.map_err(|error| match error {
            BucketError::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                BucketError::Rebuilding(None)
            }
            error => error,
        })
    }

    /// Removes objects; one that is not there is no error. They share their syncs.
    pub(super) fn remove(
        &self,
        bucket: &str,
        keys: &[(String, Condition)],
    ) -> Vec<Result<(), BucketError>> {
        match self.try_remove(bucket, keys) {
            Ok(results) => results,
            Err(error) => keys.iter().map(|_| Err(error.again())).collect(),
        }
    }

    fn try_remove(
        &self,
        bucket: &str,
        keys: &[(String, Condition)],
    ) -> Result<Vec<Result<(), BucketError>>, BucketError> {
        let open = self.bucket(bucket)?;
        let begin = |key: &str| {
            let place = self.shelves.place(bucket, key);
            let is_there = place.file.exists() || self.index.has(bucket, key);
            (is_there.then(|| self.index.begin(bucket, key)), place)
        };
        let begun: Vec<_> = keys.iter().map(|(key, _)| begin(key)).collect();
        begun
            .iter()
            .filter_map(|(change, _)| change.as_ref())
            .try_for_each(Change::wait)?;
        let _open = open.enter()?;
        let removed =
            begun
                .iter()
                .zip(keys)
                .map(|((change, place), (key, condition))| match change {
                    None => condition.check(None),
                    Some(change) => self.take_away(bucket, key, condition, place, change),
                });
        let mut results: Vec<_> = removed.collect();
        // Also of what was not there: somebody may have removed it this moment, and not be answered
        // yet.
        let shelves: BTreeSet<&PathBuf> = begun.iter().map(|(_, place)| &place.shelf).collect();
        for shelf in shelves {
            let Err(error) = sync_shelf(shelf).map_err(BucketError::from) else {
                continue;
            };
            let of_shelf = results
                .iter_mut()
                .zip(&begun)
                .filter(|(_, (_, place))| place.shelf == *shelf);
            of_shelf.for_each(|(result, _)| *result = Err(error.again()));
        }
        Ok(results)
    }

    fn take_away(
        &self,
        bucket: &str,
        key: &str,
        condition: &Condition,
        place: &Place,
        change: &Change<'_>,
    ) -> Result<(), BucketError> {
        let _lock = self.shelves.lock(place);
        check(condition, place)?;
        match fs::remove_file(&place.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => {
                change.removed(bucket, key);
                Ok(())
            }
        }
    }

    /// Starts an object; its body is written piece by piece.
    pub(super) fn draft(&self) -> io::Result<Draft> {
        let number = self.drafts.fetch_add(1, Ordering::Relaxed);
        let folder = self.shelves.folder().join(DRAFTS);
        let path = folder.join(number.to_string());
        match Draft::in_file(path.clone()) {
            // The disk was full at the start.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&folder)?;
                Draft::in_file(path)
            }
            draft => draft,
        }
    }

    /// Ends a draft and puts it under its key, in place of what was there.
    pub(super) fn put(&self, put: Put<'_>, mut draft: Draft) -> Result<Arc<Object>, BucketError> {
        let Put {
            bucket,
            key,
            headers,
            condition,
            modified,
        } = put;
        let open = self.bucket(bucket)?;
        let place = self.shelves.place(bucket, key);
        // The log is synced while the body is.
        let change = self.index.begin(bucket, key);
        let head = draft.finish(key, headers, modified)?;
        change.wait()?;
        let _open = open.enter()?;
        open.make(&place.shelf)?;
        let object = {
            let _lock = self.shelves.lock(&place);
            check(condition, &place)?;
            let object = Arc::new(Object {
                head,
                body: draft.keep(Some(&place.file))?,
            });
            change.put(bucket, &object.head)?;
            object
        };
        file::sync_folder(&place.shelf)?;
        Ok(object)
    }
}

/// What is read of a file.
trait HasHead {
    fn head(&self) -> &Head;
}

impl HasHead for Head {
    fn head(&self) -> &Head {
        self
    }
}

impl HasHead for (Head, Stored) {
    fn head(&self) -> &Head {
        &self.0
    }
}

/// Judges what is at a place, when a condition asks for it.
fn check(condition: &Condition, place: &Place) -> Result<(), BucketError> {
    match condition {
        Condition::Always => Ok(()),
        condition => condition.check(shelves::present(place)?.as_ref()),
    }
}

/// Makes removals durable.
fn sync_shelf(shelf: &Path) -> io::Result<()> {
    match file::sync_folder(shelf) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        synced => synced,
    }
}
