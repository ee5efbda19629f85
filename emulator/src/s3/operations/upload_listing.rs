//! Open multipart uploads and their parts, listed.

use s3s::dto::{
    CommonPrefix, EncodingType, Initiator, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListPartsInput, ListPartsOutput, MultipartUpload, Owner, Part, StorageClass,
};
use s3s::{S3Request, S3Result, s3_error};

use super::output::{OperationResult, done};
use crate::s3::convert::listing::{check_encoding, encoded};
use crate::s3::convert::upload::{algorithm, listed_part};
use crate::s3::multipart::listing::{UploadQuery, upload_page};
use crate::s3::object::acl::owner;
use crate::s3::object::checksum::shown_kind;
use crate::s3::object::date::date;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::listing::PAGE;
use crate::s3::storage::upload::Upload;

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
    let query = query(&input)?;
    let open = buckets.open_uploads(&input.bucket)?;
    let page = upload_page(&open, &query);
    let prefix = |prefix: &String| CommonPrefix {
        prefix: Some(encoded(prefix, encoding)),
    };
    let (next_key, next_id) = page.next.clone().unzip();
    done(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        uploads: Some(
            page.uploads
                .iter()
                .map(|entry| shown(entry, encoding))
                .collect(),
        ),
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

fn query(input: &ListMultipartUploadsInput) -> S3Result<UploadQuery> {
    Ok(UploadQuery {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input
            .delimiter
            .clone()
            .filter(|delimiter| !delimiter.is_empty()),
        // S3 ignores the marker of ids without a key marker.
        after: input
            .key_marker
            .clone()
            .map(|key| (key, input.upload_id_marker.clone())),
        limit: limit(input.max_uploads, "max-uploads")?,
    })
}

fn shown((id, upload): &(String, Upload), encoding: Option<&EncodingType>) -> MultipartUpload {
    MultipartUpload {
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
    }
}

/// The number of entries that a page may have.
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
