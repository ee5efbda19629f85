//! GetObjectAttributes: what is asked of an object's head, and nothing else.

use s3s::dto::{
    Checksum as Shown, GetObjectAttributesInput, GetObjectAttributesOutput,
    GetObjectAttributesParts, ObjectAttributes, ObjectPart, StorageClass,
};
use s3s::{S3Request, S3Result, s3_error};

use super::output::{OperationResult, done, on_disk};
use crate::s3::convert::head::{etag, modified};
use crate::s3::object::checksum::{Checksum, shown_kind, with_checksum};
use crate::s3::object::head::Head;
use crate::s3::object::version::only_version;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::listing::PAGE;

const KNOWN: [&str; 5] = [
    ObjectAttributes::CHECKSUM,
    ObjectAttributes::ETAG,
    ObjectAttributes::OBJECT_PARTS,
    ObjectAttributes::OBJECT_SIZE,
    ObjectAttributes::STORAGE_CLASS,
];

pub(super) async fn get_object_attributes(
    buckets: &Buckets,
    request: S3Request<GetObjectAttributesInput>,
) -> OperationResult<GetObjectAttributesOutput> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    // The library leaves a list in one header as it is.
    let listed = input
        .object_attributes
        .iter()
        .flat_map(|names| names.as_str().split(','));
    let asked: Vec<&str> = listed
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if asked.is_empty() || asked.iter().any(|name| !KNOWN.contains(name)) {
        return Err(s3_error!(
            InvalidArgument,
            "Invalid attribute name specified."
        ));
    }
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let object = on_disk(buckets, move |buckets| buckets.get(&bucket, &key)).await?;
    let head = &object.head;
    let is_asked = |name: &str| asked.contains(&name);
    let class = head
        .headers
        .storage_class
        .clone()
        .unwrap_or_else(|| StorageClass::STANDARD.to_owned());
    done(GetObjectAttributesOutput {
        last_modified: Some(modified(head)),
        e_tag: is_asked(ObjectAttributes::ETAG).then(|| etag(head)),
        object_size: i64::try_from(head.size)
            .ok()
            .filter(|_| is_asked(ObjectAttributes::OBJECT_SIZE)),
        storage_class: is_asked(ObjectAttributes::STORAGE_CLASS).then(|| StorageClass::from(class)),
        checksum: head
            .checksum
            .as_ref()
            .filter(|_| is_asked(ObjectAttributes::CHECKSUM))
            .map(shown),
        object_parts: match is_asked(ObjectAttributes::OBJECT_PARTS) && !head.parts.is_empty() {
            true => Some(parts(head, input.part_number_marker, input.max_parts)?),
            false => None,
        },
        ..GetObjectAttributesOutput::default()
    })
}

fn shown(checksum: &Checksum) -> Shown {
    // The count behind a checksum of checksums is shown by reads only.
    let mut checksum = checksum.clone();
    checksum
        .value
        .truncate(checksum.value.find('-').unwrap_or(checksum.value.len()));
    let shown = Shown {
        checksum_type: shown_kind(Some(&checksum)),
        ..Shown::default()
    };
    with_checksum(Some(&checksum), shown)
}

/// One page of the parts. Their sizes and numbers are shown when they have checksums of their own,
/// as S3 has it; their count always is.
fn parts(
    head: &Head,
    marker: Option<i32>,
    most: Option<i32>,
) -> S3Result<GetObjectAttributesParts> {
    let after = marker.unwrap_or_default();
    let invalid = |_| {
        s3_error!(
            InvalidArgument,
            "x-amz-max-parts must be a number from 0 to 2147483647"
        )
    };
    let most = most
        .map(usize::try_from)
        .transpose()
        .map_err(invalid)?
        .unwrap_or(PAGE)
        .min(PAGE);
    let mut rest = head
        .parts
        .iter()
        .filter(|part| part.number > after && part.checksum.is_some());
    let listed: Vec<ObjectPart> = rest
        .by_ref()
        .take(most)
        .map(|part| {
            let (number, size) = (Some(part.number), i64::try_from(part.size).ok());
            with_checksum(
                part.checksum.as_ref(),
                ObjectPart {
                    part_number: number,
                    size,
                    ..ObjectPart::default()
                },
            )
        })
        .collect();
    let is_truncated = rest.next().is_some();
    Ok(GetObjectAttributesParts {
        is_truncated: Some(is_truncated),
        max_parts: i32::try_from(most).ok(),
        part_number_marker: Some(after),
        next_part_number_marker: Some(
            listed
                .last()
                .and_then(|part| part.part_number)
                .unwrap_or(after),
        ),
        parts: Some(listed).filter(|parts| !parts.is_empty()),
        total_parts_count: i32::try_from(head.parts.len()).ok(),
    })
}
