//! Objects, written and removed.

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, DeletedObject, ETagCondition, Error, MetadataDirective, PutObjectInput, PutObjectOutput,
    TaggingDirective,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::{Answer, done, on_disk};
use crate::bucket::body::{self, Promise};
use crate::bucket::checksum::{Algorithm, Asked, Checksum};
use crate::bucket::condition::{Condition, Judgement, Reading};
use crate::bucket::file::{Head, Headers};
use crate::bucket::listing::PAGE;
use crate::bucket::objects::{BucketError, Buckets};
use crate::bucket::shown::{etag, headers_of, modified, source, with_checksum};

pub(super) async fn put_object(buckets: &Buckets, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
    let mut input = request.input;
    buckets.exists(&input.bucket)?;
    let condition = condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let promise =
        Promise::of(&request.headers, &request.extensions, request.trailing_headers, input.content_md5.take());
    let draft = buckets.receive(input.body.take(), &promise).await?;
    let headers = headers_of!(input);
    let put = move |buckets: &Buckets| buckets.put(&input.bucket, &input.key, headers, draft, &condition);
    let object = on_disk(buckets, put).await?;
    let checksum = object.head.checksum.as_ref();
    done(with_checksum!(
        checksum,
        PutObjectOutput { e_tag: Some(etag(&object.head)), checksum_type: Checksum::shown(checksum).checksum_type }
    ))
}

pub(super) async fn copy_object(buckets: &Buckets, request: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
    let input = request.input;
    let (bucket, key) = source(&input.copy_source)?;
    let replaces = input.metadata_directive.as_ref().is_some_and(|what| what.as_str() == MetadataDirective::REPLACE);
    if !replaces && (&bucket, &key) == (&input.bucket, &input.key) {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    let (from, body) = on_disk(buckets, move |buckets| buckets.open_object(&bucket, &key)).await?;
    let reading = Reading {
        is: input.copy_source_if_match.as_ref(),
        is_not: input.copy_source_if_none_match.as_ref(),
        modified_since: input.copy_source_if_modified_since.as_ref(),
        unmodified_since: input.copy_source_if_unmodified_since.as_ref(),
    };
    // A copy answers 412 where a read would answer 304.
    if reading.judge(&from.head) != Judgement::Answer {
        return Err(BucketError::PreconditionFailed.into());
    }
    let headers = copied_headers(&input, &from.head, replaces);
    let algorithm = input.checksum_algorithm.as_ref().and_then(|name| Algorithm::named(name.as_str()));
    let algorithm = algorithm.or_else(|| Some(from.head.checksum.as_ref()?.algorithm));
    let promise = Promise::summed(algorithm.map(|algorithm| Asked { algorithm, value: None }));
    let draft = buckets.receive(Some(body::stream(body, 0..from.head.size).await?), &promise).await?;
    let put = move |buckets: &Buckets| buckets.put(&input.bucket, &input.key, headers, draft, &Condition::Always);
    let object = on_disk(buckets, put).await?;
    let checksum = object.head.checksum.as_ref();
    let result = with_checksum!(
        checksum,
        CopyObjectResult {
            e_tag: Some(etag(&object.head)),
            last_modified: Some(modified(&object.head)),
            checksum_type: Checksum::shown(checksum).checksum_type,
        }
    );
    done(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
}

/// Metadata and tags go along, or are replaced, each by a word of its own.
fn copied_headers(input: &CopyObjectInput, from: &Head, replaces: bool) -> Headers {
    let given = headers_of!(input);
    let tags_anew = input.tagging_directive.as_ref().is_some_and(|what| what.as_str() == TaggingDirective::REPLACE);
    let tags = if tags_anew { given.tags.clone() } else { from.headers.tags.clone() };
    Headers { tags, ..if replaces { given } else { from.headers.clone() } }
}

pub(super) async fn delete_object(
    buckets: &Buckets,
    request: S3Request<DeleteObjectInput>,
) -> Answer<DeleteObjectOutput> {
    let input = request.input;
    let condition = condition(input.if_match.as_ref(), None)?;
    on_disk(buckets, move |buckets| buckets.remove(&input.bucket, &input.key, &condition)).await?;
    done(DeleteObjectOutput::default())
}

/// Each key has its own success or error.
pub(super) async fn delete_objects(
    buckets: &Buckets,
    request: S3Request<DeleteObjectsInput>,
) -> Answer<DeleteObjectsOutput> {
    let input = request.input;
    buckets.exists(&input.bucket)?;
    if input.delete.objects.len() > PAGE {
        return Err(s3_error!(MalformedXML, "at most 1000 keys can be deleted at once"));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let keys: Vec<String> = input.delete.objects.into_iter().map(|object| object.key).collect();
    let results = on_disk(buckets, move |buckets| {
        let remove = |key: String| (buckets.remove(&input.bucket, &key, &Condition::Always), key);
        Ok(keys.into_iter().map(remove).collect::<Vec<_>>())
    });
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for (result, key) in results.await? {
        match result {
            Ok(()) => deleted.push(DeletedObject { key: Some(key), ..DeletedObject::default() }),
            Err(error) => errors.push(of_key(key, &error.into())),
        }
    }
    let (deleted, errors) = ((!quiet).then_some(deleted), Some(errors).filter(|errors| !errors.is_empty()));
    done(DeleteObjectsOutput { deleted, errors, ..DeleteObjectsOutput::default() })
}

fn of_key(key: String, error: &S3Error) -> Error {
    let message = error.message().map(ToOwned::to_owned);
    Error { key: Some(key), code: Some(error.code().as_str().to_owned()), message, ..Error::default() }
}

/// The condition of a write.
pub(super) fn condition(is: Option<&ETagCondition>, is_not: Option<&ETagCondition>) -> S3Result<Condition> {
    let text = "If-None-Match takes * only, and not together with If-Match";
    Condition::of(is, is_not).ok_or_else(|| s3_error!(NotImplemented, "{text}"))
}
