//! Door: multipart uploads. A part is a draft set aside; completing an upload joins the parts into one new draft, which
//! becomes an object like any other. Uploads end with the process: only a completed one was promised to be durable.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kit::time::Timestamp;
use md5::{Digest as _, Md5};
use uuid::Uuid;

use super::draft::{Draft, Part};
use super::file::Headers;
use super::objects::{BucketError, Buckets, Condition, Object};

/// Bytes of every part but the last one, at least.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;

/// Uploads that may be open at once, so that forgotten ones do not pile up without end.
const MOST: usize = 1000;

/// Uploads that were begun, by id.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<BTreeMap<String, Upload>>);

/// One upload.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub bucket: String,
    pub key: String,
    pub started: Timestamp,
    /// By their numbers; a part that is sent again replaces the earlier one.
    pub parts: BTreeMap<i32, Arc<Part>>,
    headers: Headers,
}

impl Uploads {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buckets {
    /// Begins an upload. Returns its id.
    pub(super) fn begin_upload(&self, bucket: &str, key: &str, headers: Headers) -> Result<String, BucketError> {
        self.exists(bucket)?;
        let mut open = self.uploads().lock();
        if open.len() >= MOST {
            return Err(BucketError::TooManyUploads);
        }
        let id = Uuid::new_v4().simple().to_string();
        let (bucket, key, started) = (bucket.to_owned(), key.to_owned(), Timestamp::now());
        open.insert(id.clone(), Upload { bucket, key, started, parts: BTreeMap::new(), headers });
        Ok(id)
    }

    /// The present state of an upload.
    pub(super) fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, BucketError> {
        let open = self.uploads().lock();
        let upload = open.get(id).filter(|upload| upload.bucket == bucket && upload.key == key);
        upload.cloned().ok_or(BucketError::NoSuchUpload)
    }

    /// Every open upload of a bucket with its id, in the order of their keys.
    pub(super) fn open_uploads(&self, bucket: &str) -> Result<Vec<(String, Upload)>, BucketError> {
        self.exists(bucket)?;
        let open = self.uploads().lock();
        let of_bucket = open.iter().filter(|(_, upload)| upload.bucket == bucket);
        let mut found: Vec<_> = of_bucket.map(|(id, upload)| (id.clone(), upload.clone())).collect();
        found.sort_by(|(_, left), (_, right)| (&left.key, left.started).cmp(&(&right.key, right.started)));
        Ok(found)
    }

    /// Keeps a part. Returns its ETag.
    pub(super) fn add_part(&self, id: &str, number: i32, draft: Draft) -> Result<String, BucketError> {
        if !(1..=10_000).contains(&number) {
            return Err(BucketError::PartNumber);
        }
        let part = draft.set_aside();
        let etag = part.etag.clone();
        let mut open = self.uploads().lock();
        open.get_mut(id).ok_or(BucketError::NoSuchUpload)?.parts.insert(number, Arc::new(part));
        Ok(etag)
    }

    /// Ends an upload and drops its parts.
    pub(super) fn abort_upload(&self, bucket: &str, key: &str, id: &str) -> Result<(), BucketError> {
        self.upload(bucket, key, id)?;
        self.uploads().lock().remove(id);
        Ok(())
    }

    /// Makes an object of the parts that `asked` names, each by number and ETag.
    pub(super) fn complete_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        asked: &[(i32, String)],
        condition: &Condition,
    ) -> Result<Arc<Object>, BucketError> {
        let upload = self.upload(bucket, key, id)?;
        let parts = chosen(&upload, asked)?;
        let mut whole = self.draft()?;
        whole.join(&parts, joined_etag(&parts))?;
        let object = self.put(bucket, key, upload.headers, whole, condition)?;
        self.uploads().lock().remove(id);
        Ok(object)
    }
}

/// The parts that were asked for, when their order, ETags and sizes are right.
fn chosen(upload: &Upload, asked: &[(i32, String)]) -> Result<Vec<Arc<Part>>, BucketError> {
    if asked.is_empty() {
        return Err(BucketError::InvalidPart);
    }
    if !asked.is_sorted_by(|(left, _), (right, _)| left < right) {
        return Err(BucketError::InvalidPartOrder);
    }
    let find = |(number, etag): &(i32, String)| upload.parts.get(number).filter(|part| part.etag == *etag).cloned();
    let parts = asked.iter().map(find).collect::<Option<Vec<_>>>().ok_or(BucketError::InvalidPart)?;
    match parts[..parts.len() - 1].iter().all(|part| part.size >= SMALLEST_PART) {
        true => Ok(parts),
        false => Err(BucketError::PartTooSmall),
    }
}

/// The MD5 of the parts' MD5s, and how many there are: S3's ETag for objects that came in parts.
fn joined_etag(parts: &[Arc<Part>]) -> String {
    let digests = parts.iter().flat_map(|part| hex::decode(&part.etag).unwrap_or_default());
    format!("{}-{}", hex::encode(Md5::digest(digests.collect::<Vec<u8>>())), parts.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::objects::StoredBody;

    fn part(buckets: &Buckets, id: &str, number: i32, body: &[u8]) -> (i32, String) {
        let mut draft = buckets.draft().unwrap();
        draft.write(body).unwrap();
        (number, buckets.add_part(id, number, draft).unwrap())
    }

    #[test]
    fn parts_are_joined_in_order_on_disk_and_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [None, Some(folder.path())] {
            let buckets = Buckets::open(folder, "r").unwrap();
            buckets.create("b").unwrap();
            let id = buckets.begin_upload("b", "k", Headers::default()).unwrap();
            let last = part(&buckets, &id, 7, b"end");
            part(&buckets, &id, 2, b"replaced");
            let first = part(&buckets, &id, 2, &vec![b'x'; SMALLEST_PART as usize]);
            let complete = |asked: &[_]| buckets.complete_upload("b", "k", &id, asked, &Condition::Always);
            let backwards = complete(&[last.clone(), first.clone()]);
            assert!(matches!(backwards, Err(BucketError::InvalidPartOrder)));
            assert!(matches!(complete(&[(7, "x".into())]), Err(BucketError::InvalidPart)));
            let small = part(&buckets, &id, 1, b"small");
            assert!(matches!(complete(&[small, last.clone()]), Err(BucketError::PartTooSmall)));
            let object = complete(&[first, last]).unwrap();
            assert_eq!(object.head.size, SMALLEST_PART + 3);
            assert!(object.head.etag.ends_with("-2"));
            let body = match &object.body {
                StoredBody::Memory(bytes) => bytes.to_vec(),
                StoredBody::File(path) => std::fs::read(path).unwrap(),
            };
            assert!(body[SMALLEST_PART as usize..].starts_with(b"end"));
            assert!(matches!(buckets.upload("b", "k", &id), Err(BucketError::NoSuchUpload)));
        }
        let drafts = std::fs::read_dir(folder.path().join(".drafts")).unwrap();
        assert_eq!(drafts.count(), 0, "the parts are gone");
    }

    #[test]
    fn an_aborted_upload_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let buckets = Buckets::open(Some(folder.path()), "r").unwrap();
        buckets.create("b").unwrap();
        let id = buckets.begin_upload("b", "k", Headers::default()).unwrap();
        part(&buckets, &id, 1, b"x");
        assert!(matches!(buckets.abort_upload("b", "other", &id), Err(BucketError::NoSuchUpload)));
        buckets.abort_upload("b", "k", &id).unwrap();
        assert_eq!(std::fs::read_dir(folder.path().join(".drafts")).unwrap().count(), 0);
        assert_eq!(buckets.open_uploads("b").unwrap().len(), 0);
    }
}
