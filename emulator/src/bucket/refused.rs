//! What went wrong, as S3 says it: code, status and text.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use s3s::xml::{SerResult, Serializer};
use s3s::{S3Error, S3ErrorCode, s3_error};

use kit::time::{OncePerMinute, Timestamp};

use super::objects::BucketError;
use crate::lines::OncePerMinuteEach;

impl From<BucketError> for S3Error {
    fn from(error: BucketError) -> S3Error {
        match error {
            BucketError::NoSuchBucket => {
                s3_error!(NoSuchBucket, "The specified bucket does not exist")
            }
            BucketError::NoSuchKey => s3_error!(NoSuchKey, "The specified key does not exist."),
            BucketError::AlreadyOwned => s3_error!(
                BucketAlreadyOwnedByYou,
                "Your previous request to create the named bucket succeeded and you already own it."
            ),
            BucketError::NotEmpty => s3_error!(
                BucketNotEmpty,
                "The bucket you tried to delete is not empty"
            ),
            BucketError::PreconditionFailed => {
                s3_error!(
                    PreconditionFailed,
                    "At least one of the pre-conditions you specified did not hold"
                )
            }
            BucketError::TooLarge => {
                s3_error!(
                    EntityTooLarge,
                    "Your proposed upload exceeds the maximum allowed object size."
                )
            }
            BucketError::NoSuchUpload => s3_error!(
                NoSuchUpload,
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted \
                 or completed."
            ),
            BucketError::PartNumber => {
                s3_error!(
                    InvalidArgument,
                    "Part number must be an integer between 1 and 10000, inclusive"
                )
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
                s3_error!(
                    EntityTooSmall,
                    "Your proposed upload is smaller than the minimum allowed size"
                )
            }
            BucketError::BadChecksum(algorithm) => {
                let name = algorithm.name();
                s3_error!(
                    BadDigest,
                    "The {name} you specified did not match the calculated checksum."
                )
            }
            BucketError::Rebuilding(None) => s3_error!(
                SlowDown,
                "The index of the stored objects is being rebuilt, so they cannot be listed yet. Please try again."
            ),
            BucketError::Rebuilding(Some(trouble)) => s3_error!(
                SlowDown,
                "The index of the stored objects has to be rebuilt, so they cannot be listed, and it cannot be written: \
                 {trouble}. It is rebuilt as soon as that ends; meanwhile objects can be read and deleted."
            ),
            BucketError::ChecksumKind { begun, completed } => s3_error!(
                InvalidRequest,
                "The upload was created using the {} checksum mode. The complete request must use the same checksum \
                 mode, not {}.",
                begun.name(),
                completed.name()
            ),
            BucketError::PartChecksum { algorithm, number } => s3_error!(
                InvalidRequest,
                "The upload was created using a {} checksum. The complete request must include the checksum for each \
                 part. It was missing for part {number} in the request.",
                algorithm.name().to_ascii_lowercase()
            ),
            BucketError::ObjectSize { given, found } => s3_error!(
                InvalidRequest,
                "The provided 'x-amz-mp-object-size' header value {given} does not match what was computed: {found}"
            ),
            BucketError::MemoryFull(full) => s3_error!(ServiceUnavailable, "{full}"),
            BucketError::Io(error) => of_the_disk(&error),
        }
    }
}

/// An error that the library has no name for.
pub(super) fn custom(code: &'static str, status: StatusCode, text: &'static str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), text);
    error.set_status_code(status);
    error
}

/// An error from in front of the library, in S3's form. `more` stands behind code and message.
pub(super) fn error_response(
    status: StatusCode,
    code: &str,
    message: &str,
    more: &[(&str, &str)],
) -> Response {
    let mut bytes = Vec::new();
    if let Err(error) = write_error(&mut bytes, code, message, more) {
        tracing::error!("an error cannot be written as XML: {error}");
    }
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

fn write_error(bytes: &mut Vec<u8>, code: &str, message: &str, more: &[(&str, &str)]) -> SerResult {
    let mut writer = Serializer::new(bytes);
    writer.decl()?;
    writer.element("Error", |writer| {
        writer.content("Code", code)?;
        writer.content("Message", message)?;
        more.iter()
            .try_for_each(|(name, value)| writer.content(name, *value))
    })
}

fn of_the_disk(error: &std::io::Error) -> S3Error {
    if error.kind() == std::io::ErrorKind::InvalidData {
        // It is in the log already, with the name of the file.
        return s3_error!(InternalError, "The stored data cannot be trusted: {error}.");
    }
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            static LINE: OncePerMinute = OncePerMinute::new();
            if LINE.is_due(Timestamp::now()) {
                tracing::warn!("the disk is full: objects are refused, {error}");
            }
            s3_error!(
                ServiceUnavailable,
                "The disk is full: nothing was stored. Delete objects or messages, or make room on the disk."
            )
        }
        _ => {
            static LINES: OncePerMinuteEach = OncePerMinuteEach::new();
            if LINES.is_due(&error.to_string(), Timestamp::now()) {
                tracing::error!("objects cannot be kept: {error}");
            }
            s3_error!(
                InternalError,
                "We encountered an internal error. Please try again."
            )
        }
    }
}
