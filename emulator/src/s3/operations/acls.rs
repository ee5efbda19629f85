//! Access control lists of buckets and objects.

use s3s::dto::{
    AccessControlPolicy, BucketCannedACL, GetBucketAclInput, GetBucketAclOutput, GetObjectAclInput,
    GetObjectAclOutput, ObjectCannedACL, PutBucketAclInput, PutBucketAclOutput, PutObjectAclInput,
    PutObjectAclOutput,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::output::{OperationResult, done, on_disk};
use crate::s3::convert::grants::GrantMembers as _;
use crate::s3::object::acl::{Acl, owner};
use crate::s3::object::version::only_version;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::setting::{KeptSetting, Setting};

/// The list that a request gives: in its headers or as a document.
fn given(of_headers: Option<Acl>, document: Option<AccessControlPolicy>) -> S3Result<Acl> {
    match (of_headers, document) {
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
}

pub(super) async fn put_bucket_acl(
    buckets: &Buckets,
    request: S3Request<PutBucketAclInput>,
) -> OperationResult<PutBucketAclOutput> {
    let mut input = request.input;
    let canned = input.acl.as_ref().map(BucketCannedACL::as_str);
    let of_headers = Acl::asked(canned, &input.grants())?;
    let acl = given(of_headers, input.access_control_policy.take())?;
    let kept = KeptSetting::Text(serde_json::to_string(&acl).map_err(S3Error::internal_error)?);
    on_disk(buckets, move |buckets| {
        buckets.set(&input.bucket, Setting::Acl, kept)
    })
    .await?;
    done(PutBucketAclOutput::default())
}

pub(super) async fn get_bucket_acl(
    buckets: &Buckets,
    request: S3Request<GetBucketAclInput>,
) -> OperationResult<GetBucketAclOutput> {
    let acl: Option<Acl> = match buckets.kept(&request.input.bucket, Setting::Acl)? {
        KeptSetting::Text(text) => {
            Some(serde_json::from_str(&text).map_err(S3Error::internal_error)?)
        }
        KeptSetting::Default | KeptSetting::Deleted => None,
    };
    done(GetBucketAclOutput {
        grants: Some(Acl::shown(acl.as_ref())),
        owner: Some(owner()),
    })
}

pub(super) async fn put_object_acl(
    buckets: &Buckets,
    request: S3Request<PutObjectAclInput>,
) -> OperationResult<PutObjectAclOutput> {
    let mut input = request.input;
    only_version(input.version_id.as_deref())?;
    let canned = input.acl.as_ref().map(ObjectCannedACL::as_str);
    let of_headers = Acl::asked(canned, &input.grants())?;
    let acl = given(of_headers, input.access_control_policy.take())?;
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
) -> OperationResult<GetObjectAclOutput> {
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
