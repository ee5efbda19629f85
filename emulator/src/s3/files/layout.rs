//! Door: the folders of the objects' files. A bucket is a folder of up to 256 shards, each a
//! folder. The name of a file is the digest of the key, so keys of any bytes and any length are
//! safe.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::format;
use crate::lines::OncePerMinuteEach;
use crate::s3::object::head::Head;

/// The number of locks that all keys share.
const LOCKS: usize = 1024;

/// The folder of all buckets.
#[derive(Debug)]
pub(crate) struct Layout {
    folder: PathBuf,
    locks: Vec<Mutex<()>>,
}

/// The path of an object's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectPath {
    pub shard: PathBuf,
    pub file: PathBuf,
    lock: usize,
}

impl Layout {
    pub(crate) fn new(folder: &Path) -> Layout {
        Layout {
            folder: folder.to_owned(),
            locks: (0..LOCKS).map(|_| Mutex::default()).collect(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn bucket(&self, bucket: &str) -> PathBuf {
        self.folder.join(bucket)
    }

    pub(crate) fn path_of(&self, bucket: &str, key: &str) -> ObjectPath {
        let digest = Sha256::digest(key.as_bytes());
        let name = hex::encode(digest);
        let shard = self.bucket(bucket).join(&name[..2]);
        let lock = usize::from(u16::from_be_bytes([digest[0], digest[1]])) % LOCKS;
        ObjectPath {
            file: shard.join(name),
            shard,
            lock,
        }
    }

    /// Locks an object, so that its file and its entry in the index change together.
    pub(crate) fn lock(&self, path: &ObjectPath) -> MutexGuard<'_, ()> {
        self.locks[path.lock].lock()
    }

    /// The names of all buckets, in order. No bucket's name begins with a dot.
    pub(crate) fn buckets(&self) -> io::Result<Vec<String>> {
        folders(&self.folder)
    }

    /// The names of a bucket's shards, in order. None if the bucket does not exist.
    pub(crate) fn shards(&self, bucket: &str) -> io::Result<Vec<String>> {
        match folders(&self.bucket(bucket)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            found => found,
        }
    }

    /// The files of a shard. None if the shard does not exist.
    pub(crate) fn files(&self, bucket: &str, shard: &str) -> io::Result<Vec<PathBuf>> {
        match fs::read_dir(self.bucket(bucket).join(shard)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            entries => entries?.map(|entry| Ok(entry?.path())).collect(),
        }
    }

    /// Whether a bucket has an object, damaged or not.
    pub(crate) fn has_objects(&self, bucket: &str) -> io::Result<bool> {
        for shard in self.shards(bucket)? {
            if let Some(path) = self.files(bucket, &shard)?.first() {
                if let Err(error) = format::read_head(path) {
                    static LINES: OncePerMinuteEach = OncePerMinuteEach::new();
                    let file = path.display().to_string();
                    if LINES.is_due(&file, Timestamp::now()) {
                        tracing::warn!("bucket {bucket:?} is not empty because of {file}: {error}");
                    }
                }
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The head of the object at a path, if there is one.
///
/// # Errors
/// The file cannot be read or is damaged.
pub(crate) fn present(path: &ObjectPath) -> io::Result<Option<Head>> {
    match format::read_head(&path.file) {
        Ok(head) => Ok(Some(head)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names of the folders in a folder, in order, except those that begin with a dot.
fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && !name.starts_with('.') {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}
