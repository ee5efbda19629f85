//! The default encryption of a bucket.

use s3s::dto::{
    GetBucketEncryptionInput, GetBucketEncryptionOutput, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use s3s::{S3Request, S3Result};

use super::output::{OperationResult, done};
use crate::s3::object::head::{Encryption, Headers};
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::setting::Setting;

/// S3 encrypts every object with keys of its own when nothing else is set.
pub(super) async fn get_bucket_encryption(
    buckets: &Buckets,
    request: S3Request<GetBucketEncryptionInput>,
) -> OperationResult<GetBucketEncryptionOutput> {
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

impl Buckets {
    /// The headers of a new object. Its bucket's default encryption applies when the request names
    /// none.
    pub(crate) fn encrypted(&self, bucket: &str, headers: Headers) -> S3Result<Headers> {
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
