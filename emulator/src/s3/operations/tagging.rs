//! Tags of objects.

use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, PutObjectTaggingInput, PutObjectTaggingOutput,
};
use s3s::{S3Request, S3Result};

use super::output::{OperationResult, done, on_disk};
use crate::s3::convert::head::shown_tags;
use crate::s3::object::tags;
use crate::s3::object::version::only_version;
use crate::s3::storage::buckets::Buckets;

pub(super) async fn get_object_tagging(
    buckets: &Buckets,
    request: S3Request<GetObjectTaggingInput>,
) -> OperationResult<GetObjectTaggingOutput> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    let object = on_disk(buckets, move |buckets| {
        buckets.get(&input.bucket, &input.key)
    })
    .await?;
    done(GetObjectTaggingOutput {
        tag_set: shown_tags(&object.head),
        version_id: None,
    })
}

pub(super) async fn put_object_tagging(
    buckets: &Buckets,
    request: S3Request<PutObjectTaggingInput>,
) -> OperationResult<PutObjectTaggingOutput> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    let pairs = tags::of(&input.tagging.tag_set)?;
    tags::check(&pairs, tags::OF_OBJECT)?;
    retag(buckets, input.bucket, input.key, pairs).await?;
    done(PutObjectTaggingOutput::default())
}

pub(super) async fn delete_object_tagging(
    buckets: &Buckets,
    request: S3Request<DeleteObjectTaggingInput>,
) -> OperationResult<DeleteObjectTaggingOutput> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    retag(buckets, input.bucket, input.key, Vec::new()).await?;
    done(DeleteObjectTaggingOutput::default())
}

async fn retag(
    buckets: &Buckets,
    bucket: String,
    key: String,
    tags: Vec<(String, String)>,
) -> S3Result<()> {
    on_disk(buckets, move |buckets| {
        buckets.rewrite(&bucket, &key, |headers| headers.tags.clone_from(&tags))
    })
    .await
}
