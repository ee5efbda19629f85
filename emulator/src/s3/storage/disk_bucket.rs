//! A bucket on disk: whether it is deleted, and which of its shards are durable.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use kit::lock::{Mutex, RwLock, RwLockReadGuard};
use kit::time::Timestamp;

use super::error::StorageError;
use crate::s3::files::folders::make_folder;

/// A bucket.
#[derive(Debug)]
pub(super) struct DiskBucket {
    pub(super) created: Timestamp,
    /// Whether the bucket is deleted. Locked for reading while an object is put or removed, and for
    /// writing while the bucket's folder is checked and removed: no object is put into that folder
    /// meanwhile.
    pub(super) gone: RwLock<bool>,
    /// The shards that are durable.
    pub(super) made: Mutex<BTreeSet<String>>,
}

impl DiskBucket {
    pub(super) fn new(created: Timestamp) -> Arc<DiskBucket> {
        Arc::new(DiskBucket {
            created,
            gone: RwLock::new(false),
            made: Mutex::default(),
        })
    }

    /// Prevents the bucket from being deleted until the guard is dropped.
    pub(super) fn enter(&self) -> Result<RwLockReadGuard<'_, bool>, StorageError> {
        let gone = self.gone.read();
        if *gone {
            Err(StorageError::NoSuchBucket)
        } else {
            Ok(gone)
        }
    }

    /// Creates a durable shard before an object is put there.
    pub(super) fn make(&self, shard: &Path) -> io::Result<()> {
        let name = shard.file_name().unwrap_or_default().to_string_lossy();
        let mut made = self.made.lock();
        if !made.contains(name.as_ref()) {
            match make_folder(shard) {
                // A shard that existed at the start is durable.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => made.insert(name.into_owned()),
            };
        }
        Ok(())
    }
}
