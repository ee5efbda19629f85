//! Door: what lies in the folder when the program starts. Files that are not whole are reported and passed over.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use kit::time::Timestamp;

use super::file;
use super::multipart::{self, Upload};
use super::objects::{Bucket, DRAFTS, Object, StoredBody};

/// Every bucket by its name, and every open upload by its id.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub buckets: BTreeMap<String, Bucket>,
    pub uploads: BTreeMap<String, Upload>,
}

/// Reads the folder, which is made when it is not there. Drafts are thrown away: nobody was answered for them.
pub(super) fn load(folder: &Path) -> io::Result<Loaded> {
    if !folder.exists() {
        fs::create_dir_all(folder)?;
    }
    // Also when the folder was there: the program may have ended before it had synced it.
    folder.parent().map_or(Ok(()), file::sync_folder)?;
    let drafts = folder.join(DRAFTS);
    if drafts.exists() {
        fs::remove_dir_all(&drafts)?;
    }
    fs::create_dir(&drafts)?;
    file::sync_folder(folder)?;
    let mut loaded = Loaded::default();
    for (name, path) in folders(folder)? {
        if name != DRAFTS {
            loaded.buckets.insert(name.clone(), bucket(&path)?);
            uploads(&path.join(multipart::UPLOADS), &name, &mut loaded.uploads)?;
        }
    }
    Ok(loaded)
}

/// The folders in a folder, by name.
fn folders(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
    }
    Ok(found)
}

/// Reads the heads of a bucket's objects.
fn bucket(folder: &Path) -> io::Result<Bucket> {
    file::sync_folder(folder)?;
    let created = fs::metadata(folder)?.created().or_else(|_| fs::metadata(folder)?.modified())?;
    let since_epoch = created.duration_since(UNIX_EPOCH).unwrap_or_default();
    let created = Timestamp::from_millis(u64::try_from(since_epoch.as_millis()).unwrap_or_default());
    let mut objects = BTreeMap::new();
    for (name, shelf) in folders(folder)? {
        if name == multipart::UPLOADS {
            continue;
        }
        for object in whole(&shelf)? {
            objects.insert(object.head.key.clone(), Arc::new(object));
        }
    }
    Ok(Bucket { created, objects })
}

/// Reads the uploads of a bucket. One without a head was never answered for.
fn uploads(folder: &Path, bucket: &str, found: &mut BTreeMap<String, Upload>) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for (id, folder) in folders(folder)? {
        match file::read_head(&folder.join(multipart::HEAD)) {
            Ok(head) => _ = found.insert(id, Upload::loaded(bucket, head, whole(&folder)?)),
            Err(error) => {
                tracing::warn!("{} is not a whole upload and is removed: {error}", folder.display());
                fs::remove_dir_all(&folder)?;
            }
        }
    }
    Ok(())
}

/// All files of a folder that are whole.
fn whole(folder: &Path) -> io::Result<Vec<Object>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match file::read_head(&path) {
            Ok(head) => found.push(Object { head, body: StoredBody::File(path) }),
            Err(error) => tracing::error!("{} is passed over: {error}", path.display()),
        }
    }
    Ok(found)
}
