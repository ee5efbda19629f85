//! Door: multipart uploads. The upload and each of its parts are durable before the client gets a
//! response, so an upload can be continued after a restart. Completing an upload joins its parts
//! into one new object.

pub(crate) mod completion;
pub(crate) mod listing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kit::time::Timestamp;
use uuid::Uuid;

use super::files::folders::{make_folder, sync_folder};
use super::files::format;
use super::object::algorithm::Algorithm;
use super::object::checksum::{Checksum, ChecksumKind};
use super::object::head::{Head, Headers, Part};
use super::storage::buckets::Buckets;
use super::storage::error::StorageError;
use super::storage::object::Object;
use super::storage::staging::StagedObject;
use super::storage::upload::{HEAD, UPLOADS, Upload};
use completion::{Completion, check_kinds, check_whole, chosen, joined_etag};

/// An upload that was not completed by then ends, so that forgotten ones do not fill the disk. In
/// S3, a lifecycle rule says so, and seven days is what its guide recommends.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Buckets {
    /// Begins an upload. Returns its id.
    pub(crate) fn begin_upload(
        &self,
        bucket: &str,
        key: &str,
        headers: Headers,
        checksum: Option<Checksum>,
    ) -> Result<String, StorageError> {
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
    pub(crate) fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, StorageError> {
        let open = self.uploads().lock();
        let upload = open
            .get(id)
            .filter(|upload| upload.bucket == bucket && upload.key == key);
        upload.cloned().ok_or(StorageError::NoSuchUpload)
    }

    /// Every open upload of a bucket with its id, in the order of their keys.
    pub(crate) fn open_uploads(&self, bucket: &str) -> Result<Vec<(String, Upload)>, StorageError> {
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
    pub(crate) fn add_part(
        &self,
        bucket: &str,
        id: &str,
        number: i32,
        mut staged: StagedObject,
    ) -> Result<Arc<Object>, StorageError> {
        if !(1..=10_000).contains(&number) {
            return Err(StorageError::PartNumber);
        }
        let head = staged.finish("", Headers::default(), Timestamp::wall())?;
        let folder = self.upload_folder(bucket, id);
        let path = folder
            .as_ref()
            .map(|folder| folder.join(number.to_string()));
        let part = {
            // The file is renamed under the lock: a part must not replace the file of another while
            // the upload is being completed, nor land in a folder that is being removed. A rename
            // waits for no disk; the sync follows without the lock.
            let mut open = self.uploads().lock();
            let upload = open.get_mut(id).ok_or(StorageError::NoSuchUpload)?;
            let part = Arc::new(Object {
                head,
                body: staged.keep(path.as_deref())?,
            });
            upload.parts.insert(number, part.clone());
            part
        };
        folder.as_deref().map_or(Ok(()), sync_folder)?;
        Ok(part)
    }

    /// Ends an upload and drops its parts. `started` is when it must have been begun, in seconds.
    pub(crate) fn abort_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        started: Option<i64>,
    ) -> Result<(), StorageError> {
        let upload = self.upload(bucket, key, id)?;
        let begun = i64::try_from(upload.started.as_secs()).ok();
        if started.is_some() && started != begun {
            return Err(StorageError::PreconditionFailed);
        }
        self.take_upload(bucket, key, id)?;
        Ok(self.remove_upload(bucket, id)?)
    }

    /// Makes an object of the parts that `asked` names. Meanwhile the upload is not open, so no
    /// part can change; it is open again when nothing came of it.
    pub(crate) fn complete_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        asked: &Completion,
    ) -> Result<Arc<Object>, StorageError> {
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

    fn join(&self, upload: &Upload, asked: &Completion) -> Result<Arc<Object>, StorageError> {
        // As S3 does since 2024: an upload that named no checksum gets one.
        let usual = Checksum {
            algorithm: Algorithm::Crc64Nvme,
            kind: ChecksumKind::FullObject,
            value: String::new(),
        };
        let shape = upload.checksum.as_ref().unwrap_or(&usual);
        check_kinds(upload, asked)?;
        let parts = chosen(upload, &asked.parts)?;
        let composite = match shape.kind {
            ChecksumKind::Composite => Checksum::composite(
                shape.algorithm,
                parts.iter().map(|part| part.head.checksum.as_ref()),
            ),
            ChecksumKind::FullObject => None,
        };
        let mut staged = self
            .stage()?
            .summing((shape.kind == ChecksumKind::FullObject).then_some(shape.algorithm));
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
        staged.join(&parts, joined_etag(&parts), composite, shown.collect())?;
        check_whole(&parts, asked, staged.checksum())?;
        self.put(
            &upload.bucket,
            &upload.key,
            upload.headers.clone(),
            staged,
            &asked.condition,
        )
    }

    fn take_upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, StorageError> {
        self.upload(bucket, key, id)?;
        self.uploads()
            .lock()
            .remove(id)
            .ok_or(StorageError::NoSuchUpload)
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
        folder.parent().map_or(Ok(()), sync_folder)
    }

    fn upload_folder(&self, bucket: &str, id: &str) -> Option<PathBuf> {
        Some(self.folder(bucket)?.join(UPLOADS).join(id))
    }
}

/// Makes an upload's folder with its head, durable.
fn write_head(folder: &Path, head: &Head) -> io::Result<()> {
    let uploads = folder.parent().unwrap_or(folder);
    match make_folder(uploads) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => make_folder(folder)?,
    }
    let written = fs::File::create_new(folder.join(HEAD))
        .and_then(|mut file| format::finish(&mut file, &[], head));
    let written = written.and_then(|()| sync_folder(folder));
    if written.is_err() && fs::remove_dir_all(folder).is_err() {
        tracing::debug!("{} stays behind", folder.display());
    }
    written
}
