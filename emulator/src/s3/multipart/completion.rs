//! The request that completes an upload, checked against the parts of the upload. Pure.

use std::sync::Arc;

use md5::{Digest as _, Md5};

use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::checksum::{Checksum, ChecksumKind};
use crate::s3::object::condition::WriteCondition;
use crate::s3::storage::error::StorageError;
use crate::s3::storage::object::Object;
use crate::s3::storage::upload::Upload;

/// The smallest size of every part but the last one, in bytes.
pub(crate) const SMALLEST_PART: u64 = 5 * 1024 * 1024;

/// A part that the request names.
#[derive(Debug, Clone)]
pub(crate) struct CompletionPart {
    pub number: i32,
    pub etag: String,
    /// The value is base64.
    pub checksum: Option<(Algorithm, String)>,
}

/// The request that completes an upload.
#[derive(Debug, Clone, Default)]
pub(crate) struct Completion {
    pub parts: Vec<CompletionPart>,
    /// The value is base64. The number of parts may follow a checksum of checksums.
    pub checksum: Option<(Algorithm, String)>,
    pub kind: Option<ChecksumKind>,
    pub size: Option<u64>,
    pub condition: WriteCondition,
}

/// Checks that the request has the kind of checksum that the upload was begun with.
pub(crate) fn check_kinds(upload: &Upload, asked: &Completion) -> Result<(), StorageError> {
    let Some(begun) = &upload.checksum else {
        return Ok(());
    };
    if let Some(kind) = asked.kind.filter(|kind| *kind != begun.kind) {
        return Err(StorageError::WrongChecksumKind {
            begun: begun.kind,
            completed: kind,
        });
    }
    let has_own = |part: &&CompletionPart| part.checksum.is_none();
    match asked
        .parts
        .iter()
        .find(has_own)
        .filter(|_| begun.kind == ChecksumKind::Composite)
    {
        Some(part) => Err(StorageError::MissingPartChecksum {
            algorithm: begun.algorithm,
            number: part.number,
        }),
        None => Ok(()),
    }
}

/// Checks the size and the checksum that the request gives for the object. `found` is its checksum.
pub(crate) fn check_whole(
    parts: &[Arc<Object>],
    asked: &Completion,
    found: Option<&Checksum>,
) -> Result<(), StorageError> {
    let size = parts.iter().map(|part| part.head.size).sum();
    if let Some(given) = asked.size.filter(|given| *given != size) {
        return Err(StorageError::ObjectSize { given, found: size });
    }
    let bare = |value: &str| value.split('-').next().unwrap_or_default().to_owned();
    let fits = |(algorithm, value): &(Algorithm, String)| {
        // The number of parts may be missing.
        found.is_some_and(|found| {
            found.algorithm == *algorithm && (found.value == *value || bare(&found.value) == *value)
        })
    };
    match asked.checksum.as_ref().filter(|given| !fits(given)) {
        Some((algorithm, _)) => Err(StorageError::BadChecksum(*algorithm)),
        None => Ok(()),
    }
}

/// The parts that the request names, if their order, ETags, checksums and sizes are valid.
pub(crate) fn chosen(
    upload: &Upload,
    asked: &[CompletionPart],
) -> Result<Vec<Arc<Object>>, StorageError> {
    if asked.is_empty() {
        return Err(StorageError::InvalidPart);
    }
    if !asked.is_sorted_by(|left, right| left.number < right.number) {
        return Err(StorageError::InvalidPartOrder);
    }
    let fits = |asked: &CompletionPart, part: &Object| {
        let known = part.head.checksum.as_ref();
        let is_known = |(algorithm, value): &(Algorithm, String)| {
            known.is_some_and(|known| (known.algorithm, &known.value) == (*algorithm, value))
        };
        part.head.etag == asked.etag && asked.checksum.as_ref().is_none_or(is_known)
    };
    let find = |asked: &CompletionPart| {
        upload
            .parts
            .get(&asked.number)
            .filter(|part| fits(asked, part))
            .cloned()
    };
    let parts = asked
        .iter()
        .map(find)
        .collect::<Option<Vec<_>>>()
        .ok_or(StorageError::InvalidPart)?;
    match parts[..parts.len() - 1]
        .iter()
        .all(|part| part.head.size >= SMALLEST_PART)
    {
        true => Ok(parts),
        false => Err(StorageError::PartTooSmall),
    }
}

/// The MD5 of the parts' MD5s, and the number of parts: S3's ETag of an object in parts.
pub(crate) fn joined_etag(parts: &[Arc<Object>]) -> String {
    let digests = parts
        .iter()
        .flat_map(|part| hex::decode(&part.head.etag).unwrap_or_default());
    format!(
        "{}-{}",
        hex::encode(Md5::digest(digests.collect::<Vec<u8>>())),
        parts.len()
    )
}
