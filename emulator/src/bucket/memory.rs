//! Objects in memory, for a program that keeps nothing on disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use kit::lock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use kit::time::Timestamp;

use super::condition::Condition;
use super::listing::{self, Page, Query};
use super::objects::{BucketError, Object};

/// All buckets.
#[derive(Debug, Default)]
pub(super) struct Memory(RwLock<BTreeMap<String, Bucket>>);

#[derive(Debug)]
struct Bucket {
    created: Timestamp,
    objects: BTreeMap<String, Arc<Object>>,
}

impl Memory {
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Bucket>> {
        self.0.read()
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Bucket>> {
        self.0.write()
    }

    pub(super) fn names(&self) -> Vec<(String, Timestamp)> {
        self.read()
            .iter()
            .map(|(name, bucket)| (name.clone(), bucket.created))
            .collect()
    }

    pub(super) fn has(&self, bucket: &str) -> bool {
        self.read().contains_key(bucket)
    }

    pub(super) fn create(&self, name: &str) -> Result<(), BucketError> {
        let mut buckets = self.write();
        if buckets.contains_key(name) {
            return Err(BucketError::AlreadyOwned);
        }
        buckets.insert(
            name.to_owned(),
            Bucket {
                created: Timestamp::wall(),
                objects: BTreeMap::new(),
            },
        );
        Ok(())
    }

    pub(super) fn delete(&self, name: &str) -> Result<(), BucketError> {
        let mut buckets = self.write();
        if !buckets
            .get(name)
            .ok_or(BucketError::NoSuchBucket)?
            .objects
            .is_empty()
        {
            return Err(BucketError::NotEmpty);
        }
        buckets.remove(name);
        Ok(())
    }

    pub(super) fn get(&self, bucket: &str, key: &str) -> Result<Arc<Object>, BucketError> {
        let buckets = self.read();
        let object = buckets
            .get(bucket)
            .ok_or(BucketError::NoSuchBucket)?
            .objects
            .get(key)
            .cloned();
        object.ok_or(BucketError::NoSuchKey)
    }

    pub(super) fn page(
        &self,
        bucket: &str,
        query: &Query,
    ) -> Result<Page<Arc<Object>>, BucketError> {
        let buckets = self.read();
        let objects = &buckets
            .get(bucket)
            .ok_or(BucketError::NoSuchBucket)?
            .objects;
        let from = |bound| objects.range::<String, _>((bound, std::ops::Bound::Unbounded));
        listing::page(
            |bound| from(bound).map(|(key, object)| Ok((key.clone(), object.clone()))),
            query,
        )
    }

    pub(super) fn remove(
        &self,
        bucket: &str,
        key: &str,
        condition: &Condition,
    ) -> Result<(), BucketError> {
        let mut buckets = self.write();
        let objects = &mut buckets
            .get_mut(bucket)
            .ok_or(BucketError::NoSuchBucket)?
            .objects;
        condition.check(objects.get(key).map(|object| &object.head))?;
        objects.remove(key);
        Ok(())
    }

    pub(super) fn put(
        &self,
        bucket: &str,
        object: Object,
        condition: &Condition,
    ) -> Result<Arc<Object>, BucketError> {
        let mut buckets = self.write();
        let objects = &mut buckets
            .get_mut(bucket)
            .ok_or(BucketError::NoSuchBucket)?
            .objects;
        condition.check(objects.get(&object.head.key).map(|object| &object.head))?;
        let object = Arc::new(object);
        objects.insert(object.head.key.clone(), object.clone());
        Ok(object)
    }
}
