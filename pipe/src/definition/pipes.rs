//! One pipe of a definition: its source, filters, state and log. Targets and enrichments are read in `targets`.

use kit::document::{Node, Problem};
use serde_json::{Map, Value};

use super::destinations::Destinations;
use super::targets::{self, Wish};
use super::{Declared, DesiredState, Enrichment, Fingerprint, Pipe, Source};
use crate::arn::Arn;
use crate::filter::{Filter, MAX_FILTERS};
use crate::flow::Order;
use crate::journal::{LogConfiguration, LogLevel};
use crate::transform::Names;

/// `None` when the pipe cannot run here, which `problems` then tells.
pub(super) fn read(
    pipe: &Declared<'_>,
    arn: String,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Result<Option<Pipe>, Problem> {
    let mut fields = pipe.fields()?;
    let (source_node, target_node) = (fields.required("Source")?, fields.required("Target")?);
    let (filter, wish) = match fields.optional("SourceParameters") {
        Some(node) => read_source_parameters(pipe, node, problems)?,
        None => (Filter::default(), Wish::default()),
    };
    let target_parameters = fields.optional("TargetParameters");
    let state = fields.optional("DesiredState").map(read_state).transpose()?.unwrap_or_default();
    let log = fields.optional("LogConfiguration").map(|node| read_log(pipe, node, problems)).transpose()?;
    let enrichment_node = fields.optional("Enrichment").filter(|node| node.text() != Ok(""));
    let enrichment_parameters = fields.optional("EnrichmentParameters");
    fields.ignore(&["Name", "Description", "RoleArn", "Tags", "KmsKeyIdentifier", "Arn", "CurrentState"]);
    fields.ignore(&["StateReason", "CreationTime", "LastModifiedTime"]);
    problems.extend(fields.finish());

    if let (None, Some(node)) = (enrichment_node, enrichment_parameters) {
        problems.push(node.problem(format!("{}: EnrichmentParameters without Enrichment", pipe.label)));
    }
    let source = read_source(pipe, source_node, problems)?;
    let order = source.as_ref().map_or(Order::Standard, Source::order);
    let enrichment = match enrichment_node {
        Some(node) => targets::read_enrichment(pipe, node, enrichment_parameters, destinations, problems)?.map(Some),
        None => Some(None),
    };
    let target = targets::read(pipe, target_node, target_parameters, order, destinations, problems)?;
    let (Some(source), Some(enrichment), Some((input, target))) = (source, enrichment, target) else {
        return Ok(None);
    };
    let label = format!("{}: SourceParameters", pipe.label);
    let batch = targets::batch(&target, enrichment.as_ref(), &wish, &label, problems);
    let names = Names {
        pipe_arn: arn,
        pipe_name: pipe.name.clone(),
        source_arn: source.arn.clone(),
        enrichment_arn: enrichment_node.map(Node::text).transpose()?.unwrap_or_default().to_owned(),
        target_arn: target_node.text()?.to_owned(),
    };
    let description = describe(pipe.node);
    let called = [target.invocation(), enrichment.as_ref().and_then(Enrichment::invocation)];
    let called = called.into_iter().flatten().map(|invocation| destinations.fingerprint(&invocation.destination.name));
    let fingerprint = Fingerprint::of(&pipe.node.to_json(), called);
    let name = pipe.name.clone();
    Ok(Some(Pipe {
        name,
        names,
        state,
        source,
        filter,
        enrichment,
        input,
        target,
        batch,
        log,
        description,
        fingerprint,
    }))
}

/// What `describe-pipe` shows of a definition; state, name and times are those of the pipe at work.
fn describe(node: &Node) -> Map<String, Value> {
    let Value::Object(mut members) = node.to_json() else { return Map::new() };
    for name in ["Arn", "Name", "DesiredState", "CurrentState", "StateReason", "CreationTime", "LastModifiedTime"] {
        members.shift_remove(name);
    }
    members
}

fn read_source(pipe: &Declared<'_>, node: &Node, problems: &mut Vec<Problem>) -> Result<Option<Source>, Problem> {
    let text = node.text()?;
    let queue = Arn::parse(text).filter(|arn| arn.service == "sqs");
    if queue.is_none() {
        let message = format!("{}: Source {text} is not supported, only the ARN of an SQS queue is", pipe.label);
        problems.push(node.problem(message));
    }
    let source = |arn: Arn<'_>| Source { arn: text.into(), account: arn.account.into(), queue: arn.resource.into() };
    Ok(queue.map(source))
}

fn read_state(node: &Node) -> Result<DesiredState, Problem> {
    match node.text()? {
        "RUNNING" => Ok(DesiredState::Running),
        "STOPPED" => Ok(DesiredState::Stopped),
        other => Err(node.problem(format!("DesiredState {other} is none of RUNNING, STOPPED"))),
    }
}

fn read_log(pipe: &Declared<'_>, node: &Node, problems: &mut Vec<Problem>) -> Result<LogConfiguration, Problem> {
    let mut fields = node.fields(format!("{}: LogConfiguration", pipe.label))?;
    let level = fields.required("Level")?;
    // The process's own log takes the place of these.
    fields.ignore(&["CloudwatchLogsLogDestination", "FirehoseLogDestination", "S3LogDestination"]);
    let data = fields.optional("IncludeExecutionData").map(Node::list).transpose()?.unwrap_or_default();
    for entry in data {
        if entry.text()? != "ALL" {
            return Err(entry.problem("IncludeExecutionData may hold ALL and nothing else"));
        }
    }
    problems.extend(fields.finish());
    let level = match level.text()? {
        "OFF" => LogLevel::Off,
        "ERROR" => LogLevel::Error,
        "INFO" => LogLevel::Info,
        "TRACE" => LogLevel::Trace,
        other => return Err(level.problem(format!("Level {other} is none of OFF, ERROR, INFO, TRACE"))),
    };
    Ok(LogConfiguration { level, execution_data: !data.is_empty() })
}

fn read_source_parameters<'n>(
    pipe: &Declared<'_>,
    node: &'n Node,
    problems: &mut Vec<Problem>,
) -> Result<(Filter, Wish<'n>), Problem> {
    let label = format!("{}: SourceParameters", pipe.label);
    let (mut fields, mut wish) = (node.fields(&label)?, Wish::default());
    if let Some(queue) = fields.optional("SqsQueueParameters") {
        let mut fields = queue.fields(format!("{label}.SqsQueueParameters"))?;
        let whole = |node: &'n Node, range| Ok::<_, Problem>((node, node.integer_in(range)?));
        wish.size = fields.optional("BatchSize").map(|node| whole(node, 1..=10_000)).transpose()?;
        wish.window = fields.optional("MaximumBatchingWindowInSeconds").map(|node| whole(node, 0..=300)).transpose()?;
        problems.extend(fields.finish());
    }
    let filter = fields.optional("FilterCriteria").map(|node| read_filters(&label, node, problems)).transpose()?;
    problems.extend(fields.finish());
    Ok((filter.unwrap_or_default(), wish))
}

fn read_filters(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Result<Filter, Problem> {
    let mut filter = Filter::default();
    let mut fields = node.fields(format!("{label}.FilterCriteria"))?;
    let filters = fields.optional("Filters").map(Node::list).transpose()?.unwrap_or_default();
    if filters.len() > MAX_FILTERS {
        return Err(node.problem(format!("{label}: {} filters, {MAX_FILTERS} are allowed", filters.len())));
    }
    for entry in filters {
        let mut fields = entry.fields(format!("{label}.FilterCriteria.Filters"))?;
        let pattern = fields.required("Pattern")?;
        filter.add(pattern.text()?).map_err(|reason| pattern.problem(format!("{label}: {reason}")))?;
        problems.extend(fields.finish());
    }
    problems.extend(fields.finish());
    Ok(filter)
}
