//! The headers that a request gives an object.

use s3s::dto::Timestamp as Date;
use s3s::dto::{CopyObjectInput, CreateMultipartUploadInput, PutObjectInput, StorageClass};
use s3s::{S3Result, s3_error};

use super::encryption::encryption;
use super::grants::GrantMembers as _;
use crate::s3::object::acl::Acl;
use crate::s3::object::head::Headers;
use crate::s3::object::tags;

/// A request that describes an object: a put, a copy, or the begin of an upload.
pub(crate) trait DescribesObject {
    /// The headers of the object.
    ///
    /// # Errors
    /// Tags, storage class, encryption or ACL are not valid.
    fn object_headers(&self) -> S3Result<Headers>;
}

macro_rules! describe_objects {
    ($($input:ident)*) => {
        $(impl DescribesObject for $input {
            fn object_headers(&self) -> S3Result<Headers> {
                let canned = self.acl.as_ref().map(|acl| acl.as_str());
                Ok(Headers {
                    content_type: self.content_type.clone(),
                    content_encoding: self.content_encoding.clone(),
                    content_language: self.content_language.clone(),
                    content_disposition: self.content_disposition.clone(),
                    cache_control: self.cache_control.clone(),
                    expires: self.expires.clone().and_then(millis),
                    metadata: sorted(self.metadata.clone().unwrap_or_default()),
                    tags: tags::of_header(self.tagging.as_deref())?,
                    storage_class: storage_class(self.storage_class.as_ref())?,
                    website_redirect: self.website_redirect_location.clone(),
                    encryption: encryption(
                        self.server_side_encryption.as_ref(),
                        self.ssekms_key_id.clone(),
                        self.ssekms_encryption_context.clone(),
                        self.bucket_key_enabled,
                    )?,
                    acl: Acl::asked(canned, &self.grants())?,
                })
            }
        })*
    };
}

describe_objects! { CopyObjectInput CreateMultipartUploadInput PutObjectInput }

/// The storage class that a request asks for. `None` for `STANDARD`.
fn storage_class(asked: Option<&StorageClass>) -> S3Result<Option<String>> {
    const KNOWN: [&str; 8] = [
        StorageClass::STANDARD,
        StorageClass::REDUCED_REDUNDANCY,
        StorageClass::STANDARD_IA,
        StorageClass::ONEZONE_IA,
        StorageClass::INTELLIGENT_TIERING,
        StorageClass::GLACIER_IR,
        StorageClass::GLACIER,
        StorageClass::DEEP_ARCHIVE,
    ];
    let invalid = || {
        s3_error!(
            InvalidStorageClass,
            "The storage class you specified is not valid"
        )
    };
    let name = asked.map(|asked| {
        KNOWN
            .into_iter()
            .find(|known| *known == asked.as_str())
            .ok_or_else(invalid)
    });
    Ok(name
        .transpose()?
        .filter(|name| *name != StorageClass::STANDARD)
        .map(ToOwned::to_owned))
}

fn millis(date: Date) -> Option<u64> {
    let at: time::OffsetDateTime = date.into();
    u64::try_from(at.unix_timestamp()).ok()?.checked_mul(1000)
}

fn sorted(metadata: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = metadata.into_iter().collect();
    pairs.sort();
    pairs
}
