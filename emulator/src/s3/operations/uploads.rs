//! Multipart uploads.

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CopyPartResult, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, Range, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::copying::check_source;
use super::members::{Account, check_owner};
use super::output::{OperationResult, done, on_disk};
use super::writing::condition;
use crate::s3::address::address;
use crate::s3::body::integrity::ExpectedDigests;
use crate::s3::body::receive::receive;
use crate::s3::body::send::stream;
use crate::s3::convert::encryption::with_encryption;
use crate::s3::convert::head::{copy_source, etag, modified, range};
use crate::s3::convert::headers::DescribesObject as _;
use crate::s3::convert::upload::{algorithm, asked_kind, asked_of_upload};
use crate::s3::multipart::completion::{Completion, CompletionPart};
use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::asked_checksum::AskedChecksum;
use crate::s3::object::checksum::{shown_kind, with_checksum};
use crate::s3::object::checksum_members::given_checksum;
use crate::s3::object::condition::ReadConditions;
use crate::s3::object::date::seconds;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::upload::Upload;

pub(super) async fn create_multipart_upload(
    buckets: &Buckets,
    request: S3Request<CreateMultipartUploadInput>,
) -> OperationResult<CreateMultipartUploadOutput> {
    let input = request.input;
    let headers = buckets.encrypted(&input.bucket, input.object_headers()?)?;
    let shown = headers.clone();
    let checksum = asked_of_upload(
        input.checksum_algorithm.as_ref(),
        input.checksum_type.as_ref(),
    )?;
    let (bucket, key, asked) = (input.bucket.clone(), input.key.clone(), checksum.clone());
    let begin = move |buckets: &Buckets| buckets.begin_upload(&bucket, &key, headers, asked);
    let id = on_disk(buckets, begin).await?;
    let output = CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: checksum
            .as_ref()
            .map(|checksum| algorithm(checksum.algorithm)),
        checksum_type: shown_kind(checksum.as_ref()),
        ..CreateMultipartUploadOutput::default()
    };
    done(with_encryption(&shown, output))
}

pub(super) async fn upload_part(
    buckets: &Buckets,
    request: S3Request<UploadPartInput>,
) -> OperationResult<UploadPartOutput> {
    let mut input = request.input;
    let upload = buckets.upload(&input.bucket, &input.key, &input.upload_id)?;
    let promise = ExpectedDigests::of(
        &request.headers,
        &request.extensions,
        request.trailing_headers,
        input.content_md5.take(),
    )?;
    check_algorithm(&upload, promise.algorithm())?;
    let staged = receive(
        buckets,
        input.body.take(),
        &promise.or_computed(asked_of(&upload)),
    )
    .await?;
    let add = move |buckets: &Buckets| {
        buckets.add_part(&input.bucket, &input.upload_id, input.part_number, staged)
    };
    let part = on_disk(buckets, add).await?;
    let output = with_checksum(
        part.head.checksum.as_ref(),
        UploadPartOutput {
            e_tag: Some(etag(&part.head)),
            ..UploadPartOutput::default()
        },
    );
    done(with_encryption(&upload.headers, output))
}

/// The parts of an upload that named a checksum have that one.
fn check_algorithm(upload: &Upload, given: Option<Algorithm>) -> S3Result<()> {
    let begun = upload.checksum.as_ref().map(|checksum| checksum.algorithm);
    match (begun, given) {
        (Some(begun), Some(given)) if begun != given => Err(s3_error!(
            InvalidRequest,
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            begun.name().to_ascii_lowercase(),
            given.name().to_ascii_lowercase()
        )),
        _ => Ok(()),
    }
}

pub(super) async fn upload_part_copy(
    buckets: &Buckets,
    request: S3Request<UploadPartCopyInput>,
) -> OperationResult<UploadPartCopyOutput> {
    let input = request.input;
    check_owner(
        input.expected_source_bucket_owner.as_deref(),
        request.extensions.get::<Account>(),
    )?;
    let upload = buckets.upload(&input.bucket, &input.key, &input.upload_id)?;
    let (bucket, key) = copy_source(&input.copy_source)?;
    let (from, body) = on_disk(buckets, move |buckets| buckets.open_object(&bucket, &key)).await?;
    check_source(ReadConditions::from(&input), &from.head)?;
    let asked = input
        .copy_source_range
        .as_deref()
        .map(Range::parse)
        .transpose();
    let asked = asked.map_err(|error| {
        let text = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
                    zero-based offsets of the first and last bytes to copy";
        s3_error!(error, InvalidArgument, "{text}")
    })?;
    let (range, _) = range(asked.as_ref(), from.head.size)?;
    let promise = ExpectedDigests::of_copy(asked_of(&upload));
    let staged = receive(buckets, Some(stream(body, range).await?), &promise).await?;
    let add = move |buckets: &Buckets| {
        buckets.add_part(&input.bucket, &input.upload_id, input.part_number, staged)
    };
    let part = on_disk(buckets, add).await?;
    let result = with_checksum(
        part.head.checksum.as_ref(),
        CopyPartResult {
            e_tag: Some(etag(&part.head)),
            last_modified: Some(modified(&part.head)),
            ..CopyPartResult::default()
        },
    );
    let output = UploadPartCopyOutput {
        copy_part_result: Some(result),
        ..UploadPartCopyOutput::default()
    };
    done(with_encryption(&upload.headers, output))
}

/// What the parts of an upload are summed with.
fn asked_of(upload: &Upload) -> Option<AskedChecksum> {
    Some(AskedChecksum {
        algorithm: upload.checksum.as_ref()?.algorithm,
        value: None,
    })
}

pub(super) async fn complete_multipart_upload(
    buckets: &Buckets,
    request: S3Request<CompleteMultipartUploadInput>,
) -> OperationResult<CompleteMultipartUploadOutput> {
    let mut input = request.input;
    let parts = input
        .multipart_upload
        .take()
        .and_then(|upload| upload.parts)
        .unwrap_or_default();
    let size = input.mpu_object_size.map(u64::try_from).transpose();
    let asked = Completion {
        parts: parts.into_iter().map(asked_part).collect::<S3Result<_>>()?,
        checksum: given_checksum(&mut input)?,
        kind: asked_kind(input.checksum_type.as_ref())?,
        size: size.map_err(|_| {
            s3_error!(
                InvalidRequest,
                "Value for x-amz-mp-object-size header is invalid"
            )
        })?,
        condition: condition(input.if_match.as_ref(), input.if_none_match.as_ref())?,
    };
    let location = address(&request.headers, &request.uri, &input.bucket, &input.key);
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let complete =
        move |buckets: &Buckets| buckets.complete_upload(&bucket, &key, &input.upload_id, &asked);
    let object = on_disk(buckets, complete).await?;
    let checksum = object.head.checksum.as_ref();
    let output = with_checksum(
        checksum,
        CompleteMultipartUploadOutput {
            location: Some(location),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(etag(&object.head)),
            checksum_type: shown_kind(checksum),
            ..CompleteMultipartUploadOutput::default()
        },
    );
    done(with_encryption(&object.head.headers, output))
}

fn asked_part(mut part: CompletedPart) -> S3Result<CompletionPart> {
    let incomplete = || s3_error!(MalformedXML, "every part needs PartNumber and ETag");
    let (number, etag) = part
        .part_number
        .zip(part.e_tag.take())
        .ok_or_else(incomplete)?;
    Ok(CompletionPart {
        number,
        etag: etag.value().to_owned(),
        checksum: given_checksum(&mut part)?,
    })
}

pub(super) async fn abort_multipart_upload(
    buckets: &Buckets,
    request: S3Request<AbortMultipartUploadInput>,
) -> OperationResult<AbortMultipartUploadOutput> {
    let input = request.input;
    let started = input.if_match_initiated_time.as_ref().map(seconds);
    on_disk(buckets, move |buckets| {
        buckets.abort_upload(&input.bucket, &input.key, &input.upload_id, started)
    })
    .await?;
    done(AbortMultipartUploadOutput::default())
}
