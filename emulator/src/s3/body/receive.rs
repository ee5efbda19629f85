//! Door: a body that comes in is written to a staged object, piece by piece.

use std::io;

use http_body_util::BodyExt as _;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3Result, s3_error};

use super::integrity::ExpectedDigests;
use super::unreadable::Unreadable;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::error::StorageError;
use crate::s3::storage::staging::StagedObject;

/// Writes a body to a staged object as it comes in, and checks its digests.
///
/// # Errors
/// The body breaks off or has other digests, or the object cannot be written.
pub(crate) async fn receive(
    buckets: &Buckets,
    body: Option<StreamingBlob>,
    digests: &ExpectedDigests,
) -> S3Result<StagedObject> {
    let mut staged = buckets.stage()?.summing(digests.algorithm());
    if let Some(blob) = body {
        let mut body = s3s::Body::from(blob);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(unreadable)?;
            if let Some(data) = frame.data_ref() {
                staged.write(data)?;
            }
        }
    }
    digests.check(&mut staged)?;
    Ok(staged)
}

/// The error of a body that broke off: a client's, or a stored one that is copied.
fn unreadable(error: Box<dyn std::error::Error + Send + Sync>) -> S3Error {
    match error.downcast::<Unreadable>() {
        Ok(stored) => StorageError::from(stored.0).into(),
        // The library does not name the type of this error.
        Err(error) if error.to_string().ends_with("SignatureMismatch") => {
            s3_error!(SignatureDoesNotMatch)
        }
        Err(error) => s3_error!(io::Error::other(error), IncompleteBody),
    }
}
