//! Objects in memory, for a program that keeps nothing on disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use kit::lock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use kit::time::Timestamp;

use super::error::StorageError;
use super::listing::{self, ListPage, ListQuery};
use super::object::Object;
use crate::s3::object::condition::WriteCondition;

/// All buckets.
#[derive(Debug, Default)]
pub(crate) struct Memory(RwLock<BTreeMap<String, MemoryBucket>>);

#[derive(Debug)]
struct MemoryBucket {
    created: Timestamp,
    objects: BTreeMap<String, Arc<Object>>,
}

impl Memory {
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, MemoryBucket>> {
        self.0.read()
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, MemoryBucket>> {
        self.0.write()
    }

    pub(crate) fn names(&self) -> Vec<(String, Timestamp)> {
        self.read()
            .iter()
            .map(|(name, bucket)| (name.clone(), bucket.created))
            .collect()
    }

    pub(crate) fn has(&self, bucket: &str) -> bool {
        self.read().contains_key(bucket)
    }

    pub(crate) fn create(&self, name: &str) -> Result<(), StorageError> {
        let mut buckets = self.write();
        if buckets.contains_key(name) {
            return Err(StorageError::AlreadyOwned);
        }
        buckets.insert(
            name.to_owned(),
            MemoryBucket {
                created: Timestamp::wall(),
                objects: BTreeMap::new(),
            },
        );
        Ok(())
    }

    pub(crate) fn delete(&self, name: &str) -> Result<(), StorageError> {
        let mut buckets = self.write();
        if !buckets
            .get(name)
            .ok_or(StorageError::NoSuchBucket)?
            .objects
            .is_empty()
        {
            return Err(StorageError::NotEmpty);
        }
        buckets.remove(name);
        Ok(())
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Result<Arc<Object>, StorageError> {
        let buckets = self.read();
        let object = buckets
            .get(bucket)
            .ok_or(StorageError::NoSuchBucket)?
            .objects
            .get(key)
            .cloned();
        object.ok_or(StorageError::NoSuchKey)
    }

    pub(crate) fn page(
        &self,
        bucket: &str,
        query: &ListQuery,
    ) -> Result<ListPage<Arc<Object>>, StorageError> {
        let buckets = self.read();
        let objects = &buckets
            .get(bucket)
            .ok_or(StorageError::NoSuchBucket)?
            .objects;
        let from = |bound| objects.range::<String, _>((bound, std::ops::Bound::Unbounded));
        listing::page(
            |bound| from(bound).map(|(key, object)| Ok((key.clone(), object.clone()))),
            query,
        )
    }

    pub(crate) fn remove(
        &self,
        bucket: &str,
        key: &str,
        condition: &WriteCondition,
    ) -> Result<(), StorageError> {
        let mut buckets = self.write();
        let objects = &mut buckets
            .get_mut(bucket)
            .ok_or(StorageError::NoSuchBucket)?
            .objects;
        condition.check(objects.get(key).map(|object| &object.head))?;
        objects.remove(key);
        Ok(())
    }

    pub(crate) fn put(
        &self,
        bucket: &str,
        object: Object,
        condition: &WriteCondition,
    ) -> Result<Arc<Object>, StorageError> {
        let mut buckets = self.write();
        let objects = &mut buckets
            .get_mut(bucket)
            .ok_or(StorageError::NoSuchBucket)?
            .objects;
        condition.check(objects.get(&object.head.key).map(|object| &object.head))?;
        let object = Arc::new(object);
        objects.insert(object.head.key.clone(), object.clone());
        Ok(object)
    }
}
