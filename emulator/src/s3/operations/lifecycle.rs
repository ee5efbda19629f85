//! The lifecycle configuration of a bucket. It is stored and shown; nothing expires.

use s3s::dto::{
    BucketLifecycleConfiguration, GetBucketLifecycleConfigurationInput,
    GetBucketLifecycleConfigurationOutput, PutBucketLifecycleConfigurationInput,
    PutBucketLifecycleConfigurationOutput, TransitionDefaultMinimumObjectSize,
};
use s3s::{S3Request, s3_error};

use super::output::{OperationResult, done, on_disk};
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::setting::{KeptSetting, Setting};
use crate::s3::storage::setting_xml::to_xml;

pub(super) async fn put_bucket_lifecycle_configuration(
    buckets: &Buckets,
    request: S3Request<PutBucketLifecycleConfigurationInput>,
) -> OperationResult<PutBucketLifecycleConfigurationOutput> {
    let input = request.input;
    let missing = || s3_error!(MissingRequestBodyError, "Request Body is empty");
    let mut lifecycle = input.lifecycle_configuration.ok_or_else(missing)?;
    for rule in &mut lifecycle.rules {
        rule.id
            .get_or_insert_with(|| uuid::Uuid::new_v4().simple().to_string());
    }
    let minimum = input.transition_default_minimum_object_size;
    let kept_minimum = minimum.as_ref().map_or(KeptSetting::Default, |minimum| {
        KeptSetting::Text(minimum.as_str().to_owned())
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
) -> OperationResult<GetBucketLifecycleConfigurationOutput> {
    let bucket = &request.input.bucket;
    let kept: Option<BucketLifecycleConfiguration> = buckets.setting(bucket, Setting::Lifecycle)?;
    let absent = || {
        s3_error!(
            NoSuchLifecycleConfiguration,
            "The lifecycle configuration does not exist"
        )
    };
    let minimum = match buckets.kept(bucket, Setting::LifecycleMinimum)? {
        KeptSetting::Text(text) => Some(TransitionDefaultMinimumObjectSize::from(text)),
        KeptSetting::Default | KeptSetting::Deleted => None,
    };
    done(GetBucketLifecycleConfigurationOutput {
        rules: Some(kept.ok_or_else(absent)?.rules),
        transition_default_minimum_object_size: minimum,
    })
}
