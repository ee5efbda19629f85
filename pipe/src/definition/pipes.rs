//! One pipe of a definition: its source, filters, state and log. Targets and enrichments are read
//! in `targets`.

use kit::document::{Node, OrCollect as _, Problem};
use serde_json::{Map, Value};

use super::destinations::Destinations;
use super::tags;
use super::targets::{self, BatchSettings};
use super::{DeclaredResource, DesiredState, Enrichment, Fingerprint, Pipe, Source};
use crate::arn::Arn;
use crate::event::filter::{Filter, MAX_FILTERS};
use crate::execution_log::{LogConfiguration, LogLevel};
use crate::flow::{Order, VerdictRule};
use crate::transform::ReservedVariables;

/// What a pipe's definition says, entry by entry.
struct Said<'n> {
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

/// `None` when the pipe cannot run here, which `problems` then tells.
pub(super) fn read(
    pipe: &DeclaredResource<'_>,
    arn: String,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Option<Pipe> {
    let said = said(pipe, problems)?;
    let source = said
        .source
        .and_then(|node| read_source(pipe, node, problems));
    let order = source.as_ref().map_or(Order::Standard, Source::order);
    let parameters = said.enrichment_parameters;
    let enrichment = match said.enrichment {
        Some(node) => {
            targets::read_enrichment(pipe, node, parameters, destinations, problems).map(Some)
        }
        None => Some(None),
    };
    let target_node = said.target?;
    let target = targets::read(
        pipe,
        target_node,
        said.target_parameters,
        order,
        destinations,
        problems,
    );
    let (source, enrichment, (input, target)) = (source?, enrichment?, target?);
    let label = format!("{}: SourceParameters", pipe.label);
    let batch = targets::batch(
        &target,
        enrichment.as_ref(),
        &said.batching,
        &label,
        problems,
    );
    let names = ReservedVariables {
        pipe_arn: arn,
        pipe_name: pipe.name.clone(),
        source_arn: source.arn.clone(),
        enrichment_arn: said
            .enrichment
            .and_then(|node| node.text().ok())
            .unwrap_or_default()
            .to_owned(),
        target_arn: target_node.text().unwrap_or_default().to_owned(),
    };
    let called = [
        target.invocation(),
        enrichment.as_ref().and_then(Enrichment::invocation),
    ];
    let called = called
        .into_iter()
        .flatten()
        .map(|invocation| destinations.fingerprint(&invocation.destination.name));
    Some(Pipe {
        name: pipe.name.clone(),
        names,
        state: said.state,
        source,
        filter: said.filter,
        description: describe(pipe.node),
        fingerprint: Fingerprint::of(&pipe.node.to_json(), called),
        enrichment,
        input,
        target,
        batch,
        log: said.log,
        verdict_rule: said.verdict_rule,
    })
}

fn said<'n>(pipe: &DeclaredResource<'n>, problems: &mut Vec<Problem>) -> Option<Said<'n>> {
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
    fields.ignore(&[
        "Name",
        "Description",
        "RoleArn",
        "KmsKeyIdentifier",
        "Arn",
        "CurrentState",
    ]);
    fields.ignore(&["StateReason", "CreationTime", "LastModifiedTime"]);
    problems.extend(fields.finish());
    if let (None, Some(node)) = (enrichment, enrichment_parameters) {
        problems.push(
            node.problem(format!(
                "{}: EnrichmentParameters without Enrichment",
                pipe.label
            ))
            .tolerable(),
        );
    }
    let state = state.unwrap_or_default();
    Some(Said {
        source,
        target,
        target_parameters,
        enrichment,
        enrichment_parameters,
        filter,
        batching,
        state,
        log,
        verdict_rule,
    })
}

/// What `describe-pipe` shows of a definition; state, name and times are those of the pipe at work.
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
            "{}: Source {text} is not supported, only the ARN of an SQS queue is",
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
        other => Err(node.problem(format!("DesiredState {other} is none of RUNNING, STOPPED"))),
    }
}

fn read_log(
    pipe: &DeclaredResource<'_>,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<LogConfiguration> {
    let mut fields = node
        .fields(format!("{}: LogConfiguration", pipe.label))
        .or_collect(problems)?;
    let level = fields
        .required("Level")
        .and_then(read_level)
        .or_collect(problems);
    // The process's own log takes the place of these.
    fields.ignore(&[
        "CloudwatchLogsLogDestination",
        "FirehoseLogDestination",
        "S3LogDestination",
    ]);
    let data = fields
        .optional("IncludeExecutionData")
        .map(Node::list)
        .transpose()
        .or_collect(problems);
    let data = data.flatten().unwrap_or_default();
    let is_wrong = |entry: &&Node| entry.text() != Ok("ALL");
    problems.extend(data.iter().filter(is_wrong).map(|entry| {
        let message = "IncludeExecutionData may hold ALL and nothing else";
        entry.text().err().unwrap_or_else(|| entry.problem(message))
    }));
    problems.extend(fields.finish());
    Some(LogConfiguration {
        level: level?,
        execution_data: !data.is_empty(),
    })
}

fn read_level(node: &Node) -> Result<LogLevel, Problem> {
    match node.text()? {
        "OFF" => Ok(LogLevel::Off),
        "ERROR" => Ok(LogLevel::Error),
        "INFO" => Ok(LogLevel::Info),
        "TRACE" => Ok(LogLevel::Trace),
        other => Err(node.problem(format!("Level {other} is none of OFF, ERROR, INFO, TRACE"))),
    }
}

fn read_source_parameters<'n>(
    pipe: &DeclaredResource<'_>,
    node: &'n Node,
    problems: &mut Vec<Problem>,
) -> (Filter, BatchSettings<'n>) {
    let label = format!("{}: SourceParameters", pipe.label);
    let (mut filter, mut batching) = (Filter::default(), BatchSettings::default());
    let Some(mut fields) = node.fields(&label).or_collect(problems) else {
        return (filter, batching);
    };
    let queue = fields.optional("SqsQueueParameters");
    if let Some(mut fields) = queue.and_then(|node| {
        node.fields(format!("{label}.SqsQueueParameters"))
            .or_collect(problems)
    }) {
        let mut whole = |name: &str, range| {
            let node = fields.optional(name)?;
            Some((node, node.integer_in(range).or_collect(problems)?))
        };
        batching.size = whole("BatchSize", 1..=10_000);
        batching.window = whole("MaximumBatchingWindowInSeconds", 0..=300);
        problems.extend(fields.finish());
    }
    if let Some(node) = fields.optional("FilterCriteria") {
        read_filters(&label, node, &mut filter, problems);
    }
    problems.extend(fields.finish());
    (filter, batching)
}

fn read_filters(label: &str, node: &Node, filter: &mut Filter, problems: &mut Vec<Problem>) {
    let Some(mut fields) = node
        .fields(format!("{label}.FilterCriteria"))
        .or_collect(problems)
    else {
        return;
    };
    let filters = fields
        .optional("Filters")
        .map(Node::list)
        .transpose()
        .or_collect(problems)
        .flatten();
    problems.extend(fields.finish());
    let filters = filters.unwrap_or_default();
    if filters.len() > MAX_FILTERS {
        let message = format!(
            "{label}: {} filters, {MAX_FILTERS} are allowed",
            filters.len()
        );
        problems.push(node.problem(message));
    }
    for entry in filters {
        let fields = entry
            .fields(format!("{label}.FilterCriteria.Filters"))
            .or_collect(problems);
        let Some(mut fields) = fields else { continue };
        let mut add = |node: &Node| {
            let added = filter.add(node.text()?);
            added.map_err(|reason| node.problem(format!("{label}: {reason}")))
        };
        fields
            .required("Pattern")
            .and_then(&mut add)
            .or_collect(problems);
        problems.extend(fields.finish());
    }
}
