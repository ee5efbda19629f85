//! Door: creates the queues and buckets that a definition declares, at the endpoint that the
//! environment names.
//!
//! Repeatable: a queue or bucket that exists is brought up to date, and nothing is ever deleted.

pub(crate) mod buckets;
mod change;
mod checks;
mod order;
mod progress;
pub(crate) mod queues;
pub(crate) mod sqs;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use aws_config::SdkConfig;
use kit::definition::{Declarations, DefinitionArgs, LoadError};
use kit::document::Problem;
use kit::{aws, console};

pub use change::{Change, Provisioned};
use sqs::Sqs;

/// Create the queues (with redrive) and buckets that the definition declares
///
/// AWS settings are the SDK's own: AWS_REGION (ap-northeast-2), AWS_ENDPOINT_URL, credentials by
/// the standard chain. Can be run again: existing queues and buckets are updated, nothing is
/// deleted.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Definition files
    #[command(flatten)]
    pub definition: DefinitionArgs,
    /// Change nothing: print what would be created, what would be updated, and what is as declared
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// Runs the verb: provisions, and prints what was done.
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
    DeclaredResources::read(&definition)?;
    definition.report_not_run();
    let sqs = Sqs::new(&sdk).dry(args.dry_run);
    for Provisioned { kind, name, change } in
        provision_as(&definition, &sqs, &sdk, args.dry_run).await?
    {
        let would = if args.dry_run && change != Change::Unchanged {
            "would be "
        } else {
            ""
        };
        if args.json {
            let line = serde_json::json!({
                "kind": kind, "name": name, "result": change.to_string(), "dry_run": args.dry_run
            });
            console::print(format_args!("{line}\n"))?;
        } else {
            console::print(format_args!("{kind} {name} {would}{change}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the names of the queues and buckets that would be provisioned, without asking a service.
/// Problems are added to `problems`.
pub fn read(definition: &Declarations, problems: &mut Vec<Problem>) -> DeclaredNames {
    let DeclaredResources { queues, buckets } = DeclaredResources::collect(definition, problems);
    DeclaredNames {
        queues: queues.into_iter().map(|queue| queue.name).collect(),
        buckets: buckets.into_iter().map(|bucket| bucket.name).collect(),
    }
}

/// The names of the queues and buckets that a definition declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredNames {
    /// Queues, in the order of the definition.
    pub queues: Vec<String>,
    /// Buckets, in the order of the definition.
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

/// As [`provision`], with an SQS that may already know which queues exist.
pub(crate) async fn provision_by(
    definition: &Declarations,
    sqs: &Sqs,
    sdk: &SdkConfig,
) -> anyhow::Result<Vec<Provisioned>> {
    provision_as(definition, sqs, sdk, false).await
}

/// As [`provision_by`]; where `is_dry`, nothing is changed.
async fn provision_as(
    definition: &Declarations,
    sqs: &Sqs,
    sdk: &SdkConfig,
    is_dry: bool,
) -> anyhow::Result<Vec<Provisioned>> {
    let declared = DeclaredResources::read(definition)?;
    let mut done = sqs.provision(&declared.queues).await?;
    done.extend(buckets::provision(&declared.buckets, sdk, is_dry).await?);
    Ok(done)
}

/// The queues and buckets that a definition declares.
struct DeclaredResources {
    queues: Vec<queues::DeclaredQueue>,
    buckets: Vec<buckets::DeclaredBucket>,
}

impl DeclaredResources {
    fn read(definition: &Declarations) -> Result<DeclaredResources, LoadError> {
        let mut problems = Vec::new();
        let declared = DeclaredResources::collect(definition, &mut problems);
        definition.check(problems)?;
        Ok(declared)
    }

    fn collect(definition: &Declarations, problems: &mut Vec<Problem>) -> DeclaredResources {
        let queues = queues::read(definition, problems);
        let buckets = buckets::read(definition, problems);
        DeclaredResources { queues, buckets }
    }
}
