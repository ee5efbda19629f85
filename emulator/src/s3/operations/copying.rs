//! Copies of objects.

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, MetadataDirective, TaggingDirective,
};
use s3s::{S3Request, S3Result, s3_error};

use super::members::{Account, check_owner};
use super::output::{OperationResult, done, on_disk};
use crate::s3::body::integrity::ExpectedDigests;
use crate::s3::body::receive::receive;
use crate::s3::body::send::stream;
use crate::s3::convert::encryption::with_encryption;
use crate::s3::convert::head::{copy_source, etag, modified};
use crate::s3::convert::headers::DescribesObject as _;
use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::asked_checksum::AskedChecksum;
use crate::s3::object::checksum::{shown_kind, with_checksum};
use crate::s3::object::condition::{Judgement, ReadConditions, WriteCondition};
use crate::s3::object::head::{Head, Headers};
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::error::StorageError;

pub(super) async fn copy_object(
    buckets: &Buckets,
    request: S3Request<CopyObjectInput>,
) -> OperationResult<CopyObjectOutput> {
    let input = request.input;
    let account = request.extensions.get::<Account>();
    check_owner(input.expected_source_bucket_owner.as_deref(), account)?;
    let (bucket, key) = copy_source(&input.copy_source)?;
    let directive = input
        .metadata_directive
        .as_ref()
        .map(MetadataDirective::as_str);
    let replaces = is_replaced(directive, "metadata")?;
    let headers = input.object_headers()?;
    let changes = headers.storage_class.is_some()
        || headers.website_redirect.is_some()
        || headers.encryption.is_some();
    if !replaces && !changes && (&bucket, &key) == (&input.bucket, &input.key) {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    let (from, body) = on_disk(buckets, move |buckets| buckets.open_object(&bucket, &key)).await?;
    check_source(ReadConditions::from(&input), &from.head)?;
    let directive = input
        .tagging_directive
        .as_ref()
        .map(TaggingDirective::as_str);
    let retags = is_replaced(directive, "tagging")?;
    let headers =
        buckets.encrypted(&input.bucket, copied(headers, &from.head, replaces, retags))?;
    let digests = ExpectedDigests::of_copy(Some(asked_checksum(&input, &from.head)?));
    let body = stream(body, 0..from.head.size).await?;
    let staged = receive(buckets, Some(body), &digests).await?;
    let put = move |buckets: &Buckets| {
        buckets.put(
            &input.bucket,
            &input.key,
            headers,
            staged,
            &WriteCondition::Always,
        )
    };
    let object = on_disk(buckets, put).await?;
    done(output(&object.head))
}

/// The checksum of the copy: the one that the request asks for, or that of its source.
fn asked_checksum(input: &CopyObjectInput, from: &Head) -> S3Result<AskedChecksum> {
    let named = input
        .checksum_algorithm
        .as_ref()
        .map(|name| Algorithm::known(name.as_str()))
        .transpose()?;
    let algorithm = named.or_else(|| Some(from.checksum.as_ref()?.algorithm));
    Ok(
        algorithm.map_or_else(AskedChecksum::usual, |algorithm| AskedChecksum {
            algorithm,
            value: None,
        }),
    )
}

fn output(head: &Head) -> CopyObjectOutput {
    let checksum = head.checksum.as_ref();
    let result = CopyObjectResult {
        e_tag: Some(etag(head)),
        last_modified: Some(modified(head)),
        checksum_type: shown_kind(checksum),
        ..CopyObjectResult::default()
    };
    let output = CopyObjectOutput {
        copy_object_result: Some(with_checksum(checksum, result)),
        ..CopyObjectOutput::default()
    };
    with_encryption(&head.headers, output)
}

/// The conditions of a copy's source. A copy answers 412 where a read would answer 304.
pub(super) fn check_source(reading: ReadConditions<'_>, head: &Head) -> S3Result<()> {
    match reading.judge(head) {
        Judgement::Answer => Ok(()),
        Judgement::NotModified | Judgement::Failed => Err(StorageError::PreconditionFailed.into()),
    }
}

fn is_replaced(directive: Option<&str>, what: &str) -> S3Result<bool> {
    match directive {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(other) => Err(s3_error!(
            InvalidArgument,
            "Unknown {what} directive {other:?}: expected COPY or REPLACE"
        )),
    }
}

/// The headers of a copy. Metadata and tags come from the source unless the request replaces them,
/// each by its own directive; the other headers are those of the request.
fn copied(given: Headers, from: &Head, replaces: bool, retags: bool) -> Headers {
    let tags = if retags {
        given.tags.clone()
    } else {
        from.headers.tags.clone()
    };
    if replaces {
        return Headers { tags, ..given };
    }
    let Headers {
        storage_class,
        website_redirect,
        encryption,
        acl,
        ..
    } = given;
    Headers {
        tags,
        storage_class,
        website_redirect,
        encryption,
        acl,
        ..from.headers.clone()
    }
}
