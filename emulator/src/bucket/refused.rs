//! What went wrong, as S3 says it: code, status and text.

use s3s::{S3Error, s3_error};

use super::objects::BucketError;

impl From<BucketError> for S3Error {
    fn from(error: BucketError) -> S3Error {
        match error {
            BucketError::NoSuchBucket => s3_error!(NoSuchBucket, "The specified bucket does not exist"),
            BucketError::NoSuchKey => s3_error!(NoSuchKey, "The specified key does not exist."),
            BucketError::AlreadyOwned => s3_error!(
                BucketAlreadyOwnedByYou,
                "Your previous request to create the named bucket succeeded and you already own it."
            ),
            BucketError::NotEmpty => s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"),
            BucketError::PreconditionFailed => {
                s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
            }
            BucketError::TooLarge => {
                s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed object size.")
            }
            BucketError::NoSuchUpload => s3_error!(
                NoSuchUpload,
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted \
                 or completed."
            ),
            BucketError::PartNumber => {
                s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive")
            }
            BucketError::InvalidPart => s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                 specified entity tag may not match the part's entity tag."
            ),
            BucketError::InvalidPartOrder => s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ),
            BucketError::PartTooSmall => {
                s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size")
            }
            BucketError::BadChecksum => {
                s3_error!(BadDigest, "The checksum you specified did not match the calculated checksum.")
            }
            BucketError::Rebuilding => s3_error!(
                SlowDown,
                "The index of the stored objects is being rebuilt, so they cannot be listed yet. Please try again."
            ),
            BucketError::Io(error) => of_the_disk(&error),
        }
    }
}

fn of_the_disk(error: &std::io::Error) -> S3Error {
    if error.kind() == std::io::ErrorKind::InvalidData {
        // It is in the log already, with the name of the file.
        return s3_error!(InternalError, "The stored data cannot be trusted: {error}.");
    }
    tracing::error!("objects cannot be kept: {error}");
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            s3_error!(ServiceUnavailable, "The disk is full.")
        }
        _ => s3_error!(InternalError, "We encountered an internal error. Please try again."),
    }
}
