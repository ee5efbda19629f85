//! The scan of all object files, from which the index is built.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::shared::SharedIndex;
use crate::s3::files::{format, layout};

/// Files that are read at the same time: disks answer many requests as quickly as one.
const READERS: usize = 8;

/// Reads an object's file again, and makes the tree show it.
pub(super) fn read_again(shared: &SharedIndex, bucket: &str, key: &str) {
    let path = shared.layout.path_of(bucket, key);
    let _lock = shared.layout.lock(&path);
    match layout::present(&path) {
        Ok(Some(head)) => {
            if let Err(error) = shared.insert(bucket, &head) {
                tracing::error!("{} is not indexed: {error}", path.file.display());
            }
        }
        Ok(None) => shared.remove(bucket, key),
        Err(error) => tracing::error!("{} is skipped: {error}", path.file.display()),
    }
}

/// The scan of all object files.
#[derive(Default)]
pub(super) struct ShardScan {
    /// Buckets and shards, in order; `None` before the first step.
    shards: Option<Vec<(String, String)>>,
    begun: Option<Instant>,
    pub(super) found: usize,
}

impl ShardScan {
    /// The shard after `last`.
    pub(super) fn next(
        &mut self,
        shared: &SharedIndex,
        last: &str,
    ) -> io::Result<Option<(String, String)>> {
        self.begun.get_or_insert_with(Instant::now);
        let shards = match &self.shards {
            Some(shards) => shards,
            None => self.shards.insert(all_shards(shared)?),
        };
        let left = shards.partition_point(|(bucket, shard)| !is_behind(bucket, shard, last));
        Ok(shards.get(left).cloned())
    }

    /// Logs how many objects were found.
    pub(super) fn report(self) {
        let took = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        if self.found > 0 {
            tracing::info!(
                objects = self.found,
                "the index of the objects is built, in {:.1} s",
                took.as_secs_f64()
            );
        }
    }
}

fn is_behind(bucket: &str, shard: &str, last: &str) -> bool {
    last.split_once('/')
        .is_none_or(|last| (bucket, shard) > last)
}

fn all_shards(shared: &SharedIndex) -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for bucket in shared.layout.buckets()? {
        found.extend(
            shared
                .layout
                .shards(&bucket)?
                .into_iter()
                .map(|shard| (bucket.clone(), shard)),
        );
    }
    Ok(found)
}

/// Puts all objects of a shard into the tree. Returns their number.
pub(super) fn scan_shard(shared: &SharedIndex, bucket: &str, shard: &str) -> io::Result<usize> {
    let files = shared.layout.files(bucket, shard)?;
    let (next, found) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let read = || {
        while let Some(file_path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if shared.stopping.load(Ordering::Relaxed) {
                return;
            }
            match index_file(shared, bucket, file_path) {
                Ok(()) => _ = found.fetch_add(1, Ordering::Relaxed),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => tracing::error!("{} is skipped: {error}", file_path.display()),
            }
        }
    };
    std::thread::scope(|scope| {
        (0..READERS.min(1 + files.len() / 16)).for_each(|_| _ = scope.spawn(read));
    });
    match shared.stopping.load(Ordering::SeqCst) {
        // The next start goes on with this shard. This text is not shown.
        true => Err(io::Error::other("the program ends")),
        false => Ok(found.into_inner()),
    }
}

/// Puts one object into the tree. Its key, and so its lock, is known only after its file was read:
/// the file is read again under the lock, so that no older head replaces a newer one.
fn index_file(shared: &SharedIndex, bucket: &str, file_path: &Path) -> io::Result<()> {
    let head = format::read_head(file_path)?;
    let path = shared.layout.path_of(bucket, &head.key);
    if path.file != *file_path {
        return Err(format::damaged("its name is not the digest of its key"));
    }
    let _lock = shared.layout.lock(&path);
    match format::read_head(file_path) {
        Ok(head) => shared.insert(bucket, &head),
        Err(error) => Err(error),
    }
}
