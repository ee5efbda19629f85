//! Reads one pipe of a definition. `targets` reads its target and its enrichment.

use kit::document::{Node, OrCollect as _, Problem};
use serde_json::{Map, Value};

use super::declared::DeclaredResource;
use super::destinations::Destinations;
use super::fingerprint::Fingerprint;
use super::log::read_log;
use super::pipe::{DesiredState, Enrichment, Pipe, Source, Target};
use super::source_parameters::{BatchSettings, read_source_parameters};
use super::{tags, targets};
use crate::event::filter::Filter;
use crate::execution_log::LogConfiguration;
use crate::flow::{Order, VerdictRule};
use crate::transform::ReservedVariables;
use kit::arn::Arn;

/// Properties that change nothing here: names, roles and keys, and what `describe-pipe` adds.
const PASSIVE: [&str; 9] = [
    "Name",
    "Description",
    "RoleArn",
    "KmsKeyIdentifier",
    "Arn",
    "CurrentState",
    "StateReason",
    "CreationTime",
    "LastModifiedTime",
];

/// The properties of a pipe, before the resources that they refer to are looked up.
struct Properties<'n> {
    source: Option<&'n Node>,
    target: Option<&'n Node>,
    target_parameters: Option<&'n Node>,
    enrichment: Option<&'n Node>,
    enrichment_parameters: Option<&'n Node>,
    filter: Filter,
    batching: BatchSettings<'n>,
    state: DesiredState,
    log: Option<LogConfiguration>,
    verdict_rule: Option<VerdictRule>,
}

/// Reads a pipe. `None` when it cannot run here: then `problems` has the reason.
pub(super) fn read(
    pipe: &DeclaredResource<'_>,
    arn: String,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Option<Pipe> {
    let properties = read_properties(pipe, problems)?;
    let source = properties
        .source
        .and_then(|node| read_source(pipe, node, problems));
    let order = source.as_ref().map_or(Order::Standard, Source::order);
    let enrichment = read_enrichment(pipe, &properties, destinations, problems);
    let target_node = properties.target?;
    let target = targets::read(
        pipe,
        target_node,
        properties.target_parameters,
        order,
        destinations,
        problems,
    );
    let (source, enrichment, (input, target)) = (source?, enrichment?, target?);
    let label = format!("{}: SourceParameters", pipe.label);
    let batch = targets::batch(
        &target,
        enrichment.as_ref(),
        &properties.batching,
        &label,
        problems,
    );
    Some(Pipe {
        name: pipe.name.clone(),
        names: reserved_variables(pipe, arn, &source, &properties),
        state: properties.state,
        blocked: None,
        source,
        filter: properties.filter,
        description: describe(pipe.node),
        fingerprint: fingerprint(pipe, &target, enrichment.as_ref(), destinations),
        enrichment,
        input,
        target,
        batch,
        log: properties.log,
        verdict_rule: properties.verdict_rule,
        place: None,
        rule: None,
    })
}

/// Reads the enrichment, if there is one. `None` when it is wrong or not supported: then `problems`
/// has the reason.
fn read_enrichment(
    pipe: &DeclaredResource<'_>,
    properties: &Properties<'_>,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Option<Option<Enrichment>> {
    let Some(node) = properties.enrichment else {
        return Some(None);
    };
    let parameters = properties.enrichment_parameters;
    targets::read_enrichment(pipe, node, parameters, destinations, problems).map(Some)
}

/// What a transform may say of the pipe itself. `arn` is that of the pipe.
fn reserved_variables(
    pipe: &DeclaredResource<'_>,
    arn: String,
    source: &Source,
    properties: &Properties<'_>,
) -> ReservedVariables {
    let text = |node: Option<&Node>| {
        node.and_then(|node| node.text().ok())
            .unwrap_or_default()
            .to_owned()
    };
    ReservedVariables {
        pipe_arn: arn,
        pipe_name: pipe.name.clone(),
        source_arn: source.arn.clone(),
        enrichment_arn: text(properties.enrichment),
        target_arn: text(properties.target),
    }
}

/// The digest of the pipe, and of the API destinations that it calls.
fn fingerprint(
    pipe: &DeclaredResource<'_>,
    target: &Target,
    enrichment: Option<&Enrichment>,
    destinations: &Destinations,
) -> Fingerprint {
    let called = [
        target.http_target(),
        enrichment.and_then(Enrichment::http_target),
    ];
    let called = called
        .into_iter()
        .flatten()
        .map(|target| destinations.fingerprint(&target.destination.name));
    Fingerprint::of(&pipe.node.to_json(), called)
}

/// Takes every property from the definition. `None` when it is not a mapping: then `problems` has
/// the reason.
fn read_properties<'n>(
    pipe: &DeclaredResource<'n>,
    problems: &mut Vec<Problem>,
) -> Option<Properties<'n>> {
    let mut fields = pipe.fields().or_collect(problems)?;
    let source = fields.required("Source").or_collect(problems);
    let target = fields.required("Target").or_collect(problems);
    let (filter, batching) = match fields.optional("SourceParameters") {
        Some(node) => read_source_parameters(pipe, node, problems),
        None => (Filter::default(), BatchSettings::default()),
    };
    let target_parameters = fields.optional("TargetParameters");
    let state = fields
        .optional("DesiredState")
        .map(read_state)
        .transpose()
        .or_collect(problems)
        .flatten();
    let log = fields
        .optional("LogConfiguration")
        .and_then(|node| read_log(pipe, node, problems));
    let enrichment = fields
        .optional("Enrichment")
        .filter(|node| node.text() != Ok(""));
    let enrichment_parameters = fields.optional("EnrichmentParameters");
    let verdict_rule = fields
        .optional("Tags")
        .and_then(|node| tags::read_verdict_rule(pipe, node, problems));
    fields.ignore(&PASSIVE);
    problems.extend(fields.finish());
    // `describe-pipe` prints `"EnrichmentParameters": {}` for a pipe without enrichment.
    let is_empty = |node: &&Node| node.entries().is_ok_and(<[_]>::is_empty);
    if let (None, Some(node)) = (enrichment, enrichment_parameters.filter(|it| !is_empty(it))) {
        problems.push(without_enrichment(pipe, node));
    }
    Some(Properties {
        source,
        target,
        target_parameters,
        enrichment,
        enrichment_parameters,
        filter,
        batching,
        state: state.unwrap_or_default(),
        log,
        verdict_rule,
    })
}

/// The problem with parameters of an enrichment that there is not.
fn without_enrichment(pipe: &DeclaredResource<'_>, parameters: &Node) -> Problem {
    let message = format!("{}: EnrichmentParameters without Enrichment", pipe.label);
    parameters.problem(message).tolerable()
}

/// The members of `describe-pipe` that come from the definition. Name, state and times are those of
/// the running pipe.
fn describe(node: &Node) -> Map<String, Value> {
    let Value::Object(mut members) = node.to_json() else {
        return Map::new();
    };
    for name in [
        "Arn",
        "Name",
        "DesiredState",
        "CurrentState",
        "StateReason",
        "CreationTime",
        "LastModifiedTime",
    ] {
        members.shift_remove(name);
    }
    members
}

fn read_source(
    pipe: &DeclaredResource<'_>,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Source> {
    let text = node.text().or_collect(problems)?;
    let queue = Arn::parse(text).filter(|arn| arn.service == "sqs");
    if queue.is_none() {
        let message = format!(
            "{}: Source {text} is not supported: expected the ARN of an SQS queue",
            pipe.label
        );
        problems.push(node.problem(message).tolerable());
    }
    queue.map(|arn| Source {
        arn: text.into(),
        account: arn.account.into(),
        queue: arn.resource.into(),
    })
}

fn read_state(node: &Node) -> Result<DesiredState, Problem> {
    match node.text()? {
        "RUNNING" => Ok(DesiredState::Running),
        "STOPPED" => Ok(DesiredState::Stopped),
        other => Err(node.problem(format!(
            "invalid DesiredState {other}: expected RUNNING or STOPPED"
        ))),
    }
}
