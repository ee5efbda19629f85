//! Heads, pages and parts in the library's types. Pure.

use std::sync::Arc;

use kit::time::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    ChecksumAlgorithm, ChecksumType, CommonPrefix, CopySource, ETag, EncodingType,
    Object as ListedObject, ObjectStorageClass, Part as ListedPart, Range, ServerSideEncryption,
    StorageClass, Tag, Timestamp as Date,
};
use s3s::{S3Result, s3_error};

use super::acl::owner;
use super::checksum::{Algorithm, Checksum, Kind};
use super::condition::date;
use super::file::{Encryption, Head};
use super::listing::{PAGE, Page, Query};
use super::objects::Object;
use super::operations::only_version;

/// What a listing with `encoding-type=url` leaves as it is.
const IN_LISTING: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'/')
    .remove(b'*');

/// What a put, a copy and an upload say of their object, in the same members.
macro_rules! headers_of {
    ($input:expr) => {
        $crate::bucket::file::Headers {
            content_type: $input.content_type.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_language: $input.content_language.clone(),
            content_disposition: $input.content_disposition.clone(),
            cache_control: $input.cache_control.clone(),
            expires: $input
                .expires
                .clone()
                .and_then($crate::bucket::shown::millis),
            metadata: $crate::bucket::shown::sorted($input.metadata.clone().unwrap_or_default()),
            tags: $crate::bucket::tags::of_header($input.tagging.as_deref())?,
            storage_class: $crate::bucket::shown::storage_class($input.storage_class.as_ref())?,
            website_redirect: $input.website_redirect_location.clone(),
            encryption: $crate::bucket::shown::encryption(
                $input.server_side_encryption.as_ref(),
                $input.ssekms_key_id.clone(),
                $input.ssekms_encryption_context.clone(),
                $input.bucket_key_enabled,
            )?,
            acl: $crate::bucket::acl::Acl::asked(
                $input.acl.as_ref().map(|acl| acl.as_str()),
                &$crate::bucket::acl::grants_of!($input),
            )?,
        }
    };
}
pub(super) use headers_of;

/// An answer that shows a checksum, in the five members that S3 has for it.
macro_rules! with_checksum {
    ($checksum:expr, $output:ident { $($member:ident $(: $value:expr)?),* $(,)? }) => {{
        let shown = $crate::bucket::checksum::Checksum::shown($checksum);
        #[allow(clippy::needless_update, reason = "some answers have no other members")]
        let output = $output {
            checksum_crc32: shown.checksum_crc32,
            checksum_crc32c: shown.checksum_crc32c,
            checksum_crc64nvme: shown.checksum_crc64nvme,
            checksum_sha1: shown.checksum_sha1,
            checksum_sha256: shown.checksum_sha256,
            $($member $(: $value)?,)*
            ..$output::default()
        };
        output
    }};
}
pub(super) use with_checksum;

/// The one checksum that a request gives in the five members that S3 has for it.
macro_rules! given_checksum {
    ($input:expr) => {{
        use $crate::bucket::checksum::Algorithm;
        let members = [
            (Algorithm::Crc32, &$input.checksum_crc32),
            (Algorithm::Crc32C, &$input.checksum_crc32c),
            (Algorithm::Crc64Nvme, &$input.checksum_crc64nvme),
            (Algorithm::Sha1, &$input.checksum_sha1),
            (Algorithm::Sha256, &$input.checksum_sha256),
        ];
        let given = members
            .into_iter()
            .filter_map(|(algorithm, value)| Some((algorithm, value.clone()?)));
        $crate::bucket::checksum::one(given.collect())
    }};
}
pub(super) use given_checksum;

/// How an answer says that its object is encrypted, in the three members that S3 has for it.
macro_rules! with_encryption {
    ($headers:expr, $output:expr) => {{
        let mut output = $output;
        let encryption = $headers.encryption.as_ref();
        let algorithm = encryption.map_or(s3s::dto::ServerSideEncryption::AES256, |encryption| {
            &encryption.algorithm
        });
        output.server_side_encryption =
            Some(s3s::dto::ServerSideEncryption::from(algorithm.to_owned()));
        output.ssekms_key_id = encryption.and_then(|encryption| encryption.key.clone());
        output.bucket_key_enabled = encryption.and_then(|encryption| encryption.bucket_key);
        output
    }};
}
pub(super) use with_encryption;

/// A page of a listing.
pub(super) struct Listed {
    pub contents: Vec<ListedObject>,
    pub common_prefixes: Vec<CommonPrefix>,
    pub next: Option<String>,
}

impl Listed {
    pub(super) fn of(page: &Page<Arc<Object>>, encoding: Option<&EncodingType>) -> Listed {
        let prefix = |prefix: &String| CommonPrefix {
            prefix: Some(encoded(prefix, encoding)),
        };
        Listed {
            contents: page
                .objects
                .iter()
                .map(|object| listed(&object.head, encoding))
                .collect(),
            common_prefixes: page.common_prefixes.iter().map(prefix).collect(),
            next: page.next.clone(),
        }
    }

    /// The same, with the owner of each object.
    pub(super) fn with_owner(mut self) -> Listed {
        self.contents
            .iter_mut()
            .for_each(|object| object.owner = Some(owner()));
        self
    }
}

fn listed(head: &Head, encoding: Option<&EncodingType>) -> ListedObject {
    let algorithm = head
        .checksum
        .as_ref()
        .map(|checksum| vec![algorithm(checksum.algorithm)]);
    ListedObject {
        key: Some(encoded(&head.key, encoding)),
        size: i64::try_from(head.size).ok(),
        e_tag: Some(etag(head)),
        last_modified: Some(modified(head)),
        storage_class: Some(ObjectStorageClass::from(class_name(head).to_owned())),
        checksum_algorithm: algorithm,
        checksum_type: Checksum::shown(head.checksum.as_ref()).checksum_type,
        ..ListedObject::default()
    }
}

pub(super) fn listed_part(number: i32, head: &Head) -> ListedPart {
    with_checksum!(
        head.checksum.as_ref(),
        ListedPart {
            part_number: Some(number),
            size: i64::try_from(head.size).ok(),
            e_tag: Some(etag(head)),
            last_modified: Some(modified(head)),
        }
    )
}

pub(super) fn algorithm(algorithm: Algorithm) -> ChecksumAlgorithm {
    ChecksumAlgorithm::from_static(algorithm.name())
}

/// What the object of an upload shall have, as the request that begins the upload says it.
pub(super) fn asked_of_upload(
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
    let kind = asked_kind(kind)?.unwrap_or_else(|| algorithm.usual_kind());
    let is_sha = matches!(algorithm, Algorithm::Sha1 | Algorithm::Sha256);
    if (kind == Kind::FullObject && is_sha)
        || (kind == Kind::Composite && algorithm == Algorithm::Crc64Nvme)
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

pub(super) fn asked_kind(kind: Option<&ChecksumType>) -> S3Result<Option<Kind>> {
    let unknown = || {
        s3_error!(
            InvalidRequest,
            "Value for x-amz-checksum-type header is invalid."
        )
    };
    kind.map(|kind| Kind::named(kind.as_str()).ok_or_else(unknown))
        .transpose()
}

/// The storage class that a request asks for, unless it is the usual one.
pub(super) fn storage_class(asked: Option<&StorageClass>) -> S3Result<Option<String>> {
    const KNOWN: [&str; 8] = [
        StorageClass::STANDARD,
        StorageClass::REDUCED_REDUNDANCY,
        StorageClass::STANDARD_IA,
        StorageClass::ONEZONE_IA,
        StorageClass::INTELLIGENT_TIERING,
        StorageClass::GLACIER_IR,
        StorageClass::GLACIER,
        StorageClass::DEEP_ARCHIVE,
    ];
    let invalid = || {
        s3_error!(
            InvalidStorageClass,
            "The storage class you specified is not valid"
        )
    };
    let name = asked.map(|asked| {
        KNOWN
            .into_iter()
            .find(|known| *known == asked.as_str())
            .ok_or_else(invalid)
    });
    Ok(name
        .transpose()?
        .filter(|name| *name != StorageClass::STANDARD)
        .map(ToOwned::to_owned))
}

pub(super) fn class_name(head: &Head) -> &str {
    head.headers
        .storage_class
        .as_deref()
        .unwrap_or(StorageClass::STANDARD)
}

/// The storage class of an answer about one object, which leaves the usual one out.
pub(super) fn shown_class(head: &Head) -> Option<StorageClass> {
    head.headers.storage_class.clone().map(StorageClass::from)
}

/// The encryption that a request asks for.
pub(super) fn encryption(
    algorithm: Option<&ServerSideEncryption>,
    key: Option<String>,
    context: Option<String>,
    bucket_key: Option<bool>,
) -> S3Result<Option<Encryption>> {
    const KNOWN: [&str; 3] = [
        ServerSideEncryption::AES256,
        ServerSideEncryption::AWS_KMS,
        ServerSideEncryption::AWS_KMS_DSSE,
    ];
    let algorithm = algorithm.map(ServerSideEncryption::as_str);
    if algorithm.is_some_and(|name| !KNOWN.contains(&name)) {
        return Err(s3_error!(
            InvalidArgument,
            "The encryption method specified is not supported"
        ));
    }
    let of_kms = algorithm.is_some_and(|name| name != ServerSideEncryption::AES256);
    if key.is_some() && !of_kms {
        let text = "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : \
                    aws:kms";
        return Err(s3_error!(InvalidArgument, "{text}"));
    }
    Ok(algorithm.map(|algorithm| Encryption {
        algorithm: algorithm.to_owned(),
        key,
        context,
        bucket_key,
    }))
}

/// The part of the body to send, and `Content-Range` when it is not all of it.
pub(super) fn range(
    asked: Option<&Range>,
    size: u64,
) -> S3Result<(std::ops::Range<u64>, Option<String>)> {
    let Some(asked) = asked else {
        return Ok((0..size, None));
    };
    let part = asked.check(size).map_err(|error| {
        s3_error!(
            error,
            InvalidRange,
            "The requested range is not satisfiable"
        )
    })?;
    let text = format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1));
    Ok((part, Some(text)))
}

pub(super) fn query(
    prefix: Option<&str>,
    delimiter: Option<&str>,
    after: Option<&str>,
    limit: Option<i32>,
) -> S3Result<Query> {
    let invalid = |_| {
        s3_error!(
            InvalidArgument,
            "Argument maxKeys must be an integer between 0 and 2147483647"
        )
    };
    Ok(Query {
        prefix: prefix.unwrap_or_default().to_owned(),
        delimiter: delimiter.map(ToOwned::to_owned),
        after: after.unwrap_or_default().to_owned(),
        limit: limit
            .map(usize::try_from)
            .transpose()
            .map_err(invalid)?
            .unwrap_or(PAGE)
            .min(PAGE),
    })
}

/// The only coding of listings is `url`.
pub(super) fn check_encoding(encoding: Option<&EncodingType>) -> S3Result<()> {
    match encoding.is_none_or(|encoding| encoding.as_str() == EncodingType::URL) {
        true => Ok(()),
        false => Err(s3_error!(
            InvalidArgument,
            "Invalid Encoding Method specified in Request"
        )),
    }
}

pub(super) fn encoded(text: &str, encoding: Option<&EncodingType>) -> String {
    match encoding {
        Some(_) => utf8_percent_encode(text, IN_LISTING).to_string(),
        None => text.to_owned(),
    }
}

/// A token is the last key, in hex, so that it is opaque and safe in a URL.
pub(super) fn to_token(key: &str) -> String {
    hex::encode(key)
}

pub(super) fn from_token(token: &str) -> S3Result<String> {
    let key = hex::decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| {
        s3_error!(
            InvalidArgument,
            "The continuation token provided is incorrect"
        )
    })
}

/// Bucket and key of a copy's source.
pub(super) fn source(source: &CopySource) -> S3Result<(String, String)> {
    match source {
        CopySource::Bucket {
            bucket,
            key,
            version_id,
        } => {
            only_version(version_id.as_deref())?;
            Ok((bucket.to_string(), key.to_string()))
        }
        _ => Err(s3_error!(
            NotImplemented,
            "copies are made from buckets only"
        )),
    }
}

pub(super) fn etag(head: &Head) -> ETag {
    ETag::Strong(head.etag.clone())
}

pub(super) fn content_type(head: &Head) -> String {
    head.headers
        .content_type
        .clone()
        .unwrap_or_else(|| "binary/octet-stream".to_owned())
}

pub(super) fn modified(head: &Head) -> Date {
    date(Timestamp::from_millis(head.modified))
}

pub(super) fn expires(head: &Head) -> Option<Date> {
    Some(date(Timestamp::from_millis(head.headers.expires?)))
}

pub(super) fn millis(date: Date) -> Option<u64> {
    let at: time::OffsetDateTime = date.into();
    u64::try_from(at.unix_timestamp()).ok()?.checked_mul(1000)
}

pub(super) fn sorted(
    metadata: impl IntoIterator<Item = (String, String)>,
) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = metadata.into_iter().collect();
    pairs.sort();
    pairs
}

pub(super) fn shown_tags(head: &Head) -> Vec<Tag> {
    let tags = head.headers.tags.iter().cloned();
    tags.map(|(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    })
    .collect()
}
