//! Multipart uploads.

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CommonPrefix,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, CopyPartResult,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, Initiator, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Owner, Part,
    Range, StorageClass, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::members::{Account, check_owner};
use super::output::{OperationResult, done, on_disk};
use super::writing::{check_source, condition};
use crate::s3::address::address;
use crate::s3::body::integrity::ExpectedDigests;
use crate::s3::body::receive::receive;
use crate::s3::body::send::stream;
use crate::s3::convert::encryption::with_encryption;
use crate::s3::convert::head::{copy_source, etag, modified, range};
use crate::s3::convert::headers::DescribesObject as _;
use crate::s3::convert::listing::{check_encoding, encoded};
use crate::s3::convert::upload::{algorithm, asked_kind, asked_of_upload, listed_part};
use crate::s3::multipart::completion::{Completion, CompletionPart};
use crate::s3::multipart::listing::{UploadQuery, upload_page};
use crate::s3::object::acl::owner;
use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::asked_checksum::AskedChecksum;
use crate::s3::object::checksum::{shown_kind, with_checksum};
use crate::s3::object::checksum_members::given_checksum;
use crate::s3::object::condition::ReadConditions;
use crate::s3::object::date::{date, seconds};
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::listing::PAGE;
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

pub(super) async fn list_parts(
    buckets: &Buckets,
    request: S3Request<ListPartsInput>,
) -> OperationResult<ListPartsOutput> {
    let input = request.input;
    let upload = buckets.upload(&input.bucket, &input.key, &input.upload_id)?;
    let after = input.part_number_marker.unwrap_or_default();
    let most = limit(input.max_parts, "max-parts")?;
    let mut rest = upload.parts.range(after.saturating_add(1)..);
    let listed: Vec<Part> = rest
        .by_ref()
        .take(most)
        .map(|(number, part)| listed_part(*number, &part.head))
        .collect();
    let is_truncated = most > 0 && rest.next().is_some();
    let next = listed
        .last()
        .and_then(|part| part.part_number)
        .unwrap_or(after);
    done(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        part_number_marker: Some(after),
        next_part_number_marker: Some(next),
        max_parts: i32::try_from(most).ok(),
        is_truncated: Some(is_truncated),
        parts: Some(listed),
        owner: Some(owner()),
        initiator: Some(initiator()),
        storage_class: Some(class_of(&upload)),
        checksum_algorithm: upload
            .checksum
            .as_ref()
            .map(|checksum| algorithm(checksum.algorithm)),
        checksum_type: shown_kind(upload.checksum.as_ref()),
        ..ListPartsOutput::default()
    })
}

pub(super) async fn list_multipart_uploads(
    buckets: &Buckets,
    request: S3Request<ListMultipartUploadsInput>,
) -> OperationResult<ListMultipartUploadsOutput> {
    let input = request.input;
    let encoding = input.encoding_type.as_ref();
    check_encoding(encoding)?;
    let query = UploadQuery {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input
            .delimiter
            .clone()
            .filter(|delimiter| !delimiter.is_empty()),
        // Without a key marker, the marker of ids means nothing, says S3.
        after: input
            .key_marker
            .clone()
            .map(|key| (key, input.upload_id_marker.clone())),
        limit: limit(input.max_uploads, "max-uploads")?,
    };
    let open = buckets.open_uploads(&input.bucket)?;
    let page = upload_page(&open, &query);
    let shown = |(id, upload): &&(String, Upload)| MultipartUpload {
        upload_id: Some(id.clone()),
        key: Some(encoded(&upload.key, encoding)),
        initiated: Some(date(upload.started)),
        initiator: Some(initiator()),
        owner: Some(owner()),
        storage_class: Some(class_of(upload)),
        checksum_algorithm: upload
            .checksum
            .as_ref()
            .map(|checksum| algorithm(checksum.algorithm)),
        checksum_type: shown_kind(upload.checksum.as_ref()),
    };
    let prefix = |prefix: &String| CommonPrefix {
        prefix: Some(encoded(prefix, encoding)),
    };
    let (next_key, next_id) = page.next.clone().unzip();
    done(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        uploads: Some(page.uploads.iter().map(shown).collect()),
        common_prefixes: Some(page.common_prefixes.iter().map(prefix).collect()),
        prefix: input.prefix.map(|prefix| encoded(&prefix, encoding)),
        delimiter: input
            .delimiter
            .map(|delimiter| encoded(&delimiter, encoding)),
        key_marker: Some(
            input
                .key_marker
                .map(|marker| encoded(&marker, encoding))
                .unwrap_or_default(),
        ),
        upload_id_marker: Some(input.upload_id_marker.unwrap_or_default()),
        next_key_marker: next_key.map(|key| encoded(&key, encoding)),
        next_upload_id_marker: next_id,
        max_uploads: i32::try_from(query.limit).ok(),
        is_truncated: Some(page.next.is_some()),
        encoding_type: input.encoding_type,
        ..ListMultipartUploadsOutput::default()
    })
}

/// How many entries a page may have.
fn limit(asked: Option<i32>, name: &str) -> S3Result<usize> {
    let invalid = |_| {
        s3_error!(
            InvalidArgument,
            "Argument {name} must be an integer between 0 and 2147483647"
        )
    };
    Ok(asked
        .map(usize::try_from)
        .transpose()
        .map_err(invalid)?
        .unwrap_or(PAGE)
        .min(PAGE))
}

fn initiator() -> Initiator {
    let Owner { display_name, id } = owner();
    Initiator { display_name, id }
}

fn class_of(upload: &Upload) -> StorageClass {
    let class = upload.headers.storage_class.clone();
    class.map_or_else(
        || StorageClass::from_static(StorageClass::STANDARD),
        StorageClass::from,
    )
}
