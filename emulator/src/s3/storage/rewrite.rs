//! Door: new headers for a stored object. Its file is written again and replaces the old one.

use kit::time::Timestamp;

use super::buckets::Buckets;
use super::error::StorageError;
use super::object::Put;
use crate::s3::object::condition::WriteCondition;
use crate::s3::object::head::Headers;

impl Buckets {
    /// Changes the headers of an object. ETag, checksum and date stay. If another object is put
    /// meanwhile, the change is made to that one.
    pub(crate) fn rewrite(
        &self,
        bucket: &str,
        key: &str,
        change: impl Fn(&mut Headers),
    ) -> Result<(), StorageError> {
        loop {
            let object = self.get(bucket, key)?;
            let head = &object.head;
            let mut headers = head.headers.clone();
            change(&mut headers);
            let mut staged = self.stage()?;
            let (etag, checksum, parts) =
                (head.etag.clone(), head.checksum.clone(), head.parts.clone());
            match staged.join(std::slice::from_ref(&object), etag.clone(), checksum, parts) {
                // A put or a delete replaced or removed the file.
                Err(StorageError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                    continue;
                }
                joined => joined?,
            }
            let unchanged = WriteCondition::Read {
                etag,
                modified: head.modified,
            };
            let modified = Timestamp::from_millis(head.modified);
            match self.put_as_of(
                Put {
                    bucket,
                    key,
                    headers,
                    condition: &unchanged,
                    modified,
                },
                staged,
            ) {
                Err(StorageError::PreconditionFailed) => {}
                put => return put.map(|_| ()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_change_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [None, Some(folder.path())] {
            let buckets = Buckets::open(folder, "r").unwrap();
            buckets.create("b").unwrap();
            let mut staged = buckets.stage().unwrap();
            staged.write(b"body").unwrap();
            let old = Timestamp::from_millis(1_000_000);
            let headers = Headers::default();
            let put = Put {
                bucket: "b",
                key: "k",
                headers,
                condition: &WriteCondition::Always,
                modified: old,
            };
            buckets.put_as_of(put, staged).unwrap();
            let before = buckets.get("b", "k").unwrap().head.clone();
            buckets
                .rewrite("b", "k", |headers| {
                    headers.tags = vec![("a".into(), "1".into())];
                })
                .unwrap();
            let after = buckets.get("b", "k").unwrap().head.clone();
            assert_eq!(after.headers.tags, [("a".into(), "1".into())]);
            assert_eq!(
                (after.etag, after.modified, after.size),
                (before.etag, before.modified, before.size)
            );
            assert!(matches!(
                buckets.rewrite("b", "absent", |_| ()),
                Err(StorageError::NoSuchKey)
            ));
        }
        let again = Buckets::open(Some(folder.path()), "r").unwrap();
        assert_eq!(again.get("b", "k").unwrap().head.headers.tags.len(), 1);
    }
}
