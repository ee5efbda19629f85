//! Door: creates the queues and buckets that a definition declares, at the endpoint that the
//! environment names.
//!
//! Repeatable: a queue or bucket that exists is brought up to date, and nothing is ever deleted.

pub(crate) mod buckets;
mod change;
mod checks;
mod difference;
mod order;
mod progress;
pub(crate) mod queues;
pub(crate) mod rules;
pub(crate) mod sqs;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use aws_config::SdkConfig;
use kit::definition::{Declarations, DefinitionArgs, LoadError};
use kit::document::Problem;
use kit::send::AllowTargets;
use kit::{aws, console};
use pipe::definition::{PipeDefinitions, RulesRun};

pub use change::{Change, Provisioned};
pub use difference::Difference;
use rules::RuleQueues;
use sqs::Sqs;

/// Create the queues (with redrive) and buckets that the definition declares
///
/// AWS settings are the SDK's own: AWS_REGION (ap-northeast-2), AWS_ENDPOINT_URL, credentials by
/// the standard chain. Can be run again: existing queues and buckets are updated, nothing is
/// deleted. Below a queue that existed, each attribute that was not as declared is shown with both
/// values.
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
    let Args {
        definition,
        dry_run,
        json,
    } = args;
    let files = definition.completed_by_aws(&sdk).await?;
    let account = aws::account(&sdk).await?;
    tracing::info!(
        "provision {}",
        aws::introduction(&sdk, &["SQS", "S3"], Some(&account.account_id))
    );
    let definition = files.load(&account)?;
    DeclaredResources::read(&definition)?;
    definition.report_not_run();
    let sqs = Sqs::new(&sdk).dry(dry_run);
    let mut done = provision_as(&definition, &sqs, &sdk, dry_run).await?;
    if RulesRun::at(&sdk) == RulesRun::Here {
        let rules = rules_of(&definition, &account.stack_name);
        done.extend(rules.provision(&sqs).await?);
    }
    for provisioned in done {
        console::print(format_args!("{}", shown(&provisioned, dry_run, json)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The lines about one resource.
fn shown(provisioned: &Provisioned, is_dry: bool, is_json: bool) -> String {
    let Provisioned {
        kind,
        name,
        change,
        differences,
    } = provisioned;
    if is_json {
        let difference = |it: &Difference| {
            let (attribute, declared, real) = (&it.attribute, &it.declared, &it.real);
            serde_json::json!({"attribute": attribute, "declared": declared, "real": real})
        };
        let differences: Vec<_> = differences.iter().map(difference).collect();
        let line = serde_json::json!({
            "kind": kind, "name": name, "result": change.to_string(), "dry_run": is_dry,
            "differences": differences
        });
        return format!("{line}\n");
    }
    let would = match is_dry && *change != Change::Unchanged {
        true => "would be ",
        false => "",
    };
    let differences = differences
        .iter()
        .map(|difference| format!("  {difference}\n"));
    format!("{kind} {name} {would}{change}\n") + &differences.collect::<String>()
}

/// The queues of the rules that run: what the pipe program refuses has none.
fn rules_of(definition: &Declarations, stack: &str) -> RuleQueues {
    let (anywhere, mut told_by_the_pipe) = (AllowTargets::anywhere(), Vec::new());
    let pipes = PipeDefinitions::read(definition, &anywhere, &mut told_by_the_pipe);
    RuleQueues::of(&pipes, stack)
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
