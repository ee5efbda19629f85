//! Multipart uploads that are not completed yet. An upload is a folder in the folder of its bucket:
//! a head, and one file for each part.

use std::collections::BTreeMap;
use std::sync::Arc;

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;

use super::object::Object;
use crate::s3::object::checksum::Checksum;
use crate::s3::object::head::{Head, Headers};

/// The folder of all uploads, in the folder of their bucket. No shard's name begins with a dot.
pub(crate) const UPLOADS: &str = ".uploads";

/// The file that describes an upload, in the upload's folder.
pub(crate) const HEAD: &str = "head";

/// The open uploads of all buckets, by id.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<String, Upload>>);

/// An open upload.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub bucket: String,
    pub key: String,
    pub started: Timestamp,
    /// The checksum that the object will have. Its value is empty.
    pub checksum: Option<Checksum>,
    /// Parts by number. A part that is sent again replaces the earlier one.
    pub parts: BTreeMap<i32, Arc<Object>>,
    pub headers: Headers,
}

impl Upload {
    /// An upload that was read from its folder.
    pub(crate) fn loaded(bucket: &str, head: Head, files: Vec<Object>) -> Upload {
        // The name of the head file is not a number.
        let number = |part: &Object| part.file_name()?.parse().ok();
        let parts = files
            .into_iter()
            .filter_map(|part| Some((number(&part)?, Arc::new(part))))
            .collect();
        Upload {
            bucket: bucket.to_owned(),
            key: head.key,
            started: Timestamp::from_millis(head.modified),
            checksum: head.checksum,
            parts,
            headers: head.headers,
        }
    }
}

impl Uploads {
    pub(crate) fn new(open: BTreeMap<String, Upload>) -> Uploads {
        Uploads(Mutex::new(open))
    }

    /// Locks the uploads of all buckets. No upload begins, ends or gains a part meanwhile.
    pub(crate) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.0.lock()
    }

    /// Forgets the uploads of a bucket whose folder is gone.
    pub(crate) fn forget_bucket(&self, bucket: &str) {
        self.lock().retain(|_, upload| upload.bucket != bucket);
    }
}
