//! Features that are not here, as S3 answers when nobody has configured them. A configuration is
//! refused: storing one that does nothing would be a lie.

use s3s::dto::{
    GetBucketNotificationConfigurationInput, GetBucketNotificationConfigurationOutput,
    GetBucketReplicationInput, GetBucketReplicationOutput, GetObjectLockConfigurationInput,
    GetObjectLockConfigurationOutput, NotificationConfiguration,
    PutBucketNotificationConfigurationInput, PutBucketNotificationConfigurationOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::output::{OperationResult, done};
use crate::s3::storage::buckets::Buckets;

/// Nothing is ever sent, so nothing is ever set.
pub(super) async fn get_bucket_notification_configuration(
    buckets: &Buckets,
    request: S3Request<GetBucketNotificationConfigurationInput>,
) -> OperationResult<GetBucketNotificationConfigurationOutput> {
    buckets.exists(&request.input.bucket)?;
    done(GetBucketNotificationConfigurationOutput::default())
}

/// Takes the empty configuration, with which notifications are switched off.
pub(super) async fn put_bucket_notification_configuration(
    buckets: &Buckets,
    request: S3Request<PutBucketNotificationConfigurationInput>,
) -> OperationResult<PutBucketNotificationConfigurationOutput> {
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

/// Replication is refused, so there is none.
pub(super) async fn get_bucket_replication(
    buckets: &Buckets,
    request: S3Request<GetBucketReplicationInput>,
) -> OperationResult<GetBucketReplicationOutput> {
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
) -> OperationResult<GetObjectLockConfigurationOutput> {
    buckets.exists(&request.input.bucket)?;
    let text = "Object Lock configuration does not exist for this bucket";
    Err(s3_error!(ObjectLockConfigurationNotFoundError, "{text}"))
}
