//! Buckets, and what is in them.

use s3s::dto::{
    Bucket, BucketLocationConstraint, CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput,
    GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput, GetBucketVersioningOutput,
    HeadBucketInput, HeadBucketOutput, ListBucketsInput, ListBucketsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, Owner,
};
use s3s::{S3Request, s3_error};

use super::{Answer, done, on_disk};
use crate::bucket::condition::date;
use crate::bucket::objects::Buckets;
use crate::bucket::shown::{Listed, encoded, from_token, query, to_token};

pub(super) async fn create_bucket(
    buckets: &Buckets,
    request: S3Request<CreateBucketInput>,
) -> Answer<CreateBucketOutput> {
    let name = request.input.bucket;
    let location = Some(format!("/{name}"));
    on_disk(buckets, move |buckets| buckets.create(&name)).await?;
    done(CreateBucketOutput { location })
}

pub(super) async fn delete_bucket(
    buckets: &Buckets,
    request: S3Request<DeleteBucketInput>,
) -> Answer<DeleteBucketOutput> {
    on_disk(buckets, move |buckets| buckets.delete(&request.input.bucket)).await?;
    done(DeleteBucketOutput::default())
}

pub(super) async fn head_bucket(buckets: &Buckets, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
    buckets.exists(&request.input.bucket)?;
    done(HeadBucketOutput { bucket_region: Some(buckets.region().to_owned()), ..HeadBucketOutput::default() })
}

pub(super) async fn get_bucket_location(
    buckets: &Buckets,
    request: S3Request<GetBucketLocationInput>,
) -> Answer<GetBucketLocationOutput> {
    buckets.exists(&request.input.bucket)?;
    // us-east-1 is shown as no constraint at all.
    let region = buckets.region();
    let constraint = (region != "us-east-1").then(|| BucketLocationConstraint::from(region.to_owned()));
    done(GetBucketLocationOutput { location_constraint: constraint })
}

/// A bucket that never had versions says nothing about them.
pub(super) async fn get_bucket_versioning(
    buckets: &Buckets,
    request: S3Request<GetBucketVersioningInput>,
) -> Answer<GetBucketVersioningOutput> {
    buckets.exists(&request.input.bucket)?;
    done(GetBucketVersioningOutput::default())
}

pub(super) async fn list_buckets(buckets: &Buckets, _: S3Request<ListBucketsInput>) -> Answer<ListBucketsOutput> {
    let bucket = |(name, created)| Bucket { name: Some(name), creation_date: Some(date(created)), ..Bucket::default() };
    let buckets = buckets.names().into_iter().map(bucket).collect();
    let owner = Owner { display_name: Some("tidegate".to_owned()), id: Some("0".repeat(64)) };
    done(ListBucketsOutput { buckets: Some(buckets), owner: Some(owner), ..ListBucketsOutput::default() })
}

pub(super) async fn list_objects(buckets: &Buckets, request: S3Request<ListObjectsInput>) -> Answer<ListObjectsOutput> {
    let input = request.input;
    let encoding = input.encoding_type.as_ref();
    let query = query(input.prefix.as_deref(), input.delimiter.as_deref(), input.marker.as_deref(), input.max_keys)?;
    let (bucket, asked, shown) = (input.bucket.clone(), query.clone(), input.encoding_type.clone());
    let list = move |buckets: &Buckets| buckets.list(&bucket, &asked, |page| Listed::of(&page, shown.as_ref()));
    let listed = on_disk(buckets, list).await?;
    done(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(encoded(&query.prefix, encoding)),
        marker: Some(encoded(&query.after, encoding)),
        delimiter: input.delimiter.map(|delimiter| encoded(&delimiter, encoding)),
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
    let after = match &input.continuation_token {
        Some(token) if token.is_empty() => {
            return Err(s3_error!(InvalidArgument, "The continuation token provided is incorrect"));
        }
        Some(token) => Some(from_token(token)?),
        None => input.start_after.clone(),
    };
    let query = query(input.prefix.as_deref(), input.delimiter.as_deref(), after.as_deref(), input.max_keys)?;
    let (bucket, asked, shown) = (input.bucket.clone(), query.clone(), input.encoding_type.clone());
    let list = move |buckets: &Buckets| buckets.list(&bucket, &asked, |page| Listed::of(&page, shown.as_ref()));
    let listed = on_disk(buckets, list).await?;
    let count = listed.contents.len() + listed.common_prefixes.len();
    done(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encoded(&query.prefix, encoding)),
        delimiter: input.delimiter.map(|delimiter| encoded(&delimiter, encoding)),
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
