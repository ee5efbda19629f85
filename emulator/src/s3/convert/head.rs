//! The head of an object in the library's types.

use kit::time::Timestamp;
use s3s::dto::{CopySource, ETag, Range, StorageClass, Tag, Timestamp as Date};
use s3s::{S3Result, s3_error};

use crate::s3::object::date::date;
use crate::s3::object::head::Head;
use crate::s3::object::version::only_version;

pub(crate) fn etag(head: &Head) -> ETag {
    ETag::Strong(head.etag.clone())
}

pub(crate) fn content_type(head: &Head) -> String {
    head.headers
        .content_type
        .clone()
        .unwrap_or_else(|| "binary/octet-stream".to_owned())
}

pub(crate) fn modified(head: &Head) -> Date {
    date(Timestamp::from_millis(head.modified))
}

pub(crate) fn expires(head: &Head) -> Option<Date> {
    Some(date(Timestamp::from_millis(head.headers.expires?)))
}

pub(crate) fn class_name(head: &Head) -> &str {
    head.headers
        .storage_class
        .as_deref()
        .unwrap_or(StorageClass::STANDARD)
}

/// The storage class in a response about one object, where S3 leaves `STANDARD` out.
pub(crate) fn shown_class(head: &Head) -> Option<StorageClass> {
    head.headers.storage_class.clone().map(StorageClass::from)
}

pub(crate) fn shown_tags(head: &Head) -> Vec<Tag> {
    let tags = head.headers.tags.iter().cloned();
    tags.map(|(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    })
    .collect()
}

/// The range of the body to send, and its `Content-Range` when a range was asked for.
pub(crate) fn range(
    asked: Option<&Range>,
    size: u64,
) -> S3Result<(std::ops::Range<u64>, Option<String>)> {
    let Some(asked) = asked else {
        return Ok((0..size, None));
    };
    let part = asked.check(size).map_err(|error| {
        s3_error!(
            error,
            InvalidRange,
            "The requested range is not satisfiable"
        )
    })?;
    let text = format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1));
    Ok((part, Some(text)))
}

/// Bucket and key of a copy's source.
pub(crate) fn copy_source(source: &CopySource) -> S3Result<(String, String)> {
    match source {
        CopySource::Bucket {
            bucket,
            key,
            version_id,
        } => {
            only_version(version_id.as_deref())?;
            Ok((bucket.to_string(), key.to_string()))
        }
        _ => Err(s3_error!(
            NotImplemented,
            "the copy source must be a bucket and a key"
        )),
    }
}
