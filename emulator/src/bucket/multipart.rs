//! Door: multipart uploads. An upload is a folder in its bucket's folder: a head, and a file for
//! each part. Each is durable before it is answered for, so an upload goes on after a restart.
//! Completing it joins the parts into one new object.

mod asked;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;
use uuid::Uuid;

use super::checksum::{Algorithm, Checksum, Kind};
use super::draft::Draft;
use super::file::{self, Head, Headers, Part};
use super::objects::{BucketError, Buckets, Object};
use asked::{check_kinds, check_whole, chosen, joined_etag};

pub(super) use asked::{AskedPart, AskedWhole};

/// The uploads of a bucket, in its folder. No shelf's name begins with a dot.
pub(super) const UPLOADS: &str = ".uploads";

/// The file that says what an upload is for.
pub(super) const HEAD: &str = "head";

/// An upload that was not completed by then ends, so that forgotten ones do not fill the disk. In
/// S3, a lifecycle rule says so, and seven days is what its guide recommends.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Uploads that were begun, by id.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<BTreeMap<String, Upload>>);

/// One upload.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub bucket: String,
    pub key: String,
    pub started: Timestamp,
    /// What the object's checksum shall be; its value is empty.
    pub checksum: Option<Checksum>,
    /// By their numbers; a part that is sent again replaces the earlier one.
    pub parts: BTreeMap<i32, Arc<Object>>,
    pub headers: Headers,
}

impl Upload {
    /// An upload as it was read from its folder.
    pub(super) fn loaded(bucket: &str, head: Head, files: Vec<Object>) -> Upload {
        // The head is named by no number.
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
    pub(super) fn new(open: BTreeMap<String, Upload>) -> Uploads {
        Uploads(Mutex::new(open))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.0.lock()
    }

    /// The bucket is gone, and its folder with it.
    pub(super) fn forget_bucket(&self, bucket: &str) {
        self.lock().retain(|_, upload| upload.bucket != bucket);
    }
}

impl Buckets {
    /// Begins an upload. Returns its id.
    pub(super) fn begin_upload(
        &self,
        bucket: &str,
        key: &str,
        headers: Headers,
        checksum: Option<Checksum>,
    ) -> Result<String, BucketError> {
        self.exists(bucket)?;
        let started = Timestamp::now();
        self.end_old_uploads(started)?;
        let id = Uuid::new_v4().simple().to_string();
        if let Some(folder) = self.upload_folder(bucket, &id) {
            let head = Head {
                key: key.to_owned(),
                modified: started.as_millis(),
                ..Head::default()
            };
            write_head(
                &folder,
                &Head {
                    headers: headers.clone(),
                    checksum: checksum.clone(),
                    ..head
                },
            )?;
        }
        let (bucket, key, parts) = (bucket.to_owned(), key.to_owned(), BTreeMap::new());
        self.uploads().lock().insert(
            id.clone(),
            Upload {
                bucket,
                key,
                started,
                checksum,
                parts,
                headers,
            },
        );
        Ok(id)
    }

    /// The present state of an upload.
    pub(super) fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, BucketError> {
        let open = self.uploads().lock();
        let upload = open
            .get(id)
            .filter(|upload| upload.bucket == bucket && upload.key == key);
        upload.cloned().ok_or(BucketError::NoSuchUpload)
    }

    /// Every open upload of a bucket with its id, in the order of their keys.
    pub(super) fn open_uploads(&self, bucket: &str) -> Result<Vec<(String, Upload)>, BucketError> {
        self.exists(bucket)?;
        let open = self.uploads().lock();
        let of_bucket = open.iter().filter(|(_, upload)| upload.bucket == bucket);
        let mut found: Vec<_> = of_bucket
            .map(|(id, upload)| (id.clone(), upload.clone()))
            .collect();
        found.sort_by(|(_, left), (_, right)| {
            (&left.key, left.started).cmp(&(&right.key, right.started))
        });
        Ok(found)
    }

    /// Keeps a part.
    pub(super) fn add_part(
        &self,
        bucket: &str,
        id: &str,
        number: i32,
        mut draft: Draft,
    ) -> Result<Arc<Object>, BucketError> {
        if !(1..=10_000).contains(&number) {
            return Err(BucketError::PartNumber);
        }
        let head = draft.finish("", Headers::default(), Timestamp::wall())?;
        let folder = self.upload_folder(bucket, id);
        let path = folder
            .as_ref()
            .map(|folder| folder.join(number.to_string()));
        let part = {
            let mut open = self.uploads().lock();
            let upload = open.get_mut(id).ok_or(BucketError::NoSuchUpload)?;
            let part = Arc::new(Object {
                head,
                body: draft.keep(path.as_deref())?,
            });
            upload.parts.insert(number, part.clone());
            part
        };
        folder.as_deref().map_or(Ok(()), file::sync_folder)?;
        Ok(part)
    }

    /// Ends an upload and drops its parts. `started` is when it must have been begun, in seconds.
    pub(super) fn abort_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        started: Option<i64>,
    ) -> Result<(), BucketError> {
        let upload = self.upload(bucket, key, id)?;
        let begun = i64::try_from(upload.started.as_secs()).ok();
        if started.is_some() && started != begun {
            return Err(BucketError::PreconditionFailed);
        }
        self.take_upload(bucket, key, id)?;
        Ok(self.remove_upload(bucket, id)?)
    }

    /// Makes an object of the parts that `asked` names. Meanwhile the upload is not open, so no
    /// part can change; it is open again when nothing came of it.
    pub(super) fn complete_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        asked: &AskedWhole,
    ) -> Result<Arc<Object>, BucketError> {
        let upload = self.take_upload(bucket, key, id)?;
        match self.join(&upload, asked) {
            Ok(object) => {
                self.remove_upload(bucket, id)?;
                Ok(object)
            }
            Err(error) => {
                self.uploads().lock().insert(id.to_owned(), upload);
                Err(error)
            }
        }
    }

    fn join(&self, upload: &Upload, asked: &AskedWhole) -> Result<Arc<Object>, BucketError> {
        // As S3 does since 2024: an upload that named no checksum gets one.
        let usual = Checksum {
            algorithm: Algorithm::Crc64Nvme,
            kind: Kind::FullObject,
            value: String::new(),
        };
        let shape = upload.checksum.as_ref().unwrap_or(&usual);
        check_kinds(upload, asked)?;
        let parts = chosen(upload, &asked.parts)?;
        let composite = match shape.kind {
            Kind::Composite => Checksum::composite(
                shape.algorithm,
                parts.iter().map(|part| part.head.checksum.as_ref()),
            ),
            Kind::FullObject => None,
        };
        let mut draft = self
            .draft()?
            .summing((shape.kind == Kind::FullObject).then_some(shape.algorithm));
        let shown = asked.parts.iter().zip(&parts).map(|(asked, part)| Part {
            number: asked.number,
            size: part.head.size,
            // The checksums of parts are shown when the upload asked for them.
            checksum: part
                .head
                .checksum
                .clone()
                .filter(|_| upload.checksum.is_some()),
        });
        draft.join(&parts, joined_etag(&parts), composite, shown.collect())?;
        check_whole(&parts, asked, draft.checksum())?;
        self.put(
            &upload.bucket,
            &upload.key,
            upload.headers.clone(),
            draft,
            &asked.condition,
        )
    }

    fn take_upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, BucketError> {
        self.upload(bucket, key, id)?;
        self.uploads()
            .lock()
            .remove(id)
            .ok_or(BucketError::NoSuchUpload)
    }

    /// Time was not counted before `since`: uploads that were begun earlier are as old as that.
    pub fn count_uploads_from(&self, since: Timestamp) {
        let mut open = self.uploads().lock();
        open.values_mut()
            .for_each(|upload| upload.started = upload.started.max(since).min(Timestamp::now()));
    }

    fn end_old_uploads(&self, now: Timestamp) -> io::Result<()> {
        let is_old = |upload: &Upload| upload.started + LONGEST < now;
        let old: Vec<(String, Upload)> = self
            .uploads()
            .lock()
            .extract_if(.., |_, upload| is_old(upload))
            .collect();
        old.iter()
            .try_for_each(|(id, upload)| self.remove_upload(&upload.bucket, id))
    }

    fn remove_upload(&self, bucket: &str, id: &str) -> io::Result<()> {
        let Some(folder) = self.upload_folder(bucket, id) else {
            return Ok(());
        };
        fs::remove_dir_all(&folder)?;
        folder.parent().map_or(Ok(()), file::sync_folder)
    }

    fn upload_folder(&self, bucket: &str, id: &str) -> Option<PathBuf> {
        Some(self.folder(bucket)?.join(UPLOADS).join(id))
    }
}

/// Makes an upload's folder with its head, durable.
fn write_head(folder: &std::path::Path, head: &Head) -> io::Result<()> {
    let uploads = folder.parent().unwrap_or(folder);
    match file::make_folder(uploads) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => file::make_folder(folder)?,
    }
    let written = fs::File::create_new(folder.join(HEAD))
        .and_then(|mut file| file::finish(&mut file, &[], head));
    let written = written.and_then(|()| file::sync_folder(folder));
    if written.is_err() && fs::remove_dir_all(folder).is_err() {
        tracing::debug!("{} stays behind", folder.display());
    }
    written
}

#[cfg(test)]
mod tests {
    use super::asked::SMALLEST_PART;
    use super::*;
    use crate::bucket::objects::StoredBody;

    fn part(buckets: &Buckets, id: &str, number: i32, body: &[u8]) -> AskedPart {
        let mut draft = buckets.draft().unwrap();
        draft.write(body).unwrap();
        let etag = buckets
            .add_part("b", id, number, draft)
            .unwrap()
            .head
            .etag
            .clone();
        AskedPart {
            number,
            etag,
            checksum: None,
        }
    }

    fn begin(buckets: &Buckets) -> String {
        buckets
            .begin_upload("b", "k", Headers::default(), None)
            .unwrap()
    }

    fn complete(
        buckets: &Buckets,
        id: &str,
        asked: &[AskedPart],
    ) -> Result<Arc<Object>, BucketError> {
        buckets.complete_upload(
            "b",
            "k",
            id,
            &AskedWhole {
                parts: asked.to_vec(),
                ..AskedWhole::default()
            },
        )
    }

    #[test]
    fn parts_are_joined_in_order_on_disk_and_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [None, Some(folder.path())] {
            let buckets = Buckets::open(folder, "r").unwrap();
            buckets.create("b").unwrap();
            let id = begin(&buckets);
            let last = part(&buckets, &id, 7, b"end");
            part(&buckets, &id, 2, b"replaced");
            let first = part(&buckets, &id, 2, &vec![b'x'; SMALLEST_PART as usize]);
            let backwards = complete(&buckets, &id, &[last.clone(), first.clone()]);
            assert!(matches!(backwards, Err(BucketError::InvalidPartOrder)));
            let wrong = AskedPart {
                etag: "x".into(),
                ..last.clone()
            };
            assert!(matches!(
                complete(&buckets, &id, &[wrong]),
                Err(BucketError::InvalidPart)
            ));
            let small = part(&buckets, &id, 1, b"small");
            assert!(matches!(
                complete(&buckets, &id, &[small, last.clone()]),
                Err(BucketError::PartTooSmall)
            ));
            let object = complete(&buckets, &id, &[first, last]).unwrap();
            assert_eq!(object.head.size, SMALLEST_PART + 3);
            assert!(object.head.etag.ends_with("-2"));
            let body = match &object.body {
                StoredBody::Memory(bytes) => bytes.to_vec(),
                StoredBody::File(path) => fs::read(path).unwrap(),
            };
            assert!(body[SMALLEST_PART as usize..].starts_with(b"end"));
            assert!(matches!(
                buckets.upload("b", "k", &id),
                Err(BucketError::NoSuchUpload)
            ));
        }
        assert_eq!(
            fs::read_dir(folder.path().join(".drafts")).unwrap().count(),
            0
        );
        assert_eq!(
            fs::read_dir(folder.path().join("b").join(UPLOADS))
                .unwrap()
                .count(),
            0,
            "the parts are gone"
        );
    }

    #[test]
    fn an_upload_goes_on_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Buckets::open(Some(folder.path()), "r").unwrap();
        let buckets = open();
        buckets.create("b").unwrap();
        let headers = Headers {
            content_type: Some("text/x".into()),
            ..Headers::default()
        };
        let id = buckets.begin_upload("b", "k", headers, None).unwrap();
        let first = part(&buckets, &id, 1, &vec![b'x'; SMALLEST_PART as usize]);
        drop(buckets);
        let buckets = open();
        let last = part(&buckets, &id, 2, b"end");
        drop(buckets);
        let buckets = open();
        assert_eq!(buckets.open_uploads("b").unwrap().len(), 1);
        let object = complete(&buckets, &id, &[first, last]).unwrap();
        assert_eq!(object.head.size, SMALLEST_PART + 3);
        assert_eq!(
            open()
                .get("b", "k")
                .unwrap()
                .head
                .headers
                .content_type
                .as_deref(),
            Some("text/x")
        );
        assert_eq!(open().open_uploads("b").unwrap().len(), 0);
    }

    #[test]
    fn aborted_uploads_and_old_ones_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let buckets = Buckets::open(Some(folder.path()), "r").unwrap();
        buckets.create("b").unwrap();
        let left = || {
            fs::read_dir(folder.path().join("b").join(UPLOADS))
                .unwrap()
                .count()
        };
        let (aborted, old) = (begin(&buckets), begin(&buckets));
        part(&buckets, &aborted, 1, b"x");
        part(&buckets, &old, 1, b"x");
        assert!(matches!(
            buckets.abort_upload("b", "other", &aborted, None),
            Err(BucketError::NoSuchUpload)
        ));
        buckets.abort_upload("b", "k", &aborted, None).unwrap();
        assert_eq!((left(), buckets.open_uploads("b").unwrap().len()), (1, 1));
        buckets.end_old_uploads(Timestamp::now()).unwrap();
        assert_eq!(left(), 1);
        buckets
            .end_old_uploads(Timestamp::now() + LONGEST + Duration::from_secs(1))
            .unwrap();
        assert_eq!((left(), buckets.open_uploads("b").unwrap().len()), (0, 0));
    }

    #[test]
    fn uploads_go_with_their_bucket() {
        let buckets = Buckets::open(None, "r").unwrap();
        buckets.create("b").unwrap();
        let id = begin(&buckets);
        buckets.delete("b").unwrap();
        buckets.create("b").unwrap();
        assert!(matches!(
            buckets.upload("b", "k", &id),
            Err(BucketError::NoSuchUpload)
        ));
    }
}
