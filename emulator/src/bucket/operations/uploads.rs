//! Multipart uploads.

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CompletedPart, CopyPartResult, CreateMultipartUploadInput, CreateMultipartUploadOutput, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part, Range, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, s3_error};

use super::writing::condition;
use super::{Answer, done, on_disk};
use crate::bucket::body::{self, Promise};
use crate::bucket::checksum::{Asked, Checksum};
use crate::bucket::condition::date;
use crate::bucket::listing::PAGE;
use crate::bucket::multipart::{AskedPart, Upload};
use crate::bucket::objects::Buckets;
use crate::bucket::shown::{
    algorithm, asked_of_upload, etag, given_checksum, headers_of, listed_part, modified, range, source, with_checksum,
};

pub(super) async fn create_multipart_upload(
    buckets: &Buckets,
    request: S3Request<CreateMultipartUploadInput>,
) -> Answer<CreateMultipartUploadOutput> {
    let input = request.input;
    let headers = headers_of!(input);
    let checksum = asked_of_upload(input.checksum_algorithm.as_ref(), input.checksum_type.as_ref())?;
    let (bucket, key, asked) = (input.bucket.clone(), input.key.clone(), checksum.clone());
    let begin = move |buckets: &Buckets| buckets.begin_upload(&bucket, &key, headers, asked);
    let id = on_disk(buckets, begin).await?;
    done(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: checksum.as_ref().map(|checksum| algorithm(checksum.algorithm)),
        checksum_type: Checksum::shown(checksum.as_ref()).checksum_type,
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) async fn upload_part(buckets: &Buckets, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
    let mut input = request.input;
    let upload = buckets.upload(&input.bucket, &input.key, &input.upload_id)?;
    let promise =
        Promise::of(&request.headers, &request.extensions, request.trailing_headers, input.content_md5.take());
    let draft = buckets.receive(input.body.take(), &promise.or_summed(asked_of(&upload))).await?;
    let add = move |buckets: &Buckets| buckets.add_part(&input.bucket, &input.upload_id, input.part_number, draft);
    let part = on_disk(buckets, add).await?;
    done(with_checksum!(part.head.checksum.as_ref(), UploadPartOutput { e_tag: Some(etag(&part.head)) }))
}

pub(super) async fn upload_part_copy(
    buckets: &Buckets,
    request: S3Request<UploadPartCopyInput>,
) -> Answer<UploadPartCopyOutput> {
    let input = request.input;
    let upload = buckets.upload(&input.bucket, &input.key, &input.upload_id)?;
    let (bucket, key) = source(&input.copy_source)?;
    let (from, body) = on_disk(buckets, move |buckets| buckets.open_object(&bucket, &key)).await?;
    let asked = input.copy_source_range.as_deref().map(Range::parse).transpose();
    let asked = asked.map_err(|error| s3_error!(error, InvalidArgument))?;
    let (range, _) = range(asked.as_ref(), from.head.size)?;
    let promise = Promise::summed(asked_of(&upload));
    let draft = buckets.receive(Some(body::stream(body, range).await?), &promise).await?;
    let add = move |buckets: &Buckets| buckets.add_part(&input.bucket, &input.upload_id, input.part_number, draft);
    let part = on_disk(buckets, add).await?;
    let result = with_checksum!(
        part.head.checksum.as_ref(),
        CopyPartResult { e_tag: Some(etag(&part.head)), last_modified: Some(modified(&part.head)) }
    );
    done(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
}

/// What the parts of an upload are summed with.
fn asked_of(upload: &Upload) -> Option<Asked> {
    Some(Asked { algorithm: upload.checksum.as_ref()?.algorithm, value: None })
}

pub(super) async fn complete_multipart_upload(
    buckets: &Buckets,
    request: S3Request<CompleteMultipartUploadInput>,
) -> Answer<CompleteMultipartUploadOutput> {
    let input = request.input;
    let condition = condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let whole = given_checksum!(input);
    let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let asked: Option<Vec<AskedPart>> = parts.iter().map(asked_part).collect();
    let asked = asked.ok_or_else(|| s3_error!(MalformedXML, "every part needs PartNumber and ETag"))?;
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let complete = move |buckets: &Buckets| {
        buckets.complete_upload(&bucket, &key, &input.upload_id, &asked, whole.as_deref(), &condition)
    };
    let object = on_disk(buckets, complete).await?;
    let checksum = object.head.checksum.as_ref();
    done(with_checksum!(
        checksum,
        CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(etag(&object.head)),
            checksum_type: Checksum::shown(checksum).checksum_type,
        }
    ))
}

fn asked_part(part: &CompletedPart) -> Option<AskedPart> {
    let (number, etag) = (part.part_number?, part.e_tag.as_ref()?.value().to_owned());
    Some(AskedPart { number, etag, checksum: given_checksum!(part) })
}

pub(super) async fn abort_multipart_upload(
    buckets: &Buckets,
    request: S3Request<AbortMultipartUploadInput>,
) -> Answer<AbortMultipartUploadOutput> {
    let input = request.input;
    on_disk(buckets, move |buckets| buckets.abort_upload(&input.bucket, &input.key, &input.upload_id)).await?;
    done(AbortMultipartUploadOutput::default())
}

pub(super) async fn list_parts(buckets: &Buckets, request: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
    let input = request.input;
    let upload = buckets.upload(&input.bucket, &input.key, &input.upload_id)?;
    let after = input.part_number_marker.unwrap_or_default();
    let most = input.max_parts.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE).min(PAGE);
    let mut rest = upload.parts.range(after.saturating_add(1)..);
    let listed: Vec<Part> = rest.by_ref().take(most).map(|(number, part)| listed_part(*number, &part.head)).collect();
    let is_truncated = most > 0 && rest.next().is_some();
    done(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        part_number_marker: input.part_number_marker,
        next_part_number_marker: listed.last().filter(|_| is_truncated).and_then(|part| part.part_number),
        max_parts: i32::try_from(most).ok(),
        is_truncated: Some(is_truncated),
        parts: Some(listed),
        ..ListPartsOutput::default()
    })
}

pub(super) async fn list_multipart_uploads(
    buckets: &Buckets,
    request: S3Request<ListMultipartUploadsInput>,
) -> Answer<ListMultipartUploadsOutput> {
    let input = request.input;
    let prefix = input.prefix.clone().unwrap_or_default();
    let open = buckets.open_uploads(&input.bucket)?;
    let uploads = open.into_iter().filter(|(_, upload)| upload.key.starts_with(&prefix)).map(|(id, upload)| {
        let initiated = Some(date(upload.started));
        MultipartUpload { upload_id: Some(id), key: Some(upload.key), initiated, ..MultipartUpload::default() }
    });
    done(ListMultipartUploadsOutput {
        uploads: Some(uploads.collect()),
        bucket: Some(input.bucket),
        prefix: input.prefix,
        is_truncated: Some(false),
        ..ListMultipartUploadsOutput::default()
    })
}
