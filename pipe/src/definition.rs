//! Pipes as declared: read from CloudFormation resources or from what `describe-pipe` and its kin print.
//!
//! All parsed, all checked: patterns, templates, paths, URLs. What is not supported is a problem with resource, property
//! and place; so is a property that nobody knows. Property names are the same in both forms (Pipes and EventBridge API
//! models). One thing is more lenient than AWS: an endpoint may be `http`.

mod connections;
mod destinations;

use std::sync::Arc;

use kit::cloudformation::Resource;
use kit::definition::LoadError;
use kit::document::{Fields, Node, Problem};

use crate::filter::{Filter, MAX_FILTERS};
use crate::target::{Destination, HttpParameters};
use crate::transform::{Names, Transform};
use destinations::Destinations;

/// Every pipe of the definition.
#[derive(Debug, Default)]
pub struct Definition {
    /// In the order of the files.
    pub pipes: Vec<Pipe>,
}

/// One pipe.
#[derive(Debug)]
pub struct Pipe {
    /// Its name.
    pub name: String,
    /// What its reserved variables stand for.
    pub names: Names,
    /// Whether it runs: `DesiredState`.
    pub state: DesiredState,
    /// The queue it reads.
    pub source: Source,
    /// What passes.
    pub filter: Filter,
    /// What is made of an event; without one, the record itself goes out.
    pub input: Option<Transform>,
    /// Where events go.
    pub target: Target,
    /// `LogConfiguration.Level`.
    pub log: LogLevel,
}

/// `DesiredState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DesiredState {
    /// Poll and deliver; what AWS does when nothing is said.
    #[default]
    Running,
    /// Do nothing.
    Stopped,
}

/// `LogConfiguration.Level`: how much a pipe tells about what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// Nothing about single events.
    Off,
    /// Failures. Tidegate's default: AWS's is OFF, but an unexplained failure helps nobody.
    #[default]
    Error,
    /// And how each execution went.
    Info,
    /// And its steps.
    Trace,
}

/// An SQS queue by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The ARN.
    pub arn: String,
    /// The account that owns the queue.
    pub account: String,
    /// The queue's name; a FIFO queue's ends with `.fifo`.
    pub queue: String,
}

/// An API destination, and the pipe's own parameters for it.
#[derive(Debug)]
pub struct Target {
    /// Shared by all pipes that deliver to it, and so is its rate.
    pub destination: Arc<Destination>,
    /// `HttpParameters`.
    pub parameters: HttpParameters,
}

/// A thing that a file declares, from either form.
#[derive(Debug, Clone)]
struct Declared<'a> {
    name: String,
    arn: Option<&'a str>,
    label: String,
    node: &'a Node,
}

impl<'a> Declared<'a> {
    fn from_resource(resource: &'a Resource) -> Declared<'a> {
        let name = resource.physical_id.clone();
        Declared { name, arn: None, label: resource.label(), node: &resource.properties }
    }

    /// `arn` is the member that holds the ARN in what `describe-…` prints.
    fn from_description(node: &'a Node, arn: &str) -> Result<Declared<'a>, Problem> {
        let text = |name: &str| node.get(name).map(Node::text).transpose();
        let name = text("Name")?.ok_or_else(|| node.problem("Name is missing"))?;
        Ok(Declared { name: name.to_owned(), arn: text(arn)?, label: name.to_owned(), node })
    }

    fn fields(&self) -> Result<Fields<'a>, Problem> {
        self.node.fields(&self.label)
    }
}

/// Everything of one type, from all files.
fn declared<'a>(
    given: &'a kit::definition::Definition,
    kind: &'a str,
    descriptions: &'a [Node],
    arn: &str,
) -> Result<Vec<Declared<'a>>, Problem> {
    let resources = given.stacks.iter().flat_map(|stack| stack.of_kind(kind)).map(Declared::from_resource).map(Ok);
    resources.chain(descriptions.iter().map(|node| Declared::from_description(node, arn))).collect()
}

impl Definition {
    /// Reads the pipes of `given`, with their destinations and connections.
    ///
    /// # Errors
    /// A property that is wrong, missing or, unless leniency was asked for, unknown or not supported.
    pub fn load(given: &kit::definition::Definition) -> Result<Definition, LoadError> {
        let mut problems = Vec::new();
        let destinations = Destinations::load(given, &mut problems)?;
        let mut definition = Definition::default();
        for pipe in declared(given, "AWS::Pipes::Pipe", &given.pipes, "Arn")? {
            let arn = pipe.arn.map_or_else(|| arn(given, &pipe.name), str::to_owned);
            definition.pipes.extend(read_pipe(&pipe, arn, &destinations, &mut problems)?);
        }
        given.judge(problems)?;
        Ok(definition)
    }
}

fn arn(given: &kit::definition::Definition, name: &str) -> String {
    let (region, account) =
        given.account.as_ref().map_or(("", ""), |account| (account.region.as_str(), account.account_id.as_str()));
    format!("arn:aws:pipes:{region}:{account}:pipe/{name}")
}

/// `None` when the pipe cannot run here, which `problems` then tells.
fn read_pipe(
    pipe: &Declared<'_>,
    arn: String,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Result<Option<Pipe>, Problem> {
    let mut fields = pipe.fields()?;
    let source_node = fields.required("Source")?;
    let target_node = fields.required("Target")?;
    let filter = match fields.optional("SourceParameters") {
        Some(node) => read_source_parameters(pipe, node, problems)?,
        None => Filter::default(),
    };
    let (input, parameters) = match fields.optional("TargetParameters") {
        Some(node) => read_target_parameters(pipe, node, problems)?,
        None => (None, HttpParameters::default()),
    };
    let state = fields.optional("DesiredState").map(read_state).transpose()?.unwrap_or_default();
    let log = fields.optional("LogConfiguration").map(|node| read_log(pipe, node, problems)).transpose()?;
    if fields.optional("Enrichment").is_some_and(|node| node.text() != Ok("")) {
        problems.push(pipe.node.problem(format!("{}: Enrichment is not supported", pipe.label)));
    }
    fields.ignore(&["Name", "Description", "RoleArn", "Tags", "KmsKeyIdentifier", "Arn", "CurrentState"]);
    fields.ignore(&["StateReason", "CreationTime", "LastModifiedTime", "EnrichmentParameters"]);
    problems.extend(fields.finish());
    let source = read_source(pipe, source_node, problems)?;
    let destination = destinations.find(pipe, target_node, problems)?;
    let (Some(source), Some(destination)) = (source, destination) else { return Ok(None) };
    destinations::check_parameters(&destination, &parameters, target_node)?;
    let names = Names {
        pipe_arn: arn,
        pipe_name: pipe.name.clone(),
        source_arn: source.arn.clone(),
        enrichment_arn: String::new(),
        target_arn: target_node.text()?.to_owned(),
    };
    let target = Target { destination, parameters };
    let log = log.unwrap_or_default();
    Ok(Some(Pipe { name: pipe.name.clone(), names, state, source, filter, input, target, log }))
}

fn read_source(pipe: &Declared<'_>, node: &Node, problems: &mut Vec<Problem>) -> Result<Option<Source>, Problem> {
    let arn = node.text()?;
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "sqs", _, account, queue] if !queue.is_empty() => {
            Ok(Some(Source { arn: arn.to_owned(), account: (*account).to_owned(), queue: (*queue).to_owned() }))
        }
        _ => {
            let message = format!("{}: Source {arn} is not supported, only the ARN of an SQS queue is", pipe.label);
            problems.push(node.problem(message));
            Ok(None)
        }
    }
}

fn read_state(node: &Node) -> Result<DesiredState, Problem> {
    match node.text()? {
        "RUNNING" => Ok(DesiredState::Running),
        "STOPPED" => Ok(DesiredState::Stopped),
        other => Err(node.problem(format!("DesiredState {other} is none of RUNNING, STOPPED"))),
    }
}

fn read_log(pipe: &Declared<'_>, node: &Node, problems: &mut Vec<Problem>) -> Result<LogLevel, Problem> {
    let mut fields = node.fields(format!("{}: LogConfiguration", pipe.label))?;
    let level = fields.required("Level")?;
    // The process's own log takes the place of these.
    fields.ignore(&["CloudwatchLogsLogDestination", "FirehoseLogDestination", "S3LogDestination"]);
    fields.unsupported(&["IncludeExecutionData"]);
    problems.extend(fields.finish());
    match level.text()? {
        "OFF" => Ok(LogLevel::Off),
        "ERROR" => Ok(LogLevel::Error),
        "INFO" => Ok(LogLevel::Info),
        "TRACE" => Ok(LogLevel::Trace),
        other => Err(level.problem(format!("Level {other} is none of OFF, ERROR, INFO, TRACE"))),
    }
}

fn read_source_parameters(pipe: &Declared<'_>, node: &Node, problems: &mut Vec<Problem>) -> Result<Filter, Problem> {
    let label = format!("{}: SourceParameters", pipe.label);
    let mut fields = node.fields(&label)?;
    if let Some(queue) = fields.optional("SqsQueueParameters") {
        let mut fields = queue.fields(format!("{label}.SqsQueueParameters"))?;
        if let Some(size) = fields.optional("BatchSize")
            && size.integer_in(1..=10_000)? > 1
        {
            problems.push(size.problem(format!("{label}: BatchSize must be 1, an API destination takes one event")));
        }
        // Events go out one by one, so there is no batch to wait for.
        fields.optional("MaximumBatchingWindowInSeconds").map(|window| window.integer_in(0..=300)).transpose()?;
        problems.extend(fields.finish());
    }
    let filter = fields.optional("FilterCriteria").map(|node| read_filters(&label, node, problems)).transpose()?;
    problems.extend(fields.finish());
    Ok(filter.unwrap_or_default())
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

fn read_target_parameters(
    pipe: &Declared<'_>,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Result<(Option<Transform>, HttpParameters), Problem> {
    let label = format!("{}: TargetParameters", pipe.label);
    let mut fields = node.fields(&label)?;
    let input = match fields.optional("InputTemplate") {
        Some(node) if !node.text()?.is_empty() => {
            let wrong = |error: crate::transform::TemplateError| node.problem(format!("{label}: {error}"));
            Some(Transform::parse(node.text()?).map_err(wrong)?)
        }
        _ => None,
    };
    let parameters = match fields.optional("HttpParameters") {
        Some(node) => destinations::read_parameters(&label, node, problems)?,
        None => HttpParameters::default(),
    };
    problems.extend(fields.finish());
    Ok((input, parameters))
}

#[cfg(test)]
mod tests;
