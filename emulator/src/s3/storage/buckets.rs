//! Buckets and objects, [on disk](super::disk) or [in memory](super::memory). On disk, every change
//! is durable before its response.

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kit::time::Timestamp;

use super::disk::Disk;
use super::error::StorageError;
use super::listing::{ListPage, ListQuery};
use super::load;
use super::memory::Memory;
use super::object::{Object, ObjectBody, OpenBody, Put};
use super::setting::SettingsCache;
use super::staging::StagedObject;
use super::upload::Uploads;
use crate::memory::Gauge;
use crate::s3::object::condition::WriteCondition;
use crate::s3::object::head::Headers;

/// All buckets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Buckets {
    shared: Arc<BucketsInner>,
}

#[derive(Debug)]
struct BucketsInner {
    region: String,
    backend: Backend,
    uploads: Uploads,
    settings: SettingsCache,
    gauge: Gauge,
    /// Why every request is refused.
    shut: Option<String>,
}

#[derive(Debug)]
enum Backend {
    Memory(Memory),
    Disk(Box<Disk>),
}

impl Buckets {
    /// Opens the buckets in `folder`, which is created if needed; `None` keeps everything in
    /// memory. Opening needs no space, so it works on a full disk, and no longer with many objects:
    /// their index is on disk, and while it is built or repaired, everything but listings works.
    ///
    /// # Errors The folder cannot be created or read.
    pub fn open(folder: Option<&Path>, region: &str) -> io::Result<Buckets> {
        Buckets::open_within(folder, region, Gauge::default())
    }

    /// The same, with the memory of objects counted by `gauge`.
    ///
    /// # Errors
    /// As [`Buckets::open`].
    pub fn open_within(folder: Option<&Path>, region: &str, gauge: Gauge) -> io::Result<Buckets> {
        let (backend, uploads) = match folder {
            None => (Backend::Memory(Memory::default()), Uploads::default()),
            Some(folder) => {
                let loaded = load::load(folder)?;
                let disk = Disk::open(folder, loaded.buckets)?;
                (Backend::Disk(Box::new(disk)), Uploads::new(loaded.uploads))
            }
        };
        Ok(Buckets::of(region, backend, uploads, gauge, None))
    }

    /// Buckets that cannot be opened: every request gets 503 with the reason.
    pub fn shut(reason: String, region: &str) -> Buckets {
        Buckets::of(
            region,
            Backend::Memory(Memory::default()),
            Uploads::default(),
            Gauge::default(),
            Some(reason),
        )
    }

    fn of(
        region: &str,
        backend: Backend,
        uploads: Uploads,
        gauge: Gauge,
        shut: Option<String>,
    ) -> Buckets {
        let (region, settings) = (region.to_owned(), SettingsCache::default());
        Buckets {
            shared: Arc::new(BucketsInner {
                region,
                backend,
                uploads,
                settings,
                gauge,
                shut,
            }),
        }
    }

    /// Why every request is refused.
    pub(crate) fn reason_shut(&self) -> Option<&str> {
        self.shared.shut.as_deref()
    }

    /// Ends the work in the background, so that the next start has no objects to read again.
    /// Nothing can be changed afterwards.
    pub fn close(&self) {
        if let Backend::Disk(disk) = &self.shared.backend {
            disk.close();
        }
    }

    pub(crate) fn region(&self) -> &str {
        &self.shared.region
    }

    pub(crate) fn uploads(&self) -> &Uploads {
        &self.shared.uploads
    }

    pub(crate) fn settings(&self) -> &SettingsCache {
        &self.shared.settings
    }

    /// Names and times of creation, in order.
    pub(crate) fn names(&self) -> Vec<(String, Timestamp)> {
        match &self.shared.backend {
            Backend::Memory(memory) => memory.names(),
            Backend::Disk(disk) => disk.names(),
        }
    }

    pub(crate) fn exists(&self, bucket: &str) -> Result<(), StorageError> {
        let found = match &self.shared.backend {
            Backend::Memory(memory) => memory.has(bucket),
            Backend::Disk(disk) => disk.has(bucket),
        };
        if found {
            Ok(())
        } else {
            Err(StorageError::NoSuchBucket)
        }
    }

    pub(crate) fn create(&self, name: &str) -> Result<(), StorageError> {
        // A bucket of this name may be being deleted: its settings must be forgotten first.
        let _changing = self.settings().lock_changes();
        match &self.shared.backend {
            Backend::Memory(memory) => memory.create(name),
            Backend::Disk(disk) => disk.create(name),
        }
    }

    pub(crate) fn delete(&self, name: &str) -> Result<(), StorageError> {
        let _changing = self.settings().lock_changes();
        match &self.shared.backend {
            Backend::Memory(memory) => memory.delete(name)?,
            Backend::Disk(disk) => disk.delete(name)?,
        }
        self.settings().known().remove(name);
        self.uploads().forget_bucket(name);
        Ok(())
    }

    /// The object under a key. Reads a file.
    pub(crate) fn get(&self, bucket: &str, key: &str) -> Result<Arc<Object>, StorageError> {
        match &self.shared.backend {
            Backend::Memory(memory) => memory.get(bucket, key),
            Backend::Disk(disk) => disk.get(bucket, key),
        }
    }

    /// The object under a key, with its body. Head and body belong together, whatever is put
    /// meanwhile.
    pub(crate) fn open_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<(Arc<Object>, OpenBody), StorageError> {
        match &self.shared.backend {
            Backend::Memory(memory) => {
                let object = memory.get(bucket, key)?;
                let ObjectBody::Memory(bytes) = &object.body else {
                    return Err(StorageError::NoSuchKey);
                };
                let body = OpenBody::Memory(bytes.clone());
                Ok((object, body))
            }
            Backend::Disk(disk) => disk
                .open_object(bucket, key)
                .map(|(object, body)| (object, OpenBody::File(body))),
        }
    }

    /// One page of a listing, passed to `show`. Heads have only what a listing shows: no headers,
    /// no tags, and no values of checksums. Reads files.
    pub(crate) fn list<T>(
        &self,
        bucket: &str,
        query: &ListQuery,
        show: impl FnOnce(ListPage<Arc<Object>>) -> T,
    ) -> Result<T, StorageError> {
        match &self.shared.backend {
            Backend::Memory(memory) => memory.page(bucket, query),
            Backend::Disk(disk) => disk.page(bucket, query),
        }
        .map(show)
    }

    /// Removes an object. A missing object is not an error.
    pub(crate) fn remove(
        &self,
        bucket: &str,
        key: &str,
        condition: &WriteCondition,
    ) -> Result<(), StorageError> {
        let removed = self.remove_all(bucket, &[(key.to_owned(), condition.clone())]);
        removed.into_iter().collect()
    }

    /// Removes objects, each with its own result.
    pub(crate) fn remove_all(
        &self,
        bucket: &str,
        keys: &[(String, WriteCondition)],
    ) -> Vec<Result<(), StorageError>> {
        match &self.shared.backend {
            Backend::Memory(memory) => keys
                .iter()
                .map(|(key, condition)| memory.remove(bucket, key, condition))
                .collect(),
            Backend::Disk(disk) => disk.remove(bucket, keys),
        }
    }

    /// Stages an object, whose body is then written piece by piece.
    pub(crate) fn stage(&self) -> Result<StagedObject, StorageError> {
        match &self.shared.backend {
            Backend::Memory(_) => Ok(StagedObject::in_memory(self.shared.gauge.reserve())),
            Backend::Disk(disk) => Ok(disk.stage()?),
        }
    }

    /// Completes a staged object and puts it under its key, replacing the present one.
    pub(crate) fn put(
        &self,
        bucket: &str,
        key: &str,
        headers: Headers,
        staged: StagedObject,
        condition: &WriteCondition,
    ) -> Result<Arc<Object>, StorageError> {
        self.put_as_of(
            Put {
                bucket,
                key,
                headers,
                condition,
                modified: Timestamp::wall(),
            },
            staged,
        )
    }

    /// The same, with a given time of modification.
    pub(crate) fn put_as_of(
        &self,
        put: Put<'_>,
        mut staged: StagedObject,
    ) -> Result<Arc<Object>, StorageError> {
        match &self.shared.backend {
            Backend::Memory(memory) => {
                let head = staged.finish(put.key, put.headers, put.modified)?;
                memory.put(
                    put.bucket,
                    Object {
                        head,
                        body: staged.keep(None)?,
                    },
                    put.condition,
                )
            }
            Backend::Disk(disk) => disk.put(put, staged),
        }
    }

    /// The folder of a bucket.
    pub(crate) fn folder(&self, bucket: &str) -> Option<PathBuf> {
        match &self.shared.backend {
            Backend::Memory(_) => None,
            Backend::Disk(disk) => Some(disk.folder(bucket)),
        }
    }
}
