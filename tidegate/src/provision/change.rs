//! What provisioning does to a queue or bucket, or why a service refuses it.

use std::fmt;

use aws_sdk_sqs::error::SdkError;
use kit::aws::{self, Endpoint};

use super::difference::Difference;

/// Queues or buckets that are worked on at a time. Our choice: the emulator writes concurrent
/// requests in one go, and SQS allows far more.
pub(super) const AT_ONCE: usize = 16;

/// A queue or bucket that was provisioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provisioned {
    /// `queue` or `bucket`.
    pub kind: &'static str,
    /// The name of the resource.
    pub name: String,
    /// What was done.
    pub change: Change,
    /// Where it was not as it is declared.
    pub differences: Vec<Difference>,
}

/// What was done about one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    pub change: Change,
    pub differences: Vec<Difference>,
}

impl From<Change> for Done {
    fn from(change: Change) -> Done {
        Done {
            change,
            differences: Vec::new(),
        }
    }
}

impl Done {
    /// A resource that existed with these differences, of which those that are declared are
    /// removed.
    pub(super) fn of(differences: Vec<Difference>) -> Done {
        let change = match differences.iter().any(Difference::is_declared) {
            true => Change::Updated,
            false => Change::Unchanged,
        };
        Done {
            change,
            differences,
        }
    }
}

/// What provisioning changed about a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The resource did not exist.
    Created,
    /// The resource existed with other attributes or tags.
    Updated,
    /// The resource existed as declared.
    Unchanged,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::Created => "created",
            Change::Updated => "updated",
            Change::Unchanged => "unchanged",
        })
    }
}

/// The error for a request that a service refused, with the reason, or did not answer, with the
/// endpoint and the setting that changes it.
pub(super) fn refused<E>(what: &str, endpoint: &Endpoint, error: &SdkError<E>) -> anyhow::Error
where
    E: std::error::Error + 'static,
{
    let reason = aws::explain(error);
    match error {
        SdkError::DispatchFailure(failure)
            if failure
                .as_connector_error()
                .is_some_and(|error| !error.is_other()) =>
        {
            anyhow::anyhow!("{what}: {}", endpoint.unanswered(&reason))
        }
        SdkError::TimeoutError(_) => anyhow::anyhow!("{what}: {}", endpoint.unanswered(&reason)),
        _ => anyhow::anyhow!("{what}: {reason}"),
    }
}
