//! The result of an operation.

use s3s::{S3Response, S3Result, s3_error};

use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::error::StorageError;

/// The response to a request, or the error in its place.
pub(super) type OperationResult<T> = S3Result<S3Response<T>>;

/// Runs work that waits for the disk, outside the async runtime.
pub(super) async fn on_disk<T: Send + 'static>(
    buckets: &Buckets,
    work: impl FnOnce(&Buckets) -> Result<T, StorageError> + Send + 'static,
) -> S3Result<T> {
    let buckets = buckets.clone();
    match tokio::task::spawn_blocking(move || work(&buckets)).await {
        Ok(result) => Ok(result?),
        Err(error) => Err(s3_error!(error, InternalError)),
    }
}

/// A response without extra headers.
pub(super) fn done<T>(output: T) -> OperationResult<T> {
    Ok(S3Response::new(output))
}
