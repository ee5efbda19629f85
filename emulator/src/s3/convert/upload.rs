//! Multipart uploads: what a request asks of the object, and the parts that a listing shows.

use s3s::dto::{ChecksumAlgorithm, ChecksumType, Part};
use s3s::{S3Result, s3_error};

use super::head::{etag, modified};
use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::checksum::{Checksum, ChecksumKind, with_checksum};
use crate::s3::object::head::Head;

pub(crate) fn listed_part(number: i32, head: &Head) -> Part {
    let part = Part {
        part_number: Some(number),
        size: i64::try_from(head.size).ok(),
        e_tag: Some(etag(head)),
        last_modified: Some(modified(head)),
        ..Part::default()
    };
    with_checksum(head.checksum.as_ref(), part)
}

pub(crate) fn algorithm(algorithm: Algorithm) -> ChecksumAlgorithm {
    ChecksumAlgorithm::from_static(algorithm.name())
}

/// The checksum that a request asks for when it begins an upload.
pub(crate) fn asked_of_upload(
    algorithm: Option<&ChecksumAlgorithm>,
    kind: Option<&ChecksumType>,
) -> S3Result<Option<Checksum>> {
    let Some(algorithm) = algorithm else {
        let text = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.";
        return if kind.is_none() {
            Ok(None)
        } else {
            Err(s3_error!(InvalidRequest, "{text}"))
        };
    };
    let algorithm = Algorithm::known(algorithm.as_str())?;
    let kind = asked_kind(kind)?.unwrap_or_else(|| ChecksumKind::usual(algorithm));
    let is_sha = matches!(algorithm, Algorithm::Sha1 | Algorithm::Sha256);
    if (kind == ChecksumKind::FullObject && is_sha)
        || (kind == ChecksumKind::Composite && algorithm == Algorithm::Crc64Nvme)
    {
        let (kind, name) = (kind.name(), algorithm.name().to_ascii_lowercase());
        return Err(s3_error!(
            InvalidRequest,
            "The {kind} checksum type cannot be used with the {name} checksum algorithm."
        ));
    }
    Ok(Some(Checksum {
        algorithm,
        kind,
        value: String::new(),
    }))
}

pub(crate) fn asked_kind(kind: Option<&ChecksumType>) -> S3Result<Option<ChecksumKind>> {
    let unknown = || {
        s3_error!(
            InvalidRequest,
            "Value for x-amz-checksum-type header is invalid."
        )
    };
    kind.map(|kind| ChecksumKind::named(kind.as_str()).ok_or_else(unknown))
        .transpose()
}
