//! Why the queue did not do what it was asked.

use std::error::Error;
use std::fmt;

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

/// What SQS said, or what kept it from being asked. Bodies and receipts are not in it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct QueueError(pub(super) String);

impl<E, R> From<SdkError<E, R>> for QueueError
where
    E: Error + ProvideErrorMetadata + 'static,
    R: fmt::Debug + 'static,
{
    fn from(error: SdkError<E, R>) -> QueueError {
        let said = error.as_service_error().map(ProvideErrorMetadata::meta);
        QueueError(
            match said.and_then(|said| Some((said.code()?, said.message()?))) {
                Some((code, message)) => format!("{code}: {message}"),
                None => kit::aws::explain(&error),
            },
        )
    }
}
