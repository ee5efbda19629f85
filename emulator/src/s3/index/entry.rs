//! Keys and values of the tree: the objects of all buckets, and what a listing shows of each. Pure.

use std::io;

use serde::{Deserialize, Serialize};

use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::checksum::{Checksum, ChecksumKind};
use crate::s3::object::head::{Head, Headers};

/// The value of an object in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct IndexEntry {
    #[serde(rename = "s")]
    size: u64,
    #[serde(rename = "e")]
    etag: String,
    #[serde(rename = "m")]
    modified: u64,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    checksum: Option<(Algorithm, ChecksumKind)>,
    /// The storage class, unless it is `STANDARD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<String>,
}

/// The key of an object in the tree. The names of buckets have no byte below 45, so every bucket
/// has a range of its own.
pub(super) fn tree_key(bucket: &str, key: &str) -> Vec<u8> {
    [bucket.as_bytes(), &[0], key.as_bytes()].concat()
}

/// The end of a bucket's range in the tree.
pub(super) fn range_end(bucket: &str) -> Vec<u8> {
    [bucket.as_bytes(), &[1]].concat()
}

/// The bucket and the key of an object, from its key in the tree.
pub(super) fn names(tree_key: &[u8]) -> Option<(&str, &str)> {
    let (bucket, key) = std::str::from_utf8(tree_key).ok()?.split_once('\0')?;
    Some((bucket, key))
}

/// The value of an object.
///
/// # Errors
/// It cannot be written as JSON.
pub(super) fn encode(head: &Head) -> io::Result<Vec<u8>> {
    let entry = IndexEntry {
        size: head.size,
        etag: head.etag.clone(),
        modified: head.modified,
        checksum: head
            .checksum
            .as_ref()
            .map(|checksum| (checksum.algorithm, checksum.kind)),
        class: head.headers.storage_class.clone(),
    };
    Ok(serde_json::to_vec(&entry)?)
}

/// The head of an object, as far as a listing shows it.
///
/// # Errors
/// The entry is damaged.
pub(super) fn decode(key: &[u8], value: &[u8]) -> io::Result<Head> {
    let damaged = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the index is damaged: an entry cannot be read",
        )
    };
    let key = std::str::from_utf8(key).map_err(|_| damaged())?.to_owned();
    let IndexEntry {
        size,
        etag,
        modified,
        checksum,
        class,
    } = serde_json::from_slice(value).map_err(|_| damaged())?;
    let checksum = checksum.map(|(algorithm, kind)| Checksum {
        algorithm,
        kind,
        value: String::new(),
    });
    let headers = Headers {
        storage_class: class,
        ..Headers::default()
    };
    Ok(Head {
        key,
        size,
        etag,
        modified,
        checksum,
        headers,
        ..Head::default()
    })
}
