//! Buckets, and what is in them.

use s3s::dto::{
    Bucket, BucketCannedACL, BucketLocationConstraint, CreateBucketConfiguration,
    CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput,
    GetBucketLocationInput, GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput,
    ListBucketsInput, ListBucketsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, OwnershipControls, OwnershipControlsRule,
};
use s3s::{S3Error, S3Request, s3_error};

use super::{Answer, done, on_disk};
use crate::bucket::acl::{Acl, grants_of, owner};
use crate::bucket::condition::date;
use crate::bucket::objects::{BucketError, Buckets};
use crate::bucket::settings::{Kept, Setting, to_xml};
use crate::bucket::shown::{Listed, check_encoding, encoded, from_token, query, to_token};

/// What is set on the bucket at once is set before anybody is answered.
pub(super) async fn create_bucket(
    buckets: &Buckets,
    request: S3Request<CreateBucketInput>,
) -> Answer<CreateBucketOutput> {
    let input = request.input;
    if input.object_lock_enabled_for_bucket == Some(true) {
        let text = "A header you provided implies functionality that is not implemented: x-amz-bucket-object-lock-enabled";
        return Err(s3_error!(NotImplemented, "{text}"));
    }
    let mut settings = Vec::new();
    let canned = input.acl.as_ref().map(BucketCannedACL::as_str);
    if let Some(acl) = Acl::asked(canned, &grants_of!(input, grant_write))? {
        settings.push((
            Setting::Acl,
            Kept::Text(serde_json::to_string(&acl).map_err(S3Error::internal_error)?),
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
            settings.push((Setting::Location, Kept::Text(region.as_str().to_owned())));
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
fn region(buckets: &Buckets, bucket: &str) -> Result<String, BucketError> {
    match buckets.kept(bucket, Setting::Location)? {
        Kept::Text(region) => Ok(region),
        Kept::Default | Kept::Deleted => Ok(buckets.region().to_owned()),
    }
}

pub(super) async fn delete_bucket(
    buckets: &Buckets,
    request: S3Request<DeleteBucketInput>,
) -> Answer<DeleteBucketOutput> {
    on_disk(buckets, move |buckets| {
        buckets.delete(&request.input.bucket)
    })
    .await?;
    done(DeleteBucketOutput::default())
}

pub(super) async fn head_bucket(
    buckets: &Buckets,
    request: S3Request<HeadBucketInput>,
) -> Answer<HeadBucketOutput> {
    let region = region(buckets, &request.input.bucket)?;
    done(HeadBucketOutput {
        bucket_region: Some(region),
        ..HeadBucketOutput::default()
    })
}

pub(super) async fn get_bucket_location(
    buckets: &Buckets,
    request: S3Request<GetBucketLocationInput>,
) -> Answer<GetBucketLocationOutput> {
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
) -> Answer<ListBucketsOutput> {
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

pub(super) async fn list_objects(
    buckets: &Buckets,
    request: S3Request<ListObjectsInput>,
) -> Answer<ListObjectsOutput> {
    let input = request.input;
    let encoding = input.encoding_type.as_ref();
    check_encoding(encoding)?;
    let query = query(
        input.prefix.as_deref(),
        input.delimiter.as_deref(),
        input.marker.as_deref(),
        input.max_keys,
    )?;
    let (bucket, asked, shown) = (
        input.bucket.clone(),
        query.clone(),
        input.encoding_type.clone(),
    );
    let list = move |buckets: &Buckets| {
        buckets.list(&bucket, &asked, |page| Listed::of(&page, shown.as_ref()))
    };
    let listed = on_disk(buckets, list).await?.with_owner();
    done(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(encoded(&query.prefix, encoding)),
        marker: Some(encoded(&query.after, encoding)),
        delimiter: input
            .delimiter
            .map(|delimiter| encoded(&delimiter, encoding)),
        max_keys: i32::try_from(query.limit).ok(),
        is_truncated: Some(listed.next.is_some()),
        next_marker: listed.next.map(|next| encoded(&next, encoding)),
        contents: Some(listed.contents),
        common_prefixes: Some(listed.common_prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

pub(super) async fn list_objects_v2(
    buckets: &Buckets,
    request: S3Request<ListObjectsV2Input>,
) -> Answer<ListObjectsV2Output> {
    let input = request.input;
    let encoding = input.encoding_type.as_ref();
    check_encoding(encoding)?;
    let after = match &input.continuation_token {
        Some(token) if token.is_empty() => {
            return Err(s3_error!(
                InvalidArgument,
                "The continuation token provided is incorrect"
            ));
        }
        Some(token) => Some(from_token(token)?),
        None => input.start_after.clone(),
    };
    let query = query(
        input.prefix.as_deref(),
        input.delimiter.as_deref(),
        after.as_deref(),
        input.max_keys,
    )?;
    let (bucket, asked, shown) = (
        input.bucket.clone(),
        query.clone(),
        input.encoding_type.clone(),
    );
    let list = move |buckets: &Buckets| {
        buckets.list(&bucket, &asked, |page| Listed::of(&page, shown.as_ref()))
    };
    let listed = on_disk(buckets, list).await?;
    let listed = if input.fetch_owner == Some(true) {
        listed.with_owner()
    } else {
        listed
    };
    let count = listed.contents.len() + listed.common_prefixes.len();
    done(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encoded(&query.prefix, encoding)),
        delimiter: input
            .delimiter
            .map(|delimiter| encoded(&delimiter, encoding)),
        max_keys: i32::try_from(query.limit).ok(),
        key_count: i32::try_from(count).ok(),
        is_truncated: Some(listed.next.is_some()),
        continuation_token: input.continuation_token,
        next_continuation_token: listed.next.as_deref().map(to_token),
        start_after: input.start_after.map(|after| encoded(&after, encoding)),
        contents: Some(listed.contents),
        common_prefixes: Some(listed.common_prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}
