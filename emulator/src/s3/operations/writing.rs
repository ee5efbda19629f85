//! Objects, written and removed.

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition, Error,
    MetadataDirective, ObjectIdentifier, PutObjectInput, PutObjectOutput, TaggingDirective,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

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
use crate::s3::object::date::seconds;
use crate::s3::object::head::{Head, Headers};
use crate::s3::object::version::only_version;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::error::StorageError;
use crate::s3::storage::listing::PAGE;

pub(super) async fn put_object(
    buckets: &Buckets,
    request: S3Request<PutObjectInput>,
) -> OperationResult<PutObjectOutput> {
    let mut input = request.input;
    buckets.exists(&input.bucket)?;
    let condition = condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let headers = buckets.encrypted(&input.bucket, input.object_headers()?)?;
    let promise = ExpectedDigests::of(
        &request.headers,
        &request.extensions,
        request.trailing_headers,
        input.content_md5.take(),
    )?;
    let staged = receive(
        buckets,
        input.body.take(),
        &promise.or_computed(Some(AskedChecksum::usual())),
    )
    .await?;
    let put = move |buckets: &Buckets| {
        buckets.put(&input.bucket, &input.key, headers, staged, &condition)
    };
    let object = on_disk(buckets, put).await?;
    let checksum = object.head.checksum.as_ref();
    done(with_encryption(
        &object.head.headers,
        with_checksum(
            checksum,
            PutObjectOutput {
                e_tag: Some(etag(&object.head)),
                checksum_type: shown_kind(checksum),
                ..PutObjectOutput::default()
            },
        ),
    ))
}

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
    let algorithm = input
        .checksum_algorithm
        .as_ref()
        .map(|name| Algorithm::known(name.as_str()))
        .transpose()?;
    let algorithm = algorithm.or_else(|| Some(from.head.checksum.as_ref()?.algorithm));
    let asked = algorithm.map_or_else(AskedChecksum::usual, |algorithm| AskedChecksum {
        algorithm,
        value: None,
    });
    let promise = ExpectedDigests::of_copy(Some(asked));
    let staged = receive(
        buckets,
        Some(stream(body, 0..from.head.size).await?),
        &promise,
    )
    .await?;
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
    let checksum = object.head.checksum.as_ref();
    let result = with_checksum(
        checksum,
        CopyObjectResult {
            e_tag: Some(etag(&object.head)),
            last_modified: Some(modified(&object.head)),
            checksum_type: shown_kind(checksum),
            ..CopyObjectResult::default()
        },
    );
    let output = CopyObjectOutput {
        copy_object_result: Some(result),
        ..CopyObjectOutput::default()
    };
    done(with_encryption(&object.head.headers, output))
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

/// Metadata and tags go along, or are replaced, each by a word of its own; the rest belongs to the
/// copy alone.
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

pub(super) async fn delete_object(
    buckets: &Buckets,
    request: S3Request<DeleteObjectInput>,
) -> OperationResult<DeleteObjectOutput> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    let modified = input.if_match_last_modified_time.as_ref().map(seconds);
    let size = asked_size(input.if_match_size)?;
    let condition = match (modified, size) {
        (None, None) => condition(input.if_match.as_ref(), None)?,
        _ => WriteCondition::Like {
            etag: input.if_match.as_ref().map(etag_of),
            modified,
            size,
        },
    };
    on_disk(buckets, move |buckets| {
        buckets.remove(&input.bucket, &input.key, &condition)
    })
    .await?;
    done(DeleteObjectOutput::default())
}

fn etag_of(condition: &ETagCondition) -> String {
    condition
        .as_etag()
        .map_or_else(|| "*".to_owned(), |etag| etag.value().to_owned())
}

fn asked_size(size: Option<i64>) -> S3Result<Option<u64>> {
    let invalid = |_| {
        s3_error!(
            InvalidArgument,
            "the size of an object must not be negative"
        )
    };
    size.map(u64::try_from).transpose().map_err(invalid)
}

/// Each key has its own success or error.
pub(super) async fn delete_objects(
    buckets: &Buckets,
    request: S3Request<DeleteObjectsInput>,
) -> OperationResult<DeleteObjectsOutput> {
    let input = request.input;
    buckets.exists(&input.bucket)?;
    if input.delete.objects.is_empty() || input.delete.objects.len() > PAGE {
        return Err(s3_error!(
            MalformedXML,
            "a Delete document must have 1 to 1000 keys"
        ));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let results = on_disk(buckets, move |buckets| {
        Ok(remove_all(buckets, &input.bucket, input.delete.objects))
    });
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for (key, result) in results.await? {
        match result {
            Ok(()) => deleted.push(DeletedObject {
                key: Some(key),
                ..DeletedObject::default()
            }),
            Err(error) => errors.push(of_key(key, &error)),
        }
    }
    let (deleted, errors) = (
        (!quiet).then_some(deleted),
        Some(errors).filter(|errors| !errors.is_empty()),
    );
    done(DeleteObjectsOutput {
        deleted,
        errors,
        ..DeleteObjectsOutput::default()
    })
}

/// Removes what can be removed, together; each key with its result.
fn remove_all(
    buckets: &Buckets,
    bucket: &str,
    objects: Vec<ObjectIdentifier>,
) -> Vec<(String, S3Result<()>)> {
    let judged: Vec<_> = objects
        .into_iter()
        .map(|object| (object.key.clone(), condition_of(object)))
        .collect();
    let may_go = |(key, judged): &(String, S3Result<WriteCondition>)| {
        Some((key.clone(), judged.as_ref().ok()?.clone()))
    };
    let asked: Vec<_> = judged.iter().filter_map(may_go).collect();
    let mut removed = buckets.remove_all(bucket, &asked).into_iter();
    let mut result = |judged: S3Result<WriteCondition>| match judged {
        Ok(_) => removed.next().unwrap_or(Ok(())).map_err(S3Error::from),
        Err(error) => Err(error),
    };
    judged
        .into_iter()
        .map(|(key, judged)| (key, result(judged)))
        .collect()
}

/// When an object of a list may be removed.
fn condition_of(object: ObjectIdentifier) -> S3Result<WriteCondition> {
    let ObjectIdentifier {
        e_tag,
        key: _,
        last_modified_time,
        size,
        version_id,
    } = object;
    only_version(version_id.as_deref())?;
    let (etag, modified) = (
        e_tag.map(|etag| etag.value().to_owned()),
        last_modified_time.as_ref().map(seconds),
    );
    Ok(match (etag, modified, asked_size(size)?) {
        (None, None, None) => WriteCondition::Always,
        (etag, modified, size) => WriteCondition::Like {
            etag,
            modified,
            size,
        },
    })
}

fn of_key(key: String, error: &S3Error) -> Error {
    let message = error.message().map(ToOwned::to_owned);
    Error {
        key: Some(key),
        code: Some(error.code().as_str().to_owned()),
        message,
        ..Error::default()
    }
}

/// The condition of a write.
pub(super) fn condition(
    is: Option<&ETagCondition>,
    is_not: Option<&ETagCondition>,
) -> S3Result<WriteCondition> {
    let text = "If-None-Match must be *, and cannot be combined with If-Match";
    WriteCondition::of(is, is_not).ok_or_else(|| s3_error!(NotImplemented, "{text}"))
}
