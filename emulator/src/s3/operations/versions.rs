//! Versions: an object has one, `null`, as in a bucket whose versioning was never enabled.

use s3s::dto::{
    BucketVersioningStatus, GetBucketVersioningInput, GetBucketVersioningOutput,
    ListObjectVersionsInput, ListObjectVersionsOutput, MFADelete, ObjectVersion,
    ObjectVersionStorageClass, PutBucketVersioningInput, PutBucketVersioningOutput,
    VersioningConfiguration,
};
use s3s::{S3Request, s3_error};

use super::listing::listed_page;
use super::output::{OperationResult, done, on_disk};
use crate::s3::convert::listing::{check_encoding, encoded, query};
use crate::s3::object::acl::owner;
use crate::s3::object::version::NULL;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::setting::Setting;
use crate::s3::storage::setting_xml::to_xml;

pub(super) async fn get_bucket_versioning(
    buckets: &Buckets,
    request: S3Request<GetBucketVersioningInput>,
) -> OperationResult<GetBucketVersioningOutput> {
    let kept: Option<VersioningConfiguration> =
        buckets.setting(&request.input.bucket, Setting::Versioning)?;
    // A bucket that never had versions says nothing about them.
    done(GetBucketVersioningOutput {
        status: kept.and_then(|kept| kept.status),
        mfa_delete: None,
    })
}

pub(super) async fn put_bucket_versioning(
    buckets: &Buckets,
    request: S3Request<PutBucketVersioningInput>,
) -> OperationResult<PutBucketVersioningOutput> {
    let PutBucketVersioningInput {
        bucket,
        versioning_configuration,
        ..
    } = request.input;
    let VersioningConfiguration { mfa_delete, status } = &versioning_configuration;
    if mfa_delete
        .as_ref()
        .is_some_and(|delete| delete.as_str() == MFADelete::ENABLED)
    {
        return Err(s3_error!(
            NotImplemented,
            "MfaDelete is not implemented: there are no MFA devices here"
        ));
    }
    match status.as_ref().map(BucketVersioningStatus::as_str) {
        Some(BucketVersioningStatus::ENABLED) => tracing::warn!(
            "versioning of bucket {bucket:?} is kept as Enabled, but old versions are not: an object that is overwritten \
             or deleted is gone"
        ),
        Some(BucketVersioningStatus::SUSPENDED) => {}
        _ => {
            return Err(s3_error!(
                IllegalVersioningConfigurationException,
                "Status must be Enabled or Suspended"
            ));
        }
    }
    let kept = to_xml(&versioning_configuration)?;
    on_disk(buckets, move |buckets| {
        buckets.set(&bucket, Setting::Versioning, kept)
    })
    .await?;
    done(PutBucketVersioningOutput::default())
}

pub(super) async fn list_object_versions(
    buckets: &Buckets,
    request: S3Request<ListObjectVersionsInput>,
) -> OperationResult<ListObjectVersionsOutput> {
    let input = request.input;
    let encoding = input.encoding_type.as_ref();
    check_encoding(encoding)?;
    if input.version_id_marker.is_some() && input.key_marker.is_none() {
        let text = "A version-id marker cannot be specified without a key marker.";
        return Err(s3_error!(InvalidArgument, "{text}"));
    }
    // Every key has one version, so the page goes on behind the key, whichever version the marker
    // names.
    let query = query(
        input.prefix.as_deref(),
        input.delimiter.as_deref(),
        input.key_marker.as_deref(),
        input.max_keys,
    )?;
    let listed = listed_page(buckets, &input.bucket, &query, encoding).await?;
    let is_truncated = listed.next.is_some();
    done(ListObjectVersionsOutput {
        name: Some(input.bucket),
        prefix: Some(encoded(&query.prefix, encoding)),
        delimiter: input
            .delimiter
            .map(|delimiter| encoded(&delimiter, encoding)),
        key_marker: Some(encoded(&query.after, encoding)),
        version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
        max_keys: i32::try_from(query.limit).ok(),
        is_truncated: Some(is_truncated),
        next_version_id_marker: is_truncated.then(|| NULL.to_owned()),
        next_key_marker: listed.next.map(|next| encoded(&next, encoding)),
        versions: Some(listed.contents.into_iter().map(version).collect()),
        common_prefixes: Some(listed.common_prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectVersionsOutput::default()
    })
}

/// The only version of an object.
fn version(object: s3s::dto::Object) -> ObjectVersion {
    ObjectVersion {
        checksum_algorithm: object.checksum_algorithm,
        checksum_type: object.checksum_type,
        e_tag: object.e_tag,
        is_latest: Some(true),
        key: object.key,
        last_modified: object.last_modified,
        owner: Some(owner()),
        restore_status: None,
        size: object.size,
        storage_class: object
            .storage_class
            .map(|class| ObjectVersionStorageClass::from(class.as_str().to_owned())),
        version_id: Some(NULL.to_owned()),
    }
}
