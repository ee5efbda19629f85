//! The S3 requests that are answered, as a table. The library refuses every other request with 501
//! `NotImplemented`.

mod access_control;
mod acls;
mod attributes;
mod buckets;
mod copying;
mod deleting;
pub(crate) mod encryption;
mod lifecycle;
mod listing;
pub(crate) mod members;
mod output;
mod reading;
mod settings;
mod tagging;
mod unsupported;
mod upload_listing;
mod uploads;
mod versions;
mod writing;

use s3s::dto::*;
use s3s::{S3, S3Request};

use super::storage::buckets::Buckets;
use output::OperationResult;

macro_rules! operations {
    ($($group:ident::$name:ident($input:ident) -> $output:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Buckets {
            $(async fn $name(&self, request: S3Request<$input>) -> OperationResult<$output> {
                members::check(&request.input, request.extensions.get())?;
                $group::$name(self, request).await
            })*
        }
    };
}

operations! {
    access_control::get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput;
    access_control::get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput;
    access_control::get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput;
    access_control::get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput;
    access_control::put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput;
    acls::get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput;
    acls::get_object_acl(GetObjectAclInput) -> GetObjectAclOutput;
    acls::put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput;
    acls::put_object_acl(PutObjectAclInput) -> PutObjectAclOutput;
    attributes::get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput;
    buckets::create_bucket(CreateBucketInput) -> CreateBucketOutput;
    buckets::delete_bucket(DeleteBucketInput) -> DeleteBucketOutput;
    buckets::get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput;
    buckets::head_bucket(HeadBucketInput) -> HeadBucketOutput;
    buckets::list_buckets(ListBucketsInput) -> ListBucketsOutput;
    encryption::get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput;
    lifecycle::get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput;
    lifecycle::put_bucket_lifecycle_configuration(PutBucketLifecycleConfigurationInput) -> PutBucketLifecycleConfigurationOutput;
    listing::list_objects(ListObjectsInput) -> ListObjectsOutput;
    listing::list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output;
    reading::get_object(GetObjectInput) -> GetObjectOutput;
    reading::head_object(HeadObjectInput) -> HeadObjectOutput;
    settings::delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput;
    settings::delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput;
    settings::delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput;
    settings::delete_bucket_ownership_controls(DeleteBucketOwnershipControlsInput) -> DeleteBucketOwnershipControlsOutput;
    settings::delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput;
    settings::delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput;
    settings::delete_bucket_website(DeleteBucketWebsiteInput) -> DeleteBucketWebsiteOutput;
    settings::delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput;
    settings::get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput;
    settings::get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput;
    settings::get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput;
    settings::get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput;
    settings::get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput;
    settings::get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput;
    settings::put_bucket_accelerate_configuration(PutBucketAccelerateConfigurationInput) -> PutBucketAccelerateConfigurationOutput;
    settings::put_bucket_cors(PutBucketCorsInput) -> PutBucketCorsOutput;
    settings::put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput;
    settings::put_bucket_logging(PutBucketLoggingInput) -> PutBucketLoggingOutput;
    settings::put_bucket_ownership_controls(PutBucketOwnershipControlsInput) -> PutBucketOwnershipControlsOutput;
    settings::put_bucket_request_payment(PutBucketRequestPaymentInput) -> PutBucketRequestPaymentOutput;
    settings::put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput;
    settings::put_bucket_website(PutBucketWebsiteInput) -> PutBucketWebsiteOutput;
    settings::put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput;
    tagging::delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput;
    tagging::get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput;
    tagging::put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput;
    unsupported::get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput;
    unsupported::get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput;
    unsupported::get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput;
    unsupported::put_bucket_notification_configuration(PutBucketNotificationConfigurationInput) -> PutBucketNotificationConfigurationOutput;
    uploads::abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput;
    uploads::complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput;
    uploads::create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput;
    upload_listing::list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput;
    upload_listing::list_parts(ListPartsInput) -> ListPartsOutput;
    uploads::upload_part(UploadPartInput) -> UploadPartOutput;
    uploads::upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput;
    versions::get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput;
    versions::list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput;
    versions::put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput;
    copying::copy_object(CopyObjectInput) -> CopyObjectOutput;
    deleting::delete_object(DeleteObjectInput) -> DeleteObjectOutput;
    deleting::delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput;
    writing::put_object(PutObjectInput) -> PutObjectOutput;
}
