//! Where the events of a pipe go: its target and its enrichment. An ARN says of what kind each is.

use std::sync::Arc;
use std::time::Duration;

use kit::document::{Node, OrCollect as _, Problem};

use super::destinations::{self, Destinations};
use super::parameters::ServiceParameters;
use super::services::Given;
use super::{Batch, DeclaredResource, Enrichment, EnrichmentTarget, Target};
use crate::arn::Arn;
use crate::flow::Order;
use crate::targets::{HttpTarget, PROTECTED};
use crate::transform::Transform;

/// What AWS gathers when nothing is said; larger batches need a window.
const DEFAULT_BATCH: usize = 10;

/// What `SqsQueueParameters` of the source ask for, and where they do.
#[derive(Default)]
pub(super) struct BatchSettings<'n> {
    pub size: Option<(&'n Node, i64)>,
    pub window: Option<(&'n Node, i64)>,
}

/// Reads `Target` and its parameters; `None` when it is of a kind that is not supported, which
/// `problems` then tells.
pub(super) fn read(
    pipe: &DeclaredResource<'_>,
    node: &Node,
    parameters: Option<&Node>,
    order: Order,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Option<(Option<Transform>, Target)> {
    let mut parameters = ServiceParameters::of_target(pipe, parameters, problems);
    let text = node.text().or_collect(problems)?;
    let Some(arn) = Arn::parse(text) else {
        problems.push(unsupported(pipe, "Target", node, text));
        return None;
    };
    let mut given = Given {
        arn,
        node,
        parameters: &mut parameters,
        problems,
    };
    let target = match (arn.service, arn.resource) {
        ("sqs", _) => given.outlet().map(Arc::new).map(Target::Queue),
        ("lambda", _) => given.function(order).map(Arc::new).map(Target::Program),
        ("states", _) => given.workflow(order).map(Arc::new).map(Target::Program),
        ("events", bus) if bus.starts_with("event-bus/") => {
            given.bus(&pipe.name).map(Arc::new).map(Target::Feed)
        }
        ("sns", _) => given.topic().map(Arc::new).map(Target::Feed),
        ("kinesis", _) => given.stream().map(Arc::new).map(Target::Feed),
        ("logs", _) => given.log_group().map(Arc::new).map(Target::Feed),
        ("execute-api", _) => given.rest_api().map(Arc::new).map(Target::Api),
        _ if destinations::is_destination(text) => {
            read_invocation(pipe, node, &mut parameters, destinations, problems).map(Target::Http)
        }
        _ => {
            problems.push(unsupported(pipe, "Target", node, text));
            return None;
        }
    };
    let input = parameters.finish(problems);
    Some((input, target?))
}

/// Reads `Enrichment` and its parameters; `None` as above.
pub(super) fn read_enrichment(
    pipe: &DeclaredResource<'_>,
    node: &Node,
    parameters: Option<&Node>,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Option<Enrichment> {
    let mut parameters = ServiceParameters::of_enrichment(pipe, parameters, problems);
    let text = node.text().or_collect(problems)?;
    let Some(arn) = Arn::parse(text) else {
        problems.push(unsupported(pipe, "Enrichment", node, text));
        return None;
    };
    let mut given = Given {
        arn,
        node,
        parameters: &mut parameters,
        problems,
    };
    let asked = match arn.service {
        "lambda" | "states" => given
            .answering()
            .map(Arc::new)
            .map(EnrichmentTarget::Program),
        "execute-api" => given.rest_api().map(Arc::new).map(EnrichmentTarget::Api),
        _ if destinations::is_destination(text) => {
            read_invocation(pipe, node, &mut parameters, destinations, problems)
                .map(EnrichmentTarget::Http)
        }
        _ => {
            problems.push(unsupported(pipe, "Enrichment", node, text));
            return None;
        }
    };
    let input = parameters.finish(problems);
    Some(Enrichment {
        input,
        asked: asked?,
    })
}

fn unsupported(pipe: &DeclaredResource<'_>, what: &str, node: &Node, arn: &str) -> Problem {
    let kinds = match what {
        "Target" => {
            "API destinations, REST APIs, SQS queues, Lambda functions, state machines, event buses, SNS topics, \
             Kinesis streams and log groups are"
        }
        _ => "API destinations, REST APIs, Lambda functions and state machines are",
    };
    node.problem(format!(
        "{}: {what} {arn} is not supported; {kinds}",
        pipe.label
    ))
    .tolerable()
}

/// The batches that the source's parameters ask for, as far as enrichment and target can take them.
pub(super) fn batch(
    target: &Target,
    enrichment: Option<&Enrichment>,
    batching: &BatchSettings<'_>,
    label: &str,
    problems: &mut Vec<Problem>,
) -> Batch {
    let (most, who) = match enrichment.map(|enrichment| &enrichment.asked) {
        Some(EnrichmentTarget::Http(_) | EnrichmentTarget::Api(_)) => (1, "the enrichment"),
        Some(EnrichmentTarget::Program(_)) | None => (target.most(), "the target"),
    };
    let seconds = batching
        .window
        .map_or(0, |(_, seconds)| seconds.unsigned_abs());
    let size = batching.size.map_or(DEFAULT_BATCH.min(most), |(node, size)| {
        let size = usize::try_from(size).expect("the range was checked");
        if size > most {
            let allowed = if most == 1 { "1".to_owned() } else { format!("at most {most}") };
            problems.push(node.problem(format!("{label}: BatchSize must be {allowed}, {who} takes no more at once")).tolerable());
        } else if size > DEFAULT_BATCH && seconds == 0 {
            let message = "MaximumBatchingWindowInSeconds must be greater than 0 if BatchSize is greater than 10";
            problems.push(node.problem(format!("{label}: {message}")).tolerable());
        }
        size.min(most)
    });
    // Where events go out one by one there is no batch to wait for.
    let window = if size == 1 {
        Duration::ZERO
    } else {
        Duration::from_secs(seconds)
    };
    Batch { size, window }
}

fn read_invocation(
    pipe: &DeclaredResource<'_>,
    node: &Node,
    given: &mut ServiceParameters<'_>,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Option<Arc<HttpTarget>> {
    let parameters = given
        .take("HttpParameters")
        .map(|node| destinations::read_parameters(&given.label, node, &PROTECTED, problems));
    let parameters = parameters.unwrap_or_default();
    let destination = destinations
        .find(pipe, node)
        .or_collect(problems)
        .flatten()?;
    destinations::check_parameters(&destination, &parameters, node).or_collect(problems)?;
    Some(Arc::new(HttpTarget {
        destination,
        parameters,
    }))
}

impl Default for Batch {
    /// One at a time.
    fn default() -> Batch {
        Batch {
            size: 1,
            window: Duration::ZERO,
        }
    }
}
