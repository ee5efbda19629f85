//! Settings of buckets that are kept and given back, and what S3 answers when there are none.
//!
//! Kept and not acted upon: policies and public access blocks (nobody is kept out), lifecycles
//! (nothing expires), websites, logging, acceleration, encryption. CORS and tags act as in S3. What
//! would be a lie is refused: see [`refuse_events`].

use s3s::dto::*;
use s3s::{S3Request, S3Result, s3_error};

use super::output::{OperationResult, done, on_disk};
use crate::s3::cors::rules;
use crate::s3::object::tags;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::setting::{KeptSetting, Setting};
use crate::s3::storage::setting_xml::to_xml;

/// Keeps a setting.
async fn keep(
    buckets: &Buckets,
    bucket: String,
    setting: Setting,
    kept: KeptSetting,
) -> S3Result<()> {
    on_disk(buckets, move |buckets| buckets.set(&bucket, setting, kept)).await
}

/// Requests that keep one XML document, as it is.
macro_rules! puts {
    ($($name:ident($input:ident) -> $output:ident: $setting:ident, $member:ident, $check:expr;)*) => {
        $(pub(super) async fn $name(buckets: &Buckets, request: S3Request<$input>) -> OperationResult<$output> {
            let input = request.input;
            let check: fn(&$input) -> S3Result<()> = $check;
            check(&input)?;
            keep(buckets, input.bucket, Setting::$setting, to_xml(&input.$member)?).await?;
            done($output::default())
        })*
    };
}

puts! {
    put_bucket_accelerate_configuration(PutBucketAccelerateConfigurationInput) -> PutBucketAccelerateConfigurationOutput:
        Accelerate, accelerate_configuration, |_| Ok(());
    put_bucket_cors(PutBucketCorsInput) -> PutBucketCorsOutput:
        Cors, cors_configuration, |input| rules::check(&input.cors_configuration);
    put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput:
        Encryption, server_side_encryption_configuration, |_| Ok(());
    put_bucket_logging(PutBucketLoggingInput) -> PutBucketLoggingOutput:
        Logging, bucket_logging_status, |_| Ok(());
    put_bucket_ownership_controls(PutBucketOwnershipControlsInput) -> PutBucketOwnershipControlsOutput:
        OwnershipControls, ownership_controls, |_| Ok(());
    put_bucket_request_payment(PutBucketRequestPaymentInput) -> PutBucketRequestPaymentOutput:
        RequestPayment, request_payment_configuration, |_| Ok(());
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput:
        Tagging, tagging, |input| tags::check(&tags::of(&input.tagging.tag_set)?, tags::OF_BUCKET);
    put_bucket_website(PutBucketWebsiteInput) -> PutBucketWebsiteOutput:
        Website, website_configuration, |_| Ok(());
    put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput:
        PublicAccessBlock, public_access_block_configuration, |_| Ok(());
}

/// Requests that delete a setting. Nothing is set afterwards, or, where S3 has a default for new
/// buckets, not even that.
macro_rules! deletes {
    ($($name:ident($input:ident) -> $output:ident: $($setting:ident)+, $kept:ident;)*) => {
        $(pub(super) async fn $name(buckets: &Buckets, request: S3Request<$input>) -> OperationResult<$output> {
            let changes = vec![$((Setting::$setting, KeptSetting::$kept)),+];
            on_disk(buckets, move |buckets| buckets.set_all(&request.input.bucket, changes)).await?;
            done($output::default())
        })*
    };
}

deletes! {
    delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput: Cors, Default;
    delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput: Encryption, Default;
    delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput:
        Lifecycle LifecycleMinimum, Default;
    delete_bucket_ownership_controls(DeleteBucketOwnershipControlsInput) -> DeleteBucketOwnershipControlsOutput:
        OwnershipControls, Deleted;
    delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput: Policy, Default;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput: Tagging, Default;
    delete_bucket_website(DeleteBucketWebsiteInput) -> DeleteBucketWebsiteOutput: Website, Default;
    delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput:
        PublicAccessBlock, Deleted;
}

pub(super) async fn get_bucket_accelerate_configuration(
    buckets: &Buckets,
    request: S3Request<GetBucketAccelerateConfigurationInput>,
) -> OperationResult<GetBucketAccelerateConfigurationOutput> {
    let kept: Option<AccelerateConfiguration> =
        buckets.setting(&request.input.bucket, Setting::Accelerate)?;
    let status = kept.and_then(|kept| kept.status);
    done(GetBucketAccelerateConfigurationOutput {
        status,
        ..Default::default()
    })
}

pub(super) async fn get_bucket_cors(
    buckets: &Buckets,
    request: S3Request<GetBucketCorsInput>,
) -> OperationResult<GetBucketCorsOutput> {
    let kept: Option<CORSConfiguration> = buckets.setting(&request.input.bucket, Setting::Cors)?;
    let absent = || {
        s3_error!(
            NoSuchCORSConfiguration,
            "The CORS configuration does not exist"
        )
    };
    done(GetBucketCorsOutput {
        cors_rules: Some(kept.ok_or_else(absent)?.cors_rules),
    })
}

pub(super) async fn get_bucket_logging(
    buckets: &Buckets,
    request: S3Request<GetBucketLoggingInput>,
) -> OperationResult<GetBucketLoggingOutput> {
    let kept: Option<BucketLoggingStatus> =
        buckets.setting(&request.input.bucket, Setting::Logging)?;
    done(GetBucketLoggingOutput {
        logging_enabled: kept.and_then(|kept| kept.logging_enabled),
    })
}

pub(super) async fn get_bucket_request_payment(
    buckets: &Buckets,
    request: S3Request<GetBucketRequestPaymentInput>,
) -> OperationResult<GetBucketRequestPaymentOutput> {
    let kept: Option<RequestPaymentConfiguration> =
        buckets.setting(&request.input.bucket, Setting::RequestPayment)?;
    let payer = kept.map_or_else(
        || Payer::from_static(Payer::BUCKET_OWNER),
        |kept| kept.payer,
    );
    done(GetBucketRequestPaymentOutput { payer: Some(payer) })
}

pub(super) async fn get_bucket_tagging(
    buckets: &Buckets,
    request: S3Request<GetBucketTaggingInput>,
) -> OperationResult<GetBucketTaggingOutput> {
    let kept: Option<Tagging> = buckets.setting(&request.input.bucket, Setting::Tagging)?;
    let kept = kept.filter(|kept| !kept.tag_set.is_empty());
    let absent = || s3_error!(NoSuchTagSet, "The TagSet does not exist");
    done(GetBucketTaggingOutput {
        tag_set: kept.ok_or_else(absent)?.tag_set,
    })
}

pub(super) async fn get_bucket_website(
    buckets: &Buckets,
    request: S3Request<GetBucketWebsiteInput>,
) -> OperationResult<GetBucketWebsiteOutput> {
    let kept: Option<WebsiteConfiguration> =
        buckets.setting(&request.input.bucket, Setting::Website)?;
    let absent = || {
        s3_error!(
            NoSuchWebsiteConfiguration,
            "The specified bucket does not have a website configuration"
        )
    };
    let WebsiteConfiguration {
        error_document,
        index_document,
        redirect_all_requests_to,
        routing_rules,
    } = kept.ok_or_else(absent)?;
    done(GetBucketWebsiteOutput {
        error_document,
        index_document,
        redirect_all_requests_to,
        routing_rules,
    })
}
