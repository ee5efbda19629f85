//! Door: creates the queues and buckets that a definition declares, at the endpoint that the
//! environment names.
//!
//! Repeatable: what is there already is brought up to date, and nothing is ever deleted.

pub(crate) mod buckets;
mod checks;
mod order;
mod progress;
pub(crate) mod queues;
pub(crate) mod sqs;
#[cfg(test)]
mod tests;

use std::fmt;
use std::process::ExitCode;

use aws_config::SdkConfig;
use aws_sdk_sqs::error::SdkError;
use kit::aws::Endpoint;
use kit::definition::{Declarations, DefinitionArgs, LoadError};
use kit::document::Problem;
use kit::{aws, console};
use sqs::Sqs;

/// Queues or buckets that are worked on at a time. Our choice: the emulator writes what many ask
/// for in one go, and SQS allows far more.
const AT_ONCE: usize = 16;

/// Create the queues (with redrive) and buckets that the definition declares
///
/// AWS settings are the SDK's own: AWS_REGION (ap-northeast-2), AWS_ENDPOINT_URL, credentials by
/// the standard chain. Repeatable: what is there already is brought up to date.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Definition files
    #[command(flatten)]
    pub definition: DefinitionArgs,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// What became of one queue or bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provisioned {
    /// `queue` or `bucket`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What was done.
    pub deed: Deed,
}

/// What was done about a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It was not there.
    Created,
    /// It was there with other attributes.
    Updated,
    /// It was there as declared.
    Unchanged,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Deed::Created => "created",
            Deed::Updated => "updated",
            Deed::Unchanged => "unchanged",
        })
    }
}

/// The verb: provisions, and prints what was done.
///
/// # Errors
/// The definition cannot be read, or the endpoint refuses.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let sdk = aws::config().await?;
    let account = aws::account(&sdk).await?;
    tracing::info!(
        "provision {}",
        aws::introduction(&sdk, &["SQS", "S3"], Some(&account.account_id))
    );
    let definition = args.definition.load(&account)?;
    Declared::read(&definition)?;
    definition.report_not_run();
    for Provisioned { kind, name, deed } in provision(&definition, &sdk).await? {
        if args.json {
            let line = serde_json::json!({"kind": kind, "name": name, "result": deed.to_string()});
            console::print(format_args!("{line}\n"))?;
        } else {
            console::print(format_args!("{kind} {name} {deed}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads everything that would be provisioned, and asks nobody: the names of queues and of buckets.
/// What is wrong is added to `problems`.
pub fn read(definition: &Declarations, problems: &mut Vec<Problem>) -> Names {
    let Declared { queues, buckets } = Declared::collect(definition, problems);
    Names {
        queues: queues.into_iter().map(|queue| queue.name).collect(),
        buckets: buckets.into_iter().map(|bucket| bucket.name).collect(),
    }
}

/// The names of what would be provisioned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Queues, in the order of the definition.
    pub queues: Vec<String>,
    /// Buckets, likewise.
    pub buckets: Vec<String>,
}

/// Creates or updates everything, queues before buckets.
///
/// # Errors
/// A resource is malformed, or the endpoint refuses.
pub async fn provision(
    definition: &Declarations,
    sdk: &SdkConfig,
) -> anyhow::Result<Vec<Provisioned>> {
    provision_by(definition, &Sqs::new(sdk), sdk).await
}

/// The same, with an SQS that may know already which queues there are.
pub(crate) async fn provision_by(
    definition: &Declarations,
    sqs: &Sqs,
    sdk: &SdkConfig,
) -> anyhow::Result<Vec<Provisioned>> {
    let declared = Declared::read(definition)?;
    let mut done = sqs.provision(&declared.queues).await?;
    done.extend(buckets::provision(&declared.buckets, sdk).await?);
    Ok(done)
}

/// What a service refused, and why; or that it did not answer, where it was asked, and what moves
/// it.
fn refused<E>(what: &str, endpoint: &Endpoint, error: &SdkError<E>) -> anyhow::Error
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

/// What a definition declares of queues and buckets.
struct Declared {
    queues: Vec<queues::Declared>,
    buckets: Vec<buckets::Declared>,
}

impl Declared {
    fn read(definition: &Declarations) -> Result<Declared, LoadError> {
        let mut problems = Vec::new();
        let declared = Declared::collect(definition, &mut problems);
        definition.check(problems)?;
        Ok(declared)
    }

    fn collect(definition: &Declarations, problems: &mut Vec<Problem>) -> Declared {
        let queues = queues::read(definition, problems);
        let buckets = buckets::read(definition, problems);
        Declared { queues, buckets }
    }
}
