//! Why a bucket or an object cannot be read or changed. Every text is the one of S3's error
//! document.

use std::io;

use kit::time::{OncePerMinute, Timestamp};
use s3s::{S3Error, S3ErrorCode, s3_error};

use crate::lines::OncePerMinuteEach;
use crate::memory::Full;
use crate::s3::files::disk_space::is_full;
use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::checksum::ChecksumKind;
use crate::s3::object::condition::UnmetCondition;

/// Why a bucket or an object cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    #[error("The specified key does not exist.")]
    NoSuchKey,
    #[error("Your previous request to create the named bucket succeeded and you already own it.")]
    AlreadyOwned,
    #[error("The bucket you tried to delete is not empty")]
    NotEmpty,
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed,
    #[error("Your proposed upload exceeds the maximum allowed object size.")]
    TooLarge,
    #[error(
        "The specified upload does not exist. The upload ID may be invalid, or the upload may \
         have been aborted or completed."
    )]
    NoSuchUpload,
    #[error("Part number must be an integer between 1 and 10000, inclusive")]
    PartNumber,
    #[error(
        "One or more of the specified parts could not be found. The part may not have been \
         uploaded, or the specified entity tag may not match the part's entity tag."
    )]
    InvalidPart,
    #[error("The list of parts was not in ascending order. Parts must be ordered by part number.")]
    InvalidPartOrder,
    #[error("Your proposed upload is smaller than the minimum allowed size")]
    PartTooSmall,
    #[error(
        "The index of the stored objects is being rebuilt, so they cannot be listed yet. Please \
         try again."
    )]
    Rebuilding,
    /// What prevents the rebuild.
    #[error(
        "The index of the stored objects has to be rebuilt, so they cannot be listed, and it \
         cannot be written: {0}. It is rebuilt as soon as that ends; meanwhile objects can be \
         read and deleted."
    )]
    RebuildBlocked(String),
    #[error("The {} you specified did not match the calculated checksum.", .0.name())]
    BadChecksum(Algorithm),
    #[error(
        "The upload was created using the {} checksum mode. The complete request must use the \
         same checksum mode, not {}.",
        begun.name(),
        completed.name()
    )]
    WrongChecksumKind {
        begun: ChecksumKind,
        completed: ChecksumKind,
    },
    #[error(
        "The upload was created using a {} checksum. The complete request must include the \
         checksum for each part. It was missing for part {number} in the request.",
        algorithm.name().to_ascii_lowercase()
    )]
    MissingPartChecksum { algorithm: Algorithm, number: i32 },
    #[error(
        "The provided 'x-amz-mp-object-size' header value {given} does not match what was \
         computed: {found}"
    )]
    ObjectSize { given: u64, found: u64 },
    #[error(transparent)]
    MemoryFull(#[from] Full),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl StorageError {
    /// The same error, for another key of the same request.
    pub(super) fn again(&self) -> StorageError {
        match self {
            StorageError::NoSuchBucket => StorageError::NoSuchBucket,
            StorageError::Io(error) => {
                StorageError::Io(io::Error::new(error.kind(), error.to_string()))
            }
            other => StorageError::Io(io::Error::other(other.to_string())),
        }
    }

    fn code(&self) -> S3ErrorCode {
        match self {
            StorageError::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            StorageError::NoSuchKey => S3ErrorCode::NoSuchKey,
            StorageError::AlreadyOwned => S3ErrorCode::BucketAlreadyOwnedByYou,
            StorageError::NotEmpty => S3ErrorCode::BucketNotEmpty,
            StorageError::PreconditionFailed => S3ErrorCode::PreconditionFailed,
            StorageError::TooLarge => S3ErrorCode::EntityTooLarge,
            StorageError::NoSuchUpload => S3ErrorCode::NoSuchUpload,
            StorageError::PartNumber => S3ErrorCode::InvalidArgument,
            StorageError::InvalidPart => S3ErrorCode::InvalidPart,
            StorageError::InvalidPartOrder => S3ErrorCode::InvalidPartOrder,
            StorageError::PartTooSmall => S3ErrorCode::EntityTooSmall,
            StorageError::Rebuilding | StorageError::RebuildBlocked(_) => S3ErrorCode::SlowDown,
            StorageError::BadChecksum(_) => S3ErrorCode::BadDigest,
            StorageError::WrongChecksumKind { .. }
            | StorageError::MissingPartChecksum { .. }
            | StorageError::ObjectSize { .. } => S3ErrorCode::InvalidRequest,
            StorageError::MemoryFull(_) => S3ErrorCode::ServiceUnavailable,
            StorageError::Io(_) => S3ErrorCode::InternalError,
        }
    }
}

impl From<UnmetCondition> for StorageError {
    fn from(unmet: UnmetCondition) -> StorageError {
        match unmet {
            UnmetCondition::NoSuchKey => StorageError::NoSuchKey,
            UnmetCondition::PreconditionFailed => StorageError::PreconditionFailed,
        }
    }
}

impl From<StorageError> for S3Error {
    fn from(error: StorageError) -> S3Error {
        match error {
            StorageError::Io(error) => of_io(&error),
            other => S3Error::with_message(other.code(), other.to_string()),
        }
    }
}

/// Logs the error. The response names no file.
fn of_io(error: &io::Error) -> S3Error {
    if error.kind() == io::ErrorKind::InvalidData {
        // The log has this error already, with the name of the file.
        return s3_error!(InternalError, "The stored data cannot be trusted: {error}.");
    }
    if is_full(error) {
        static LINE: OncePerMinute = OncePerMinute::new();
        if LINE.is_due(Timestamp::now()) {
            tracing::warn!("the disk is full: objects are refused, {error}");
        }
        return s3_error!(
            ServiceUnavailable,
            "The disk is full: nothing was stored. Delete objects or messages, or free space on \
             the disk."
        );
    }
    static LINES: OncePerMinuteEach = OncePerMinuteEach::new();
    if LINES.is_due(&error.to_string(), Timestamp::now()) {
        tracing::error!("objects cannot be kept: {error}");
    }
    s3_error!(
        InternalError,
        "We encountered an internal error. Please try again."
    )
}
