//! Puts of objects.

use s3s::dto::{ETagCondition, PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Result, s3_error};

use super::output::{OperationResult, done, on_disk};
use crate::s3::body::integrity::ExpectedDigests;
use crate::s3::body::receive::receive;
use crate::s3::convert::encryption::with_encryption;
use crate::s3::convert::head::etag;
use crate::s3::convert::headers::DescribesObject as _;
use crate::s3::object::asked_checksum::AskedChecksum;
use crate::s3::object::checksum::{shown_kind, with_checksum};
use crate::s3::object::condition::WriteCondition;
use crate::s3::storage::buckets::Buckets;

pub(super) async fn put_object(
    buckets: &Buckets,
    request: S3Request<PutObjectInput>,
) -> OperationResult<PutObjectOutput> {
    let mut input = request.input;
    buckets.exists(&input.bucket)?;
    let condition = condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let headers = buckets.encrypted(&input.bucket, input.object_headers()?)?;
    let digests = ExpectedDigests::of(
        &request.headers,
        &request.extensions,
        request.trailing_headers,
        input.content_md5.take(),
    )?;
    let staged = receive(
        buckets,
        input.body.take(),
        &digests.or_computed(Some(AskedChecksum::usual())),
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

/// The condition of a write.
pub(super) fn condition(
    is: Option<&ETagCondition>,
    is_not: Option<&ETagCondition>,
) -> S3Result<WriteCondition> {
    let text = "If-None-Match must be *, and cannot be combined with If-Match";
    WriteCondition::of(is, is_not).ok_or_else(|| s3_error!(NotImplemented, "{text}"))
}
