//! Settings of buckets that are kept and given back, and what S3 answers when there are none.
//!
//! Kept and not acted upon: policies and public access blocks (nobody is kept out), lifecycles
//! (nothing expires), websites, logging, acceleration, encryption. CORS and tags act as in S3. What
//! would be a lie is refused: see [`refuse_events`].

use http::StatusCode;
use s3s::dto::*;
use s3s::{S3Request, S3Result, s3_error};

use super::{Answer, done, on_disk};
use crate::bucket::cors;
use crate::bucket::file::{Encryption, Headers};
use crate::bucket::objects::{BucketError, Buckets};
use crate::bucket::refused::custom;
use crate::bucket::settings::{Kept, Setting, to_xml};
use crate::bucket::tags;

/// Keeps a setting.
async fn keep(buckets: &Buckets, bucket: String, setting: Setting, kept: Kept) -> S3Result<()> {
    on_disk(buckets, move |buckets| buckets.set(&bucket, setting, kept)).await
}

/// Requests that keep one XML document, as it is.
macro_rules! puts {
    ($($name:ident($input:ident) -> $output:ident: $setting:ident, $member:ident, $check:expr;)*) => {
        $(pub(super) async fn $name(buckets: &Buckets, request: S3Request<$input>) -> Answer<$output> {
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
        Cors, cors_configuration, |input| cors::check(&input.cors_configuration);
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
        $(pub(super) async fn $name(buckets: &Buckets, request: S3Request<$input>) -> Answer<$output> {
            let changes = vec![$((Setting::$setting, Kept::$kept)),+];
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
) -> Answer<GetBucketAccelerateConfigurationOutput> {
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
) -> Answer<GetBucketCorsOutput> {
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

/// S3 encrypts every object with keys of its own when nothing else is set.
pub(super) async fn get_bucket_encryption(
    buckets: &Buckets,
    request: S3Request<GetBucketEncryptionInput>,
) -> Answer<GetBucketEncryptionOutput> {
    let kept: Option<ServerSideEncryptionConfiguration> =
        buckets.setting(&request.input.bucket, Setting::Encryption)?;
    let algorithm = ServerSideEncryptionByDefault {
        kms_master_key_id: None,
        sse_algorithm: ServerSideEncryption::from_static(ServerSideEncryption::AES256),
    };
    let usual = || ServerSideEncryptionConfiguration {
        rules: vec![ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(algorithm),
            bucket_key_enabled: Some(false),
        }],
    };
    done(GetBucketEncryptionOutput {
        server_side_encryption_configuration: Some(kept.unwrap_or_else(usual)),
    })
}

pub(super) async fn put_bucket_lifecycle_configuration(
    buckets: &Buckets,
    request: S3Request<PutBucketLifecycleConfigurationInput>,
) -> Answer<PutBucketLifecycleConfigurationOutput> {
    let input = request.input;
    let missing = || s3_error!(MissingRequestBodyError, "Request Body is empty");
    let mut lifecycle = input.lifecycle_configuration.ok_or_else(missing)?;
    for rule in &mut lifecycle.rules {
        rule.id
            .get_or_insert_with(|| uuid::Uuid::new_v4().simple().to_string());
    }
    let minimum = input.transition_default_minimum_object_size;
    let kept_minimum = minimum.as_ref().map_or(Kept::Default, |minimum| {
        Kept::Text(minimum.as_str().to_owned())
    });
    let changes = vec![
        (Setting::Lifecycle, to_xml(&lifecycle)?),
        (Setting::LifecycleMinimum, kept_minimum),
    ];
    on_disk(buckets, move |buckets| {
        buckets.set_all(&input.bucket, changes)
    })
    .await?;
    done(PutBucketLifecycleConfigurationOutput {
        transition_default_minimum_object_size: minimum,
    })
}

pub(super) async fn get_bucket_lifecycle_configuration(
    buckets: &Buckets,
    request: S3Request<GetBucketLifecycleConfigurationInput>,
) -> Answer<GetBucketLifecycleConfigurationOutput> {
    let bucket = &request.input.bucket;
    let kept: Option<BucketLifecycleConfiguration> = buckets.setting(bucket, Setting::Lifecycle)?;
    let absent = || {
        s3_error!(
            NoSuchLifecycleConfiguration,
            "The lifecycle configuration does not exist"
        )
    };
    let minimum = match buckets.kept(bucket, Setting::LifecycleMinimum)? {
        Kept::Text(text) => Some(TransitionDefaultMinimumObjectSize::from(text)),
        Kept::Default | Kept::Deleted => None,
    };
    done(GetBucketLifecycleConfigurationOutput {
        rules: Some(kept.ok_or_else(absent)?.rules),
        transition_default_minimum_object_size: minimum,
    })
}

pub(super) async fn get_bucket_logging(
    buckets: &Buckets,
    request: S3Request<GetBucketLoggingInput>,
) -> Answer<GetBucketLoggingOutput> {
    let kept: Option<BucketLoggingStatus> =
        buckets.setting(&request.input.bucket, Setting::Logging)?;
    done(GetBucketLoggingOutput {
        logging_enabled: kept.and_then(|kept| kept.logging_enabled),
    })
}

/// Nothing is ever sent, so nothing is ever set.
pub(super) async fn get_bucket_notification_configuration(
    buckets: &Buckets,
    request: S3Request<GetBucketNotificationConfigurationInput>,
) -> Answer<GetBucketNotificationConfigurationOutput> {
    buckets.exists(&request.input.bucket)?;
    done(GetBucketNotificationConfigurationOutput::default())
}

/// Takes the empty configuration, with which notifications are switched off.
pub(super) async fn put_bucket_notification_configuration(
    buckets: &Buckets,
    request: S3Request<PutBucketNotificationConfigurationInput>,
) -> Answer<PutBucketNotificationConfigurationOutput> {
    buckets.exists(&request.input.bucket)?;
    refuse_events(&request.input.notification_configuration)?;
    done(PutBucketNotificationConfigurationOutput::default())
}

/// Whoever sets a target waits for events there, and would wait for ever.
fn refuse_events(configuration: &NotificationConfiguration) -> S3Result<()> {
    if *configuration == NotificationConfiguration::default() {
        return Ok(());
    }
    Err(s3_error!(
        NotImplemented,
        "Event notifications are not sent by this emulator: a target that is set would never get an event. Send what the \
         target shall get to its queue yourself, or leave the configuration out."
    ))
}

pub(super) async fn get_bucket_ownership_controls(
    buckets: &Buckets,
    request: S3Request<GetBucketOwnershipControlsInput>,
) -> Answer<GetBucketOwnershipControlsOutput> {
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
) -> Result<Option<T>, BucketError> {
    let is_default = kept.is_none() && buckets.kept(bucket, setting)? == Kept::Default;
    Ok(kept.or_else(|| is_default.then(usual)))
}

pub(super) async fn get_public_access_block(
    buckets: &Buckets,
    request: S3Request<GetPublicAccessBlockInput>,
) -> Answer<GetPublicAccessBlockOutput> {
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
) -> Answer<PutBucketPolicyOutput> {
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
    keep(
        buckets,
        input.bucket,
        Setting::Policy,
        Kept::Text(input.policy),
    )
    .await?;
    done(PutBucketPolicyOutput::default())
}

fn policy(buckets: &Buckets, bucket: &str) -> S3Result<String> {
    match buckets.kept(bucket, Setting::Policy)? {
        Kept::Text(text) => Ok(text),
        Kept::Default | Kept::Deleted => Err(s3_error!(
            NoSuchBucketPolicy,
            "The bucket policy does not exist"
        )),
    }
}

pub(super) async fn get_bucket_policy(
    buckets: &Buckets,
    request: S3Request<GetBucketPolicyInput>,
) -> Answer<GetBucketPolicyOutput> {
    done(GetBucketPolicyOutput {
        policy: Some(policy(buckets, &request.input.bucket)?),
    })
}

/// A policy is public when it allows anything to everybody without a condition.
pub(super) async fn get_bucket_policy_status(
    buckets: &Buckets,
    request: S3Request<GetBucketPolicyStatusInput>,
) -> Answer<GetBucketPolicyStatusOutput> {
    let policy: serde_json::Value = serde_json::from_str(&policy(buckets, &request.input.bucket)?)
        .map_err(|error| s3_error!(error, InternalError))?;
    let statements = match &policy["Statement"] {
        serde_json::Value::Array(statements) => statements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let to_all = |who: &serde_json::Value| *who == "*" || who["AWS"] == "*";
    let is_public = statements.iter().any(|one| {
        one["Effect"] == "Allow" && to_all(&one["Principal"]) && one.get("Condition").is_none()
    });
    done(GetBucketPolicyStatusOutput {
        policy_status: Some(PolicyStatus {
            is_public: Some(is_public),
        }),
    })
}

pub(super) async fn get_bucket_request_payment(
    buckets: &Buckets,
    request: S3Request<GetBucketRequestPaymentInput>,
) -> Answer<GetBucketRequestPaymentOutput> {
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
) -> Answer<GetBucketTaggingOutput> {
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
) -> Answer<GetBucketWebsiteOutput> {
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

/// Replication is refused, so there is none.
pub(super) async fn get_bucket_replication(
    buckets: &Buckets,
    request: S3Request<GetBucketReplicationInput>,
) -> Answer<GetBucketReplicationOutput> {
    buckets.exists(&request.input.bucket)?;
    Err(s3_error!(
        ReplicationConfigurationNotFoundError,
        "The replication configuration was not found"
    ))
}

/// Object Lock is refused, so there is none.
pub(super) async fn get_object_lock_configuration(
    buckets: &Buckets,
    request: S3Request<GetObjectLockConfigurationInput>,
) -> Answer<GetObjectLockConfigurationOutput> {
    buckets.exists(&request.input.bucket)?;
    let text = "Object Lock configuration does not exist for this bucket";
    Err(s3_error!(ObjectLockConfigurationNotFoundError, "{text}"))
}

impl Buckets {
    /// The headers of a new object, encrypted as its bucket has it when the request says nothing of
    /// it.
    pub(in crate::bucket) fn encrypted(&self, bucket: &str, headers: Headers) -> S3Result<Headers> {
        if headers.encryption.is_some() {
            return Ok(headers);
        }
        let kept: Option<ServerSideEncryptionConfiguration> =
            self.setting(bucket, Setting::Encryption)?;
        let Some(rule) = kept.and_then(|kept| kept.rules.into_iter().next()) else {
            return Ok(headers);
        };
        let Some(usual) = rule.apply_server_side_encryption_by_default else {
            return Ok(headers);
        };
        let (algorithm, key) = (
            usual.sse_algorithm.as_str().to_owned(),
            usual.kms_master_key_id,
        );
        let encryption = Encryption {
            algorithm,
            key,
            context: None,
            bucket_key: rule.bucket_key_enabled,
        };
        Ok(Headers {
            encryption: Some(encryption),
            ..headers
        })
    }
}
