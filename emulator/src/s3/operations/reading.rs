//! Objects, read.

use http::StatusCode;
use s3s::dto::{
    ChecksumMode, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range,
    StorageClass,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::output::{OperationResult, done, on_disk};
use crate::s3::body::send::stream;
use crate::s3::convert::encryption::with_encryption;
use crate::s3::convert::head::{
    class_name, content_type, etag, expires, modified, range, shown_class,
};
use crate::s3::errors::custom;
use crate::s3::object::checksum::{Checksum, shown_kind, with_checksum};
use crate::s3::object::condition::{Judgement, ReadConditions};
use crate::s3::object::head::Head;
use crate::s3::object::version::only_version;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::error::StorageError;

/// What both requests show of an object, in members of the same names.
macro_rules! shown {
    ($input:expr, $head:expr, $piece:expr, $output:ident) => {{
        let headers = $head.headers.clone();
        let checksum = $piece.checksum($head, $input.checksum_mode.as_ref());
        let output = with_checksum(
            checksum,
            $output {
                accept_ranges: Some("bytes".to_owned()),
                content_length: i64::try_from($piece.range.end - $piece.range.start).ok(),
                content_range: $piece.shown.clone(),
                checksum_type: shown_kind(checksum),
                e_tag: Some(etag($head)),
                last_modified: Some(modified($head)),
                content_type: $input
                    .response_content_type
                    .or_else(|| Some(content_type($head))),
                content_encoding: $input
                    .response_content_encoding
                    .or(headers.content_encoding.clone()),
                content_language: $input
                    .response_content_language
                    .or(headers.content_language.clone()),
                content_disposition: $input
                    .response_content_disposition
                    .or(headers.content_disposition.clone()),
                cache_control: $input
                    .response_cache_control
                    .or(headers.cache_control.clone()),
                expires: $input.response_expires.or_else(|| expires($head)),
                parts_count: $piece.parts_count,
                storage_class: shown_class($head),
                website_redirect_location: headers.website_redirect.clone(),
                metadata: Some(headers.metadata.iter().cloned().collect()),
                ..$output::default()
            },
        );
        with_encryption(&headers, output)
    }};
}

pub(super) async fn get_object(
    buckets: &Buckets,
    request: S3Request<GetObjectInput>,
) -> OperationResult<GetObjectOutput> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let (object, body) =
        on_disk(buckets, move |buckets| buckets.open_object(&bucket, &key)).await?;
    let head = &object.head;
    check(ReadConditions::from(&input), head)?;
    if [StorageClass::GLACIER, StorageClass::DEEP_ARCHIVE].contains(&class_name(head)) {
        let text = "The operation is not valid for the object's storage class";
        return Err(s3_error!(InvalidObjectState, "{text}"));
    }
    let piece = BodyRange::asked(input.range.as_ref(), input.part_number, head)?;
    let body = stream(body, piece.range.clone()).await?;
    let mut output = shown!(input, head, piece, GetObjectOutput);
    let tags = i32::try_from(head.headers.tags.len()).ok();
    output.tag_count = tags.filter(|count| *count > 0);
    output.body = Some(body);
    done(output)
}

pub(super) async fn head_object(
    buckets: &Buckets,
    request: S3Request<HeadObjectInput>,
) -> OperationResult<HeadObjectOutput> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let object = on_disk(buckets, move |buckets| buckets.get(&bucket, &key)).await?;
    let head = &object.head;
    check(ReadConditions::from(&input), head)?;
    let piece = BodyRange::asked(input.range.as_ref(), input.part_number, head)?;
    let output = shown!(input, head, piece, HeadObjectOutput);
    done(output)
}

fn check(reading: ReadConditions<'_>, head: &Head) -> S3Result<()> {
    match reading.judge(head) {
        Judgement::Answer => Ok(()),
        Judgement::NotModified => Err(s3_error!(NotModified)),
        Judgement::Failed => Err(StorageError::PreconditionFailed.into()),
    }
}

/// The piece of a body that is asked for.
#[derive(Debug)]
struct BodyRange {
    range: std::ops::Range<u64>,
    /// `Content-Range`
    shown: Option<String>,
    /// How many parts the object came in, when one of them is asked for.
    parts_count: Option<i32>,
    part: Option<usize>,
}

impl BodyRange {
    fn asked(asked: Option<&Range>, part: Option<i32>, head: &Head) -> S3Result<BodyRange> {
        let Some(number) = part else {
            let (range, shown) = range(asked, head.size)?;
            return Ok(BodyRange {
                range,
                shown,
                parts_count: None,
                part: None,
            });
        };
        if asked.is_some() {
            let text = "Cannot specify both Range header and partNumber query parameter";
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
        if !(1..=10_000).contains(&number) {
            return Err(StorageError::PartNumber.into());
        }
        BodyRange::of_part(number, head).ok_or_else(no_such_part)
    }

    /// An object that came whole has one part.
    fn of_part(number: i32, head: &Head) -> Option<BodyRange> {
        let (part, range) = match head.parts.is_empty() {
            true => (None, (number == 1).then_some(0..head.size)?),
            false => {
                let part = head.parts.iter().position(|part| part.number == number)?;
                let start = head.parts[..part].iter().map(|part| part.size).sum();
                (Some(part), start..start + head.parts[part].size)
            }
        };
        // An empty piece has no range that could be written.
        let last = range.end.checked_sub(1).filter(|_| !range.is_empty());
        Some(BodyRange {
            shown: last.map(|last| format!("bytes {}-{last}/{}", range.start, head.size)),
            range,
            parts_count: i32::try_from(head.parts.len())
                .ok()
                .filter(|count| *count > 0),
            part,
        })
    }

    /// A checksum is shown to who asks for it, with the whole object, or that of the part with the
    /// part.
    fn checksum<'h>(&self, head: &'h Head, mode: Option<&ChecksumMode>) -> Option<&'h Checksum> {
        mode.filter(|mode| mode.as_str() == ChecksumMode::ENABLED)?;
        match self.part {
            Some(part) => head.parts.get(part)?.checksum.as_ref(),
            None => head
                .checksum
                .as_ref()
                .filter(|_| self.range == (0..head.size)),
        }
    }
}

fn no_such_part() -> S3Error {
    let text = "The requested partnumber is not satisfiable";
    custom("InvalidPartNumber", StatusCode::RANGE_NOT_SATISFIABLE, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::object::head::Part;

    #[test]
    fn a_part_is_a_range_with_a_number() {
        let parts = [(2, 10), (7, 3)].map(|(number, size)| Part {
            number,
            size,
            checksum: None,
        });
        let head = Head {
            size: 13,
            parts: parts.into(),
            ..Head::default()
        };
        let piece = BodyRange::asked(None, Some(7), &head).unwrap();
        assert_eq!(
            (piece.range, piece.shown.as_deref(), piece.parts_count),
            (10..13, Some("bytes 10-12/13"), Some(2))
        );
        assert_eq!(
            BodyRange::asked(None, Some(1), &head)
                .unwrap_err()
                .status_code(),
            Some(StatusCode::RANGE_NOT_SATISFIABLE)
        );
        assert_eq!(
            BodyRange::asked(None, Some(0), &head)
                .unwrap_err()
                .status_code(),
            Some(StatusCode::BAD_REQUEST)
        );
        let whole = Head {
            size: 5,
            ..Head::default()
        };
        let piece = BodyRange::asked(None, Some(1), &whole).unwrap();
        assert_eq!(
            (piece.range, piece.shown.as_deref(), piece.parts_count),
            (0..5, Some("bytes 0-4/5"), None)
        );
        assert!(BodyRange::asked(None, Some(2), &whole).is_err());
        let empty = BodyRange::asked(None, Some(1), &Head::default()).unwrap();
        assert_eq!((empty.range, empty.shown), (0..0, None));
    }
}
