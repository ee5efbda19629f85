//! Why a request to SQS failed.

use std::error::Error;
use std::fmt;

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

/// SQS's code and message, or why there is no reply. Holds neither bodies nor receipts.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct QueueError(pub(super) String);

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
