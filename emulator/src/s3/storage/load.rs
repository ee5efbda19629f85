//! Door: what lies in the folder when the program starts: buckets and uploads. Objects are found
//! when they are asked for.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use kit::time::Timestamp;

use super::object::{Object, ObjectBody};
use super::staging::STAGING;
use super::upload::{HEAD, UPLOADS, Upload};
use crate::s3::files::disk_space::is_full;
use crate::s3::files::folders::sync_folder;
use crate::s3::files::format;

/// Every bucket, and every open upload by its id.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub buckets: Vec<FoundBucket>,
    pub uploads: BTreeMap<String, Upload>,
}

/// A bucket's folder.
#[derive(Debug)]
pub(crate) struct FoundBucket {
    pub name: String,
    pub created: Timestamp,
}

/// Reads the folder, which is made when it is not there. A full disk has no room for folders; then
/// they are made later. Drafts are thrown away: nobody was answered for them.
pub(crate) fn load(folder: &Path) -> io::Result<Loaded> {
    if !folder.exists() {
        match fs::create_dir_all(folder) {
            // Then it is made with the first bucket.
            Err(error) if is_full(&error) => return Ok(Loaded::default()),
            made => made?,
        }
    }
    // Also when the folder was there: the program may have ended before it had synced it.
    folder.parent().map_or(Ok(()), sync_folder)?;
    let staging = folder.join(STAGING);
    if staging.exists() {
        fs::remove_dir_all(&staging)?;
    }
    match fs::create_dir(&staging) {
        // Then it is made with the first draft.
        Err(error) if is_full(&error) => {}
        made => made?,
    }
    sync_folder(folder)?;
    let mut loaded = Loaded::default();
    for (name, path) in folders(folder)? {
        // No bucket's name begins with a dot.
        if !name.starts_with('.') {
            uploads(&path.join(UPLOADS), &name, &mut loaded.uploads)?;
            loaded.buckets.push(FoundBucket {
                created: created(&path)?,
                name,
            });
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
            found.push((
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            ));
        }
    }
    Ok(found)
}

/// When a bucket was made. What lies in its folder is durable afterwards.
fn created(folder: &Path) -> io::Result<Timestamp> {
    sync_folder(folder)?;
    let created = fs::metadata(folder)?
        .created()
        .or_else(|_| fs::metadata(folder)?.modified())?;
    let since_epoch = created.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Timestamp::from_millis(
        u64::try_from(since_epoch.as_millis()).unwrap_or_default(),
    ))
}

/// Reads the uploads of a bucket. One without a head was never answered for.
fn uploads(folder: &Path, bucket: &str, found: &mut BTreeMap<String, Upload>) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for (id, folder) in folders(folder)? {
        match format::read_head(&folder.join(HEAD)) {
            Ok(head) => _ = found.insert(id, Upload::loaded(bucket, head, whole(&folder)?)),
            Err(error) => {
                tracing::warn!(
                    "{} is an incomplete upload and is removed: {error}",
                    folder.display()
                );
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
        match format::read_head(&path) {
            Ok(head) => found.push(Object {
                head,
                body: ObjectBody::File(path),
            }),
            Err(error) => tracing::error!("{} is skipped: {error}", path.display()),
        }
    }
    Ok(found)
}
