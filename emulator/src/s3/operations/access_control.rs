//! Policies, public access blocks and ownership controls of buckets. They are stored and shown;
//! access is never denied because of them.

use http::StatusCode;
use s3s::dto::{
    GetBucketOwnershipControlsInput, GetBucketOwnershipControlsOutput, GetBucketPolicyInput,
    GetBucketPolicyOutput, GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput,
    GetPublicAccessBlockInput, GetPublicAccessBlockOutput, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, PolicyStatus, PublicAccessBlockConfiguration, PutBucketPolicyInput,
    PutBucketPolicyOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::output::{OperationResult, done, on_disk};
use crate::s3::errors::custom;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::error::StorageError;
use crate::s3::storage::setting::{KeptSetting, Setting};

pub(super) async fn get_bucket_ownership_controls(
    buckets: &Buckets,
    request: S3Request<GetBucketOwnershipControlsInput>,
) -> OperationResult<GetBucketOwnershipControlsOutput> {
    let bucket = &request.input.bucket;
    let usual = || OwnershipControls {
        rules: vec![OwnershipControlsRule {
            object_ownership: ObjectOwnership::from_static(ObjectOwnership::BUCKET_OWNER_ENFORCED),
        }],
    };
    let absent = || {
        s3_error!(
            OwnershipControlsNotFoundError,
            "The bucket ownership controls were not found"
        )
    };
    let kept = buckets.setting(bucket, Setting::OwnershipControls)?;
    let controls =
        or_usual(buckets, bucket, Setting::OwnershipControls, kept, usual)?.ok_or_else(absent)?;
    done(GetBucketOwnershipControlsOutput {
        ownership_controls: Some(controls),
    })
}

/// The default of new buckets, unless it was deleted.
fn or_usual<T>(
    buckets: &Buckets,
    bucket: &str,
    setting: Setting,
    kept: Option<T>,
    usual: impl FnOnce() -> T,
) -> Result<Option<T>, StorageError> {
    let is_default = kept.is_none() && buckets.kept(bucket, setting)? == KeptSetting::Default;
    Ok(kept.or_else(|| is_default.then(usual)))
}

pub(super) async fn get_public_access_block(
    buckets: &Buckets,
    request: S3Request<GetPublicAccessBlockInput>,
) -> OperationResult<GetPublicAccessBlockOutput> {
    let bucket = &request.input.bucket;
    let usual = || PublicAccessBlockConfiguration {
        block_public_acls: Some(true),
        block_public_policy: Some(true),
        ignore_public_acls: Some(true),
        restrict_public_buckets: Some(true),
    };
    let absent = || {
        let text = "The public access block configuration was not found";
        custom(
            "NoSuchPublicAccessBlockConfiguration",
            StatusCode::NOT_FOUND,
            text,
        )
    };
    let kept = buckets.setting(bucket, Setting::PublicAccessBlock)?;
    let block =
        or_usual(buckets, bucket, Setting::PublicAccessBlock, kept, usual)?.ok_or_else(absent)?;
    // What is not said is not blocked.
    let said = |value: Option<bool>| Some(value.unwrap_or(false));
    done(GetPublicAccessBlockOutput {
        public_access_block_configuration: Some(PublicAccessBlockConfiguration {
            block_public_acls: said(block.block_public_acls),
            block_public_policy: said(block.block_public_policy),
            ignore_public_acls: said(block.ignore_public_acls),
            restrict_public_buckets: said(block.restrict_public_buckets),
        }),
    })
}

pub(super) async fn put_bucket_policy(
    buckets: &Buckets,
    request: S3Request<PutBucketPolicyInput>,
) -> OperationResult<PutBucketPolicyOutput> {
    let input = request.input;
    let policy: Result<serde_json::Map<String, serde_json::Value>, _> =
        serde_json::from_str(&input.policy);
    let malformed = "Policies must be valid JSON and the first byte must be '{'";
    let policy = policy.map_err(|error| s3_error!(error, MalformedPolicy, "{malformed}"))?;
    if !policy.contains_key("Statement") {
        return Err(s3_error!(
            MalformedPolicy,
            "Missing required field Statement"
        ));
    }
    let kept = KeptSetting::Text(input.policy);
    on_disk(buckets, move |buckets| {
        buckets.set(&input.bucket, Setting::Policy, kept)
    })
    .await?;
    done(PutBucketPolicyOutput::default())
}

fn policy(buckets: &Buckets, bucket: &str) -> S3Result<String> {
    match buckets.kept(bucket, Setting::Policy)? {
        KeptSetting::Text(text) => Ok(text),
        KeptSetting::Default | KeptSetting::Deleted => Err(s3_error!(
            NoSuchBucketPolicy,
            "The bucket policy does not exist"
        )),
    }
}

pub(super) async fn get_bucket_policy(
    buckets: &Buckets,
    request: S3Request<GetBucketPolicyInput>,
) -> OperationResult<GetBucketPolicyOutput> {
    done(GetBucketPolicyOutput {
        policy: Some(policy(buckets, &request.input.bucket)?),
    })
}

/// A policy is public when it allows anything to everybody without a condition.
pub(super) async fn get_bucket_policy_status(
    buckets: &Buckets,
    request: S3Request<GetBucketPolicyStatusInput>,
) -> OperationResult<GetBucketPolicyStatusOutput> {
    let policy: serde_json::Value = serde_json::from_str(&policy(buckets, &request.input.bucket)?)
        .map_err(|error| s3_error!(error, InternalError))?;
    let statements = match &policy["Statement"] {
        serde_json::Value::Array(statements) => statements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let to_all = |who: &serde_json::Value| *who == "*" || who["AWS"] == "*";
    let is_public = statements.iter().any(|one| {
        one["Effect"] == "Allow" && to_all(&one["Principal"]) && one.get("WriteCondition").is_none()
    });
    done(GetBucketPolicyStatusOutput {
        policy_status: Some(PolicyStatus {
            is_public: Some(is_public),
        }),
    })
}
