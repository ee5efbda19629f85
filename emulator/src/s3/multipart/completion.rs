//! What the request that completes an upload says of its object, held to the parts that are there.
//! Pure.

use std::sync::Arc;

use md5::{Digest as _, Md5};

use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::checksum::{Checksum, ChecksumKind};
use crate::s3::object::condition::WriteCondition;
use crate::s3::storage::error::StorageError;
use crate::s3::storage::object::Object;
use crate::s3::storage::upload::Upload;

/// Bytes of every part but the last one, at least.
pub(crate) const SMALLEST_PART: u64 = 5 * 1024 * 1024;

/// A part, as the request that completes an upload names it.
#[derive(Debug, Clone)]
pub(crate) struct CompletionPart {
    pub number: i32,
    pub etag: String,
    /// The value is base64.
    pub checksum: Option<(Algorithm, String)>,
}

/// What the request that completes an upload says of its object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Completion {
    pub parts: Vec<CompletionPart>,
    /// The value is base64; behind a checksum of checksums, the count of the parts may stand.
    pub checksum: Option<(Algorithm, String)>,
    pub kind: Option<ChecksumKind>,
    pub size: Option<u64>,
    pub condition: WriteCondition,
}

/// The request that completes an upload must speak of the same checksums as the one that began it.
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

/// What was said of the whole must be so.
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
        // The count may be left out.
        found.is_some_and(|found| {
            found.algorithm == *algorithm && (found.value == *value || bare(&found.value) == *value)
        })
    };
    match asked.checksum.as_ref().filter(|given| !fits(given)) {
        Some((algorithm, _)) => Err(StorageError::BadChecksum(*algorithm)),
        None => Ok(()),
    }
}

/// The parts that were asked for, when their order, ETags, checksums and sizes are right.
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

/// The MD5 of the parts' MD5s, and how many there are: S3's ETag for objects that came in parts.
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
