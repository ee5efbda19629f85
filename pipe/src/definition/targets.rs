//! Reads the target and the enrichment of a pipe. Their ARNs show of what kind they are.

use std::sync::Arc;
use std::time::Duration;

use kit::document::{Node, OrCollect as _, Problem};

use super::declared::DeclaredResource;
use super::destinations::{self, Destinations};
use super::http_parameters::read_parameters;
use super::parameters::ServiceParameters;
use super::pipe::{Batch, Enrichment, EnrichmentTarget, Target};
use super::services::ServiceReader;
use super::source_parameters::BatchSettings;
use crate::flow::Order;
use crate::targets::{HttpTarget, PROTECTED};
use crate::transform::Transform;
use kit::arn::Arn;

/// The default of `BatchSize`; larger batches need a window.
const DEFAULT_BATCH: usize = 10;

/// Reads `Target` and its parameters. `None` when it is wrong or not supported: then `problems` has
/// the reason.
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
    let mut reader = ServiceReader {
        arn,
        node,
        parameters: &mut parameters,
        problems,
    };
    let target = match (arn.service, arn.resource) {
        ("sqs", _) => reader.queue().map(Arc::new).map(Target::Queue),
        ("lambda", _) => reader.function(order).map(Arc::new).map(Target::Program),
        ("states", _) => reader.workflow(order).map(Arc::new).map(Target::Program),
        ("events", bus) if bus.starts_with("event-bus/") => {
            reader.bus(&pipe.name).map(Arc::new).map(Target::Feed)
        }
        ("sns", _) => reader.topic().map(Arc::new).map(Target::Feed),
        ("kinesis", _) => reader.stream().map(Arc::new).map(Target::Feed),
        ("logs", _) => reader.log_group(&pipe.name).map(Arc::new).map(Target::Feed),
        ("execute-api", _) => reader.rest_api().map(Arc::new).map(Target::Api),
        _ if destinations::is_destination(text) => {
            read_http_target(pipe, node, &mut parameters, destinations, problems).map(Target::Http)
        }
        _ => {
            problems.push(unsupported(pipe, "Target", node, text));
            return None;
        }
    };
    let input = parameters.finish(problems);
    Some((input, target?))
}

/// Reads `Enrichment` and its parameters. `None` when it is wrong or not supported: then `problems`
/// has the reason.
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
    let mut reader = ServiceReader {
        arn,
        node,
        parameters: &mut parameters,
        problems,
    };
    let target = match arn.service {
        "lambda" | "states" => reader
            .answering()
            .map(Arc::new)
            .map(EnrichmentTarget::Program),
        "execute-api" => reader.rest_api().map(Arc::new).map(EnrichmentTarget::Api),
        _ if destinations::is_destination(text) => {
            read_http_target(pipe, node, &mut parameters, destinations, problems)
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
        target: target?,
    })
}

fn unsupported(pipe: &DeclaredResource<'_>, what: &str, node: &Node, arn: &str) -> Problem {
    let kinds = match what {
        "Target" => {
            "the ARN of an API destination, REST API, SQS queue, Lambda function, state machine, \
             event bus, SNS topic, Kinesis stream or log group"
        }
        _ => "the ARN of an API destination, REST API, Lambda function or state machine",
    };
    node.problem(format!(
        "{}: {what} {arn} is not supported: expected {kinds}",
        pipe.label
    ))
    .tolerable()
}

/// The batches that the source's parameters ask for, as far as enrichment and target accept them.
pub(super) fn batch(
    target: &Target,
    enrichment: Option<&Enrichment>,
    batching: &BatchSettings<'_>,
    label: &str,
    problems: &mut Vec<Problem>,
) -> Batch {
    let (most, who) = match enrichment.map(|enrichment| &enrichment.target) {
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
            problems.push(node.problem(format!("{label}: BatchSize must be {allowed}: {who} accepts no more at once")).tolerable());
        } else if size > DEFAULT_BATCH && seconds == 0 {
            let message = "MaximumBatchingWindowInSeconds must be greater than 0 if BatchSize is greater than 10";
            problems.push(node.problem(format!("{label}: {message}")).tolerable());
        }
        size.min(most)
    });
    // Where events are delivered one by one, there is no batch to wait for.
    let window = if size == 1 {
        Duration::ZERO
    } else {
        Duration::from_secs(seconds)
    };
    Batch { size, window }
}

fn read_http_target(
    pipe: &DeclaredResource<'_>,
    node: &Node,
    given: &mut ServiceParameters<'_>,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Option<Arc<HttpTarget>> {
    let parameters = given.take("HttpParameters");
    http_target(pipe, &given.label, node, parameters, destinations, problems)
}

/// Reads an API destination, given its ARN, with the parameters that `owner` gives it.
pub(super) fn http_target(
    owner: &DeclaredResource<'_>,
    label: &str,
    node: &Node,
    parameters: Option<&Node>,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Option<Arc<HttpTarget>> {
    let parameters = parameters.map(|node| read_parameters(label, node, &PROTECTED, problems));
    let parameters = parameters.unwrap_or_default();
    let destination = destinations
        .find(owner, node)
        .or_collect(problems)
        .flatten()?;
    parameters
        .check_path(
            &destination.endpoint,
            &format!("the endpoint of {}", destination.name),
        )
        .map_err(|message| node.problem(message))
        .or_collect(problems)?;
    Some(Arc::new(HttpTarget {
        destination,
        parameters,
    }))
}
