//! Buckets, and what is in them.

use s3s::dto::{
    Bucket, BucketCannedACL, BucketLocationConstraint, CreateBucketConfiguration,
    CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput,
    GetBucketLocationInput, GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput,
    ListBucketsInput, ListBucketsOutput, OwnershipControls, OwnershipControlsRule,
};
use s3s::{S3Error, S3Request, s3_error};

use super::output::{OperationResult, done, on_disk};
use crate::s3::convert::grants::GrantMembers as _;
use crate::s3::convert::listing::{from_token, to_token};
use crate::s3::object::acl::{Acl, owner};
use crate::s3::object::date::date;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::error::StorageError;
use crate::s3::storage::setting::{KeptSetting, Setting};
use crate::s3::storage::setting_xml::to_xml;

/// What is set on the bucket at once is set before anybody is answered.
pub(super) async fn create_bucket(
    buckets: &Buckets,
    request: S3Request<CreateBucketInput>,
) -> OperationResult<CreateBucketOutput> {
    let input = request.input;
    if input.object_lock_enabled_for_bucket == Some(true) {
        let text = "A header you provided implies functionality that is not implemented: x-amz-bucket-object-lock-enabled";
        return Err(s3_error!(NotImplemented, "{text}"));
    }
    let mut settings = Vec::new();
    let canned = input.acl.as_ref().map(BucketCannedACL::as_str);
    if let Some(acl) = Acl::asked(canned, &input.grants())? {
        settings.push((
            Setting::Acl,
            KeptSetting::Text(serde_json::to_string(&acl).map_err(S3Error::internal_error)?),
        ));
    }
    if let Some(object_ownership) = input.object_ownership {
        let controls = OwnershipControls {
            rules: vec![OwnershipControlsRule { object_ownership }],
        };
        settings.push((Setting::OwnershipControls, to_xml(&controls)?));
    }
    if let Some(configuration) = input.create_bucket_configuration {
        let CreateBucketConfiguration {
            bucket,
            location,
            location_constraint,
        } = configuration;
        if bucket.is_some() || location.is_some() {
            return Err(s3_error!(
                NotImplemented,
                "Directory buckets are not implemented: leave out Bucket and Location"
            ));
        }
        if let Some(region) = location_constraint.filter(|region| !region.as_str().is_empty()) {
            settings.push((
                Setting::Location,
                KeptSetting::Text(region.as_str().to_owned()),
            ));
        }
    }
    let name = input.bucket;
    let location = Some(format!("/{name}"));
    let create = move |buckets: &Buckets| {
        buckets.create(&name)?;
        if settings.is_empty() {
            Ok(())
        } else {
            buckets.set_all(&name, settings)
        }
    };
    on_disk(buckets, create).await?;
    done(CreateBucketOutput { location })
}

/// The region of a bucket: the one that it was made for, or that of the emulator.
fn region(buckets: &Buckets, bucket: &str) -> Result<String, StorageError> {
    match buckets.kept(bucket, Setting::Location)? {
        KeptSetting::Text(region) => Ok(region),
        KeptSetting::Default | KeptSetting::Deleted => Ok(buckets.region().to_owned()),
    }
}

pub(super) async fn delete_bucket(
    buckets: &Buckets,
    request: S3Request<DeleteBucketInput>,
) -> OperationResult<DeleteBucketOutput> {
    on_disk(buckets, move |buckets| {
        buckets.delete(&request.input.bucket)
    })
    .await?;
    done(DeleteBucketOutput::default())
}

pub(super) async fn head_bucket(
    buckets: &Buckets,
    request: S3Request<HeadBucketInput>,
) -> OperationResult<HeadBucketOutput> {
    let region = region(buckets, &request.input.bucket)?;
    done(HeadBucketOutput {
        bucket_region: Some(region),
        ..HeadBucketOutput::default()
    })
}

pub(super) async fn get_bucket_location(
    buckets: &Buckets,
    request: S3Request<GetBucketLocationInput>,
) -> OperationResult<GetBucketLocationOutput> {
    // us-east-1 is shown as no constraint at all.
    let region = region(buckets, &request.input.bucket)?;
    let constraint = (region != "us-east-1").then(|| BucketLocationConstraint::from(region));
    done(GetBucketLocationOutput {
        location_constraint: constraint,
    })
}

pub(super) async fn list_buckets(
    buckets: &Buckets,
    request: S3Request<ListBucketsInput>,
) -> OperationResult<ListBucketsOutput> {
    let input = request.input;
    let limit = match input.max_buckets {
        None => usize::MAX,
        Some(most @ 1..=10_000) => usize::try_from(most).unwrap_or(usize::MAX),
        Some(_) => {
            return Err(s3_error!(
                InvalidArgument,
                "max-buckets must be between 1 and 10000"
            ));
        }
    };
    let after = input
        .continuation_token
        .as_deref()
        .map(from_token)
        .transpose()?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let is_asked = |name: &String| {
        name.starts_with(&prefix) && after.as_ref().is_none_or(|after| name > after)
    };
    let mut found = Vec::new();
    for (name, created) in buckets
        .names()
        .into_iter()
        .filter(|(name, _)| is_asked(name))
    {
        // A bucket that went meanwhile has no region any more.
        let Ok(region) = region(buckets, &name) else {
            continue;
        };
        if input
            .bucket_region
            .as_ref()
            .is_none_or(|asked| *asked == region)
        {
            found.push(Bucket {
                name: Some(name),
                creation_date: Some(date(created)),
                bucket_region: Some(region),
            });
        }
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().and_then(|bucket| bucket.name.as_deref());
    done(ListBucketsOutput {
        continuation_token: last.filter(|_| more).map(to_token),
        buckets: Some(found),
        owner: Some(owner()),
        prefix: input.prefix,
    })
}
