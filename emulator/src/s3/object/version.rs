//! The only version of an object. Pure.

use s3s::{S3Result, s3_error};

/// S3's name of the version that an object has without versioning.
pub(crate) const NULL: &str = "null";

/// Refuses a request for any other version.
pub(crate) fn only_version(version: Option<&str>) -> S3Result<()> {
    match version.is_none_or(|version| version == NULL) {
        true => Ok(()),
        false => Err(s3_error!(
            NoSuchVersion,
            "The specified version does not exist."
        )),
    }
}
