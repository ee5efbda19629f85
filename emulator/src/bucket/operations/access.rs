//! Access control lists of buckets and objects.

use s3s::dto::{
    GetBucketAclInput, GetBucketAclOutput, GetObjectAclInput, GetObjectAclOutput,
    PutBucketAclInput, PutBucketAclOutput, PutObjectAclInput, PutObjectAclOutput,
};
use s3s::{S3Error, S3Request, s3_error};

use super::versions::only_version;
use super::{Answer, done, on_disk};
use crate::bucket::acl::{Acl, grants_of, owner};
use crate::bucket::objects::Buckets;
use crate::bucket::settings::{Kept, Setting};

/// The list that a request gives, by headers or as a document.
macro_rules! asked {
    ($input:expr) => {{
        let canned = $input.acl.as_ref().map(|acl| acl.as_str());
        let of_headers = Acl::asked(canned, &grants_of!($input, grant_write))?;
        match (of_headers, $input.access_control_policy.take()) {
            (Some(_), Some(_)) => Err(s3_error!(
                UnexpectedContent,
                "This request does not support content"
            )),
            (Some(acl), None) => Ok(acl),
            (None, Some(policy)) => Acl::of_policy(policy),
            (None, None) => Err(s3_error!(
                MissingSecurityHeader,
                "Your request was missing a required header: x-amz-acl"
            )),
        }
    }};
}

pub(super) async fn put_bucket_acl(
    buckets: &Buckets,
    request: S3Request<PutBucketAclInput>,
) -> Answer<PutBucketAclOutput> {
    let mut input = request.input;
    let acl = asked!(input)?;
    let kept = Kept::Text(serde_json::to_string(&acl).map_err(S3Error::internal_error)?);
    on_disk(buckets, move |buckets| {
        buckets.set(&input.bucket, Setting::Acl, kept)
    })
    .await?;
    done(PutBucketAclOutput::default())
}

pub(super) async fn get_bucket_acl(
    buckets: &Buckets,
    request: S3Request<GetBucketAclInput>,
) -> Answer<GetBucketAclOutput> {
    let acl: Option<Acl> = match buckets.kept(&request.input.bucket, Setting::Acl)? {
        Kept::Text(text) => Some(serde_json::from_str(&text).map_err(S3Error::internal_error)?),
        Kept::Default | Kept::Deleted => None,
    };
    done(GetBucketAclOutput {
        grants: Some(Acl::shown(acl.as_ref())),
        owner: Some(owner()),
    })
}

pub(super) async fn put_object_acl(
    buckets: &Buckets,
    request: S3Request<PutObjectAclInput>,
) -> Answer<PutObjectAclOutput> {
    let mut input = request.input;
    only_version(input.version_id.as_deref())?;
    let acl = asked!(input)?;
    let change = move |buckets: &Buckets| {
        buckets.rewrite(&input.bucket, &input.key, |headers| {
            headers.acl = Some(acl.clone());
        })
    };
    on_disk(buckets, change).await?;
    done(PutObjectAclOutput::default())
}

pub(super) async fn get_object_acl(
    buckets: &Buckets,
    request: S3Request<GetObjectAclInput>,
) -> Answer<GetObjectAclOutput> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    let object = on_disk(buckets, move |buckets| {
        buckets.get(&input.bucket, &input.key)
    })
    .await?;
    let grants = Some(Acl::shown(object.head.headers.acl.as_ref()));
    done(GetObjectAclOutput {
        grants,
        owner: Some(owner()),
        ..GetObjectAclOutput::default()
    })
}
