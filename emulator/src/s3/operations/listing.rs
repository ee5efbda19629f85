//! Objects, listed.

use s3s::dto::{
    EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output,
};
use s3s::{S3Request, S3Result, s3_error};

use super::output::{OperationResult, done, on_disk};
use crate::s3::convert::listing::{
    ListedPage, check_encoding, encoded, from_token, query, to_token,
};
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::listing::ListQuery;

/// The page of a bucket that `query` asks for, with its names in `encoding`.
///
/// # Errors
/// There is no such bucket, or its index cannot be read.
pub(super) async fn listed_page(
    buckets: &Buckets,
    bucket: &str,
    query: &ListQuery,
    encoding: Option<&EncodingType>,
) -> S3Result<ListedPage> {
    let (bucket, query, encoding) = (bucket.to_owned(), query.clone(), encoding.cloned());
    let list = move |buckets: &Buckets| {
        buckets.list(&bucket, &query, |page| {
            ListedPage::of(&page, encoding.as_ref())
        })
    };
    on_disk(buckets, list).await
}

pub(super) async fn list_objects(
    buckets: &Buckets,
    request: S3Request<ListObjectsInput>,
) -> OperationResult<ListObjectsOutput> {
    let input = request.input;
    let encoding = input.encoding_type.as_ref();
    check_encoding(encoding)?;
    let query = query(
        input.prefix.as_deref(),
        input.delimiter.as_deref(),
        input.marker.as_deref(),
        input.max_keys,
    )?;
    let listed = listed_page(buckets, &input.bucket, &query, encoding)
        .await?
        .with_owner();
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
) -> OperationResult<ListObjectsV2Output> {
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
    let listed = listed_page(buckets, &input.bucket, &query, encoding).await?;
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
