//! Where the events of a pipe go: its target and its enrichment, with their parameters.
//!
//! An ARN says of what kind each is; parameters of another kind are refused, as AWS refuses them.

use std::sync::Arc;
use std::time::Duration;

use kit::document::{Node, Problem};

use super::destinations::{self, Destinations};
use super::{Batch, Declared, Enrichment, Target};
use crate::target::{HttpParameters, Invocation, Outlet};
use crate::transform::Transform;

/// The longest `MessageGroupId` and `MessageDeduplicationId` that the Pipes API model takes.
const LONGEST_ID: usize = 100;

/// What `SqsQueueParameters` of the source ask for, and where they do.
#[derive(Default)]
pub(super) struct Wish<'n> {
    pub size: Option<(&'n Node, i64)>,
    pub window: Option<(&'n Node, i64)>,
}

/// `TargetParameters` or `EnrichmentParameters` as they stand.
struct Parameters<'n> {
    label: String,
    input: Option<Transform>,
    http: Option<&'n Node>,
    queue: Option<&'n Node>,
}

/// Account and name in the ARN of an SQS queue.
pub(super) fn queue_in_arn(arn: &str) -> Option<(&str, &str)> {
    match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "sqs", _, account, queue] if !queue.is_empty() => Some((account, queue)),
        _ => None,
    }
}

/// Reads `Target` and its parameters; `None` when it is of a kind that is not supported, which `problems` then tells.
pub(super) fn read(
    pipe: &Declared<'_>,
    node: &Node,
    parameters: Option<&Node>,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Result<Option<(Option<Transform>, Target)>, Problem> {
    let arn = node.text()?;
    let given = read_parameters(pipe, "TargetParameters", parameters, problems)?;
    let target = if let Some((account, queue)) = queue_in_arn(arn) {
        refuse_foreign(given.http, &given.label, "HttpParameters", problems);
        Some(Target::Queue(Arc::new(read_outlet(node, account, queue, &given, problems)?), Batch::default()))
    } else if destinations::is_destination(arn) {
        refuse_foreign(given.queue, &given.label, "SqsQueueParameters", problems);
        read_invocation(pipe, node, &given, destinations, problems)?.map(Target::Http)
    } else {
        let kinds = "only API destinations and SQS queues are";
        problems.push(node.problem(format!("{}: Target {arn} is not supported, {kinds}", pipe.label)));
        None
    };
    Ok(target.map(|target| (given.input, target)))
}

/// Reads `Enrichment` and its parameters; `None` as above.
pub(super) fn read_enrichment(
    pipe: &Declared<'_>,
    node: &Node,
    parameters: Option<&Node>,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Result<Option<Enrichment>, Problem> {
    let arn = node.text()?;
    let given = read_parameters(pipe, "EnrichmentParameters", parameters, problems)?;
    refuse_foreign(given.queue, &given.label, "SqsQueueParameters", problems);
    if !destinations::is_destination(arn) {
        let message = format!("{}: Enrichment {arn} is not supported, only API destinations are", pipe.label);
        problems.push(node.problem(message));
        return Ok(None);
    }
    let invocation = read_invocation(pipe, node, &given, destinations, problems)?;
    Ok(invocation.map(|invocation| Enrichment { input: given.input, invocation }))
}

/// The target with the batches that the source's parameters ask for, as far as enrichment and target can take them.
pub(super) fn batch(
    target: Target,
    is_enriched: bool,
    wish: &Wish<'_>,
    label: &str,
    problems: &mut Vec<Problem>,
) -> Target {
    let (most, who) = match &target {
        Target::Queue(..) if !is_enriched => (target.most(), "an SQS queue takes ten events at once"),
        _ => (1, "an API destination takes one event"),
    };
    let size = wish.size.map_or(most, |(node, size)| {
        let size = usize::try_from(size).expect("the range was checked");
        if size > most {
            let allowed = if most == 1 { "1".to_owned() } else { format!("at most {most}") };
            problems.push(node.problem(format!("{label}: BatchSize must be {allowed}, {who}")));
        }
        size.min(most)
    });
    let window = wish.window.map_or(0, |(_, seconds)| seconds.unsigned_abs());
    match target {
        Target::Queue(outlet, _) => Target::Queue(outlet, Batch { size, window: Duration::from_secs(window) }),
        // Events go out one by one, so there is no batch to wait for.
        http @ Target::Http(_) => http,
    }
}

fn read_parameters<'n>(
    pipe: &Declared<'_>,
    name: &str,
    node: Option<&'n Node>,
    problems: &mut Vec<Problem>,
) -> Result<Parameters<'n>, Problem> {
    let label = format!("{}: {name}", pipe.label);
    let Some(node) = node else { return Ok(Parameters { label, input: None, http: None, queue: None }) };
    let mut fields = node.fields(&label)?;
    let input = match fields.optional("InputTemplate") {
        Some(node) if !node.text()?.is_empty() => {
            let wrong = |error: crate::transform::TemplateError| node.problem(format!("{label}: {error}"));
            Some(Transform::parse(node.text()?).map_err(wrong)?)
        }
        _ => None,
    };
    let (http, queue) = (fields.optional("HttpParameters"), fields.optional("SqsQueueParameters"));
    problems.extend(fields.finish());
    Ok(Parameters { label, input, http, queue })
}

fn refuse_foreign(node: Option<&Node>, label: &str, name: &str, problems: &mut Vec<Problem>) {
    if let Some(node) = node {
        problems.push(node.problem(format!("{label}: {name} are of another service than the ARN")));
    }
}

fn read_invocation(
    pipe: &Declared<'_>,
    node: &Node,
    given: &Parameters<'_>,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Result<Option<Arc<Invocation>>, Problem> {
    let parameters = match given.http {
        Some(node) => destinations::read_parameters(&given.label, node, problems)?,
        None => HttpParameters::default(),
    };
    let Some(destination) = destinations.find(pipe, node)? else { return Ok(None) };
    destinations::check_parameters(&destination, &parameters, node)?;
    Ok(Some(Arc::new(Invocation { destination, parameters })))
}

fn read_outlet(
    node: &Node,
    account: &str,
    queue: &str,
    given: &Parameters<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Outlet, Problem> {
    let (mut group, mut deduplication) = (None, None);
    if let Some(node) = given.queue {
        let mut fields = node.fields(format!("{}.SqsQueueParameters", given.label))?;
        let mut read =
            |name: &str| fields.optional(name).map(|node| destinations::read_dynamic(node, LONGEST_ID)).transpose();
        (group, deduplication) = (read("MessageGroupId")?, read("MessageDeduplicationId")?);
        problems.extend(fields.finish());
    }
    if queue.ends_with(".fifo") && group.is_none() {
        return Err(node.problem(format!("{}: the FIFO queue {queue} needs a MessageGroupId", given.label)));
    }
    Ok(Outlet { account: account.to_owned(), queue: queue.to_owned(), group, deduplication })
}

impl Default for Batch {
    /// One at a time.
    fn default() -> Batch {
        Batch { size: 1, window: Duration::ZERO }
    }
}
