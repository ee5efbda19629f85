//! Objects, read.

use s3s::dto::{
    ChecksumMode, GetObjectInput, GetObjectOutput, GetObjectTaggingInput, GetObjectTaggingOutput, HeadObjectInput,
    HeadObjectOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::{Answer, done, on_disk};
use crate::bucket::body;
use crate::bucket::checksum::Checksum;
use crate::bucket::condition::{Judgement, Reading};
use crate::bucket::file::Head;
use crate::bucket::objects::{BucketError, Buckets};
use crate::bucket::shown::{content_type, etag, expires, modified, range, shown_tags, with_checksum};

/// The conditions of a read, which have the same names in both requests.
macro_rules! reading {
    ($input:expr) => {
        Reading {
            is: $input.if_match.as_ref(),
            is_not: $input.if_none_match.as_ref(),
            modified_since: $input.if_modified_since.as_ref(),
            unmodified_since: $input.if_unmodified_since.as_ref(),
        }
    };
}

pub(super) async fn get_object(buckets: &Buckets, request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
    let input = request.input;
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let (object, body) = on_disk(buckets, move |buckets| buckets.open_object(&bucket, &key)).await?;
    let head = &object.head;
    check(reading!(input), head)?;
    let (range, content_range) = range(input.range.as_ref(), head.size)?;
    let checksum = asked_checksum(head, input.checksum_mode.as_ref(), content_range.is_none());
    let length = range.end - range.start;
    let body = body::stream(body, range).await?;
    let headers = head.headers.clone();
    done(with_checksum!(
        checksum,
        GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            body: Some(body),
            content_length: i64::try_from(length).ok(),
            content_range,
            checksum_type: Checksum::shown(checksum).checksum_type,
            e_tag: Some(etag(head)),
            last_modified: Some(modified(head)),
            content_type: input.response_content_type.or_else(|| Some(content_type(head))),
            content_encoding: input.response_content_encoding.or(headers.content_encoding),
            content_language: input.response_content_language.or(headers.content_language),
            content_disposition: input.response_content_disposition.or(headers.content_disposition),
            cache_control: input.response_cache_control.or(headers.cache_control),
            expires: input.response_expires.or_else(|| expires(head)),
            tag_count: Some(headers.tags.len()).filter(|count| *count > 0).and_then(|count| i32::try_from(count).ok()),
            metadata: Some(headers.metadata.into_iter().collect()),
        }
    ))
}

pub(super) async fn head_object(buckets: &Buckets, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
    let input = request.input;
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let object = on_disk(buckets, move |buckets| buckets.get(&bucket, &key)).await?;
    let head = &object.head;
    check(reading!(input), head)?;
    let (range, content_range) = range(input.range.as_ref(), head.size)?;
    let checksum = asked_checksum(head, input.checksum_mode.as_ref(), content_range.is_none());
    let headers = head.headers.clone();
    done(with_checksum!(
        checksum,
        HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(range.end - range.start).ok(),
            content_range,
            checksum_type: Checksum::shown(checksum).checksum_type,
            e_tag: Some(etag(head)),
            last_modified: Some(modified(head)),
            content_type: Some(content_type(head)),
            content_encoding: headers.content_encoding,
            content_language: headers.content_language,
            content_disposition: headers.content_disposition,
            cache_control: headers.cache_control,
            expires: expires(head),
            metadata: Some(headers.metadata.into_iter().collect()),
        }
    ))
}

/// The tags that the object was put with.
pub(super) async fn get_object_tagging(
    buckets: &Buckets,
    request: S3Request<GetObjectTaggingInput>,
) -> Answer<GetObjectTaggingOutput> {
    let input = request.input;
    let object = on_disk(buckets, move |buckets| buckets.get(&input.bucket, &input.key)).await?;
    done(GetObjectTaggingOutput { tag_set: shown_tags(&object.head), version_id: None })
}

fn check(reading: Reading<'_>, head: &Head) -> S3Result<()> {
    match reading.judge(head) {
        Judgement::Answer => Ok(()),
        Judgement::NotModified => Err(s3_error!(NotModified)),
        Judgement::Failed => Err(BucketError::PreconditionFailed.into()),
    }
}

/// A checksum is shown to who asks for it, with the whole object.
fn asked_checksum<'h>(head: &'h Head, mode: Option<&ChecksumMode>, is_whole: bool) -> Option<&'h Checksum> {
    let is_asked = mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    head.checksum.as_ref().filter(|_| is_asked && is_whole)
}
