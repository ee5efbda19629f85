//! Every member of every request that is answered here: it is done, it has no meaning here, or it
//! is refused. None is passed over.
//!
//! The patterns below name each member of the library's types, so that a member which a later
//! version of the library adds does not compile until somebody decides what becomes of it. (What
//! the library itself does not read of a request, it does not show to anybody.)

use s3s::dto::*;
use s3s::{S3Result, s3_error};

use crate::protocol::ACCOUNT;

/// The account of whoever asks: the owner of all buckets, to him.
#[derive(Debug, Clone)]
pub(crate) struct Account(pub String);

/// A request whose members are decided.
pub(crate) trait RequestMembers {
    /// The header or query parameter that cannot be done.
    fn refused(&self) -> Option<&'static str>;

    /// The account that must own the bucket.
    fn expected_owner(&self) -> Option<&str>;
}

/// Refuses what cannot be done.
pub(crate) fn check(request: &impl RequestMembers, account: Option<&Account>) -> S3Result<()> {
    if let Some(name) = request.refused() {
        let text = "A header you provided implies functionality that is not implemented";
        return Err(s3_error!(NotImplemented, "{text}: {name}"));
    }
    check_owner(request.expected_owner(), account)
}

/// All buckets belong to who asks, who may be known by his own account or by the usual one.
pub(super) fn check_owner(expected: Option<&str>, account: Option<&Account>) -> S3Result<()> {
    let is_owner =
        |owner: &str| owner == ACCOUNT || account.is_some_and(|account| account.0 == owner);
    match expected.is_none_or(is_owner) {
        true => Ok(()),
        false => Err(s3_error!(AccessDenied, "Access Denied")),
    }
}

/// `reads` are done, by the operation or by what stands in front of the library; `passes` have no
/// meaning here; `refuses` cannot be done, and are named as a client knows them.
macro_rules! decided {
    ($($input:ident {
        $(owner: $owner:ident;)?
        reads: $($read:ident)*;
        $(passes: $($pass:ident)*;)?
        $(refuses: $($refused:ident $header:literal)*;)?
    })*) => {
        $(impl RequestMembers for $input {
            fn refused(&self) -> Option<&'static str> {
                // No `..` here: this is what makes the list complete.
                let $input { $($owner: _,)? $($read: _,)* $($($pass: _,)*)? $($($refused,)*)? } = self;
                $($(if $refused.is_some() {
                    return Some($header);
                })*)?
                None
            }

            fn expected_owner(&self) -> Option<&str> {
                $(if let Some(owner) = &self.$owner {
                    return Some(owner);
                })?
                None
            }
        })*

        /// Every request with what is read of it and what is refused.
        #[cfg(test)]
        const LIST: &[(&str, &[&str], &[&str])] = &[
            $((stringify!($input), &[$(stringify!($read)),*], &[$($($header),*)?]),)*
        ];
    };
}

decided! {
    AbortMultipartUploadInput {
        owner: expected_bucket_owner;
        reads: bucket key upload_id if_match_initiated_time;
        passes: request_payer;
    }
    CompleteMultipartUploadInput {
        owner: expected_bucket_owner;
        reads: bucket key upload_id multipart_upload if_match if_none_match checksum_crc32 checksum_crc32c checksum_crc64nvme
            checksum_sha1 checksum_sha256 checksum_type mpu_object_size;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5";
    }
    CopyObjectInput {
        owner: expected_bucket_owner;
        reads: bucket key copy_source copy_source_if_match copy_source_if_modified_since copy_source_if_none_match
            copy_source_if_unmodified_since expected_source_bucket_owner metadata_directive tagging_directive metadata
            tagging cache_control content_disposition content_encoding content_language content_type expires
            checksum_algorithm acl grant_full_control grant_read grant_read_acp grant_write_acp storage_class
            website_redirect_location server_side_encryption ssekms_key_id ssekms_encryption_context bucket_key_enabled;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5"
            copy_source_sse_customer_algorithm "x-amz-copy-source-server-side-encryption-customer-algorithm"
            copy_source_sse_customer_key "x-amz-copy-source-server-side-encryption-customer-key"
            copy_source_sse_customer_key_md5 "x-amz-copy-source-server-side-encryption-customer-key-MD5"
            object_lock_legal_hold_status "x-amz-object-lock-legal-hold"
            object_lock_mode "x-amz-object-lock-mode"
            object_lock_retain_until_date "x-amz-object-lock-retain-until-date";
    }
    CreateBucketInput {
        reads: bucket create_bucket_configuration object_ownership acl grant_full_control grant_read grant_read_acp
            grant_write grant_write_acp object_lock_enabled_for_bucket;
    }
    CreateMultipartUploadInput {
        owner: expected_bucket_owner;
        reads: bucket key metadata tagging cache_control content_disposition content_encoding content_language content_type
            expires checksum_algorithm checksum_type acl grant_full_control grant_read grant_read_acp grant_write_acp
            storage_class website_redirect_location server_side_encryption ssekms_key_id ssekms_encryption_context
            bucket_key_enabled;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5"
            object_lock_legal_hold_status "x-amz-object-lock-legal-hold"
            object_lock_mode "x-amz-object-lock-mode"
            object_lock_retain_until_date "x-amz-object-lock-retain-until-date";
    }
    DeleteBucketInput { owner: expected_bucket_owner; reads: bucket; }
    DeleteBucketCorsInput { owner: expected_bucket_owner; reads: bucket; }
    DeleteBucketEncryptionInput { owner: expected_bucket_owner; reads: bucket; }
    DeleteBucketLifecycleInput { owner: expected_bucket_owner; reads: bucket; }
    DeleteBucketOwnershipControlsInput { owner: expected_bucket_owner; reads: bucket; }
    DeleteBucketPolicyInput { owner: expected_bucket_owner; reads: bucket; }
    DeleteBucketTaggingInput { owner: expected_bucket_owner; reads: bucket; }
    DeleteBucketWebsiteInput { owner: expected_bucket_owner; reads: bucket; }
    // There is no Object Lock whose governance a request could bypass.
    DeleteObjectInput {
        owner: expected_bucket_owner;
        reads: bucket key version_id if_match if_match_last_modified_time if_match_size;
        passes: request_payer bypass_governance_retention;
        refuses: mfa "x-amz-mfa";
    }
    DeleteObjectTaggingInput { owner: expected_bucket_owner; reads: bucket key version_id; }
    DeleteObjectsInput {
        owner: expected_bucket_owner;
        reads: bucket delete checksum_algorithm;
        passes: request_payer bypass_governance_retention;
        refuses: mfa "x-amz-mfa";
    }
    DeletePublicAccessBlockInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketAccelerateConfigurationInput { owner: expected_bucket_owner; reads: bucket; passes: request_payer; }
    GetBucketAclInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketCorsInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketEncryptionInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketLifecycleConfigurationInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketLocationInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketLoggingInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketNotificationConfigurationInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketOwnershipControlsInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketPolicyInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketPolicyStatusInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketReplicationInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketRequestPaymentInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketTaggingInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketVersioningInput { owner: expected_bucket_owner; reads: bucket; }
    GetBucketWebsiteInput { owner: expected_bucket_owner; reads: bucket; }
    GetObjectInput {
        owner: expected_bucket_owner;
        reads: bucket key version_id range part_number checksum_mode if_match if_modified_since if_none_match
            if_unmodified_since response_cache_control response_content_disposition response_content_encoding
            response_content_language response_content_type response_expires;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5";
    }
    GetObjectAclInput { owner: expected_bucket_owner; reads: bucket key version_id; passes: request_payer; }
    GetObjectAttributesInput {
        owner: expected_bucket_owner;
        reads: bucket key version_id object_attributes max_parts part_number_marker;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5";
    }
    GetObjectLockConfigurationInput { owner: expected_bucket_owner; reads: bucket; }
    GetObjectTaggingInput { owner: expected_bucket_owner; reads: bucket key version_id; passes: request_payer; }
    GetPublicAccessBlockInput { owner: expected_bucket_owner; reads: bucket; }
    HeadBucketInput { owner: expected_bucket_owner; reads: bucket; }
    HeadObjectInput {
        owner: expected_bucket_owner;
        reads: bucket key version_id range part_number checksum_mode if_match if_modified_since if_none_match
            if_unmodified_since response_cache_control response_content_disposition response_content_encoding
            response_content_language response_content_type response_expires;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5";
    }
    ListBucketsInput { reads: bucket_region continuation_token max_buckets prefix; }
    ListMultipartUploadsInput {
        owner: expected_bucket_owner;
        reads: bucket prefix delimiter encoding_type key_marker upload_id_marker max_uploads;
        passes: request_payer;
    }
    // RestoreStatus is the only optional attribute; no object is ever in restoration.
    ListObjectVersionsInput {
        owner: expected_bucket_owner;
        reads: bucket prefix delimiter encoding_type key_marker version_id_marker max_keys;
        passes: request_payer optional_object_attributes;
    }
    ListObjectsInput {
        owner: expected_bucket_owner;
        reads: bucket prefix delimiter encoding_type marker max_keys;
        passes: request_payer optional_object_attributes;
    }
    ListObjectsV2Input {
        owner: expected_bucket_owner;
        reads: bucket prefix delimiter encoding_type continuation_token start_after max_keys fetch_owner;
        passes: request_payer optional_object_attributes;
    }
    ListPartsInput {
        owner: expected_bucket_owner;
        reads: bucket key upload_id max_parts part_number_marker;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5";
    }
    PutBucketAccelerateConfigurationInput {
        owner: expected_bucket_owner;
        reads: bucket accelerate_configuration checksum_algorithm;
    }
    PutBucketAclInput {
        owner: expected_bucket_owner;
        reads: bucket acl access_control_policy grant_full_control grant_read grant_read_acp grant_write grant_write_acp
            checksum_algorithm content_md5;
    }
    PutBucketCorsInput { owner: expected_bucket_owner; reads: bucket cors_configuration checksum_algorithm content_md5; }
    PutBucketEncryptionInput {
        owner: expected_bucket_owner;
        reads: bucket server_side_encryption_configuration checksum_algorithm content_md5;
    }
    PutBucketLifecycleConfigurationInput {
        owner: expected_bucket_owner;
        reads: bucket lifecycle_configuration transition_default_minimum_object_size checksum_algorithm;
    }
    PutBucketLoggingInput {
        owner: expected_bucket_owner;
        reads: bucket bucket_logging_status checksum_algorithm content_md5;
    }
    // There is no target that could be validated.
    PutBucketNotificationConfigurationInput {
        owner: expected_bucket_owner;
        reads: bucket notification_configuration;
        passes: skip_destination_validation;
    }
    PutBucketOwnershipControlsInput { owner: expected_bucket_owner; reads: bucket ownership_controls content_md5; }
    // Nobody loses access by a policy here.
    PutBucketPolicyInput {
        owner: expected_bucket_owner;
        reads: bucket policy checksum_algorithm content_md5;
        passes: confirm_remove_self_bucket_access;
    }
    PutBucketRequestPaymentInput {
        owner: expected_bucket_owner;
        reads: bucket request_payment_configuration checksum_algorithm content_md5;
    }
    PutBucketTaggingInput { owner: expected_bucket_owner; reads: bucket tagging checksum_algorithm content_md5; }
    PutBucketVersioningInput {
        owner: expected_bucket_owner;
        reads: bucket versioning_configuration checksum_algorithm content_md5;
        refuses: mfa "x-amz-mfa";
    }
    PutBucketWebsiteInput {
        owner: expected_bucket_owner;
        reads: bucket website_configuration checksum_algorithm content_md5;
    }
    PutObjectInput {
        owner: expected_bucket_owner;
        reads: bucket key body content_length content_md5 checksum_algorithm checksum_crc32 checksum_crc32c
            checksum_crc64nvme checksum_sha1 checksum_sha256 if_match if_none_match metadata tagging cache_control
            content_disposition content_encoding content_language content_type expires acl grant_full_control grant_read
            grant_read_acp grant_write_acp storage_class website_redirect_location server_side_encryption ssekms_key_id
            ssekms_encryption_context bucket_key_enabled;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5"
            object_lock_legal_hold_status "x-amz-object-lock-legal-hold"
            object_lock_mode "x-amz-object-lock-mode"
            object_lock_retain_until_date "x-amz-object-lock-retain-until-date"
            write_offset_bytes "x-amz-write-offset-bytes";
    }
    PutObjectAclInput {
        owner: expected_bucket_owner;
        reads: bucket key version_id acl access_control_policy grant_full_control grant_read grant_read_acp grant_write
            grant_write_acp checksum_algorithm content_md5;
        passes: request_payer;
    }
    PutObjectTaggingInput {
        owner: expected_bucket_owner;
        reads: bucket key version_id tagging checksum_algorithm content_md5;
        passes: request_payer;
    }
    PutPublicAccessBlockInput {
        owner: expected_bucket_owner;
        reads: bucket public_access_block_configuration checksum_algorithm content_md5;
    }
    UploadPartInput {
        owner: expected_bucket_owner;
        reads: bucket key upload_id part_number body content_length content_md5 checksum_algorithm checksum_crc32
            checksum_crc32c checksum_crc64nvme checksum_sha1 checksum_sha256;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5";
    }
    UploadPartCopyInput {
        owner: expected_bucket_owner;
        reads: bucket key upload_id part_number copy_source copy_source_range copy_source_if_match
            copy_source_if_modified_since copy_source_if_none_match copy_source_if_unmodified_since
            expected_source_bucket_owner;
        passes: request_payer;
        refuses: sse_customer_algorithm "x-amz-server-side-encryption-customer-algorithm"
            sse_customer_key "x-amz-server-side-encryption-customer-key"
            sse_customer_key_md5 "x-amz-server-side-encryption-customer-key-MD5"
            copy_source_sse_customer_algorithm "x-amz-copy-source-server-side-encryption-customer-algorithm"
            copy_source_sse_customer_key "x-amz-copy-source-server-side-encryption-customer-key"
            copy_source_sse_customer_key_md5 "x-amz-copy-source-server-side-encryption-customer-key-MD5";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where members are read: the operations, and what stands in front of the library.
    const SOURCES: [&str; 26] = [
        include_str!("access_control.rs"),
        include_str!("acls.rs"),
        include_str!("attributes.rs"),
        include_str!("buckets.rs"),
        include_str!("copying.rs"),
        include_str!("deleting.rs"),
        include_str!("lifecycle.rs"),
        include_str!("listing.rs"),
        include_str!("reading.rs"),
        include_str!("settings.rs"),
        include_str!("tagging.rs"),
        include_str!("unsupported.rs"),
        include_str!("upload_listing.rs"),
        include_str!("uploads.rs"),
        include_str!("versions.rs"),
        include_str!("writing.rs"),
        include_str!("../convert/encryption.rs"),
        include_str!("../convert/grants.rs"),
        include_str!("../convert/head.rs"),
        include_str!("../convert/headers.rs"),
        include_str!("../convert/listing.rs"),
        include_str!("../convert/upload.rs"),
        include_str!("../object/acl.rs"),
        include_str!("../object/checksum_members.rs"),
        include_str!("../object/condition.rs"),
        include_str!("../request/document.rs"),
    ];

    #[test]
    fn what_is_said_to_be_read_is_named_where_requests_are_read() {
        let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
        let words: std::collections::HashSet<&str> = SOURCES
            .iter()
            .flat_map(|source| source.split(|letter| !is_letter(letter)))
            .collect();
        let unread: Vec<_> = LIST
            .iter()
            .flat_map(|(input, reads, _)| reads.iter().map(move |member| (input, member)))
            .filter(|(_, member)| !words.contains(**member))
            .collect();
        assert!(unread.is_empty(), "nobody reads {unread:?}");
    }

    #[test]
    fn every_operation_is_in_the_list() {
        let table = include_str!("../operations.rs");
        for (input, ..) in LIST {
            assert!(
                table.contains(&format!("({input})")),
                "{input} is decided and not answered"
            );
        }
        assert!(
            LIST.iter()
                .any(|(_, _, refused)| refused.contains(&"x-amz-object-lock-mode"))
        );
    }
}
