//! Reads AWS services as targets and enrichments, with their parameters.

use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::http_parameters::{read_dynamic, read_parameters};
use super::parameters::{ServiceParameters, dynamic};
use crate::flow::Order;
use crate::targets::{
    Bus, BusParameters, DynamicValue, Feed, Function, HttpParameters, InvocationType, LONGEST_KEY,
    LONGEST_NAME, LogGroup, PROHIBITED, Program, QueueTarget, RestApi, Stream, Topic, Workflow,
};
use kit::arn::Arn;

/// The longest `MessageGroupId` and `MessageDeduplicationId` that the Pipes API model accepts.
const LONGEST_ID: usize = 100;

/// The longest `DetailType`, `Source` and path, in characters.
const LONGEST_DETAIL_TYPE: usize = 128;
const LONGEST_SOURCE: usize = 256;
const LONGEST_PATH: usize = 256;

/// The most `Resources` of an event.
const MOST_RESOURCES: usize = 10;

/// The longest ARN.
const LONGEST_ARN: usize = 2048;

/// Reads one service, given its ARN, the place of the ARN, and its parameters.
pub(super) struct ServiceReader<'g, 'a, 'n> {
    pub(super) arn: Arn<'a>,
    pub(super) node: &'a Node,
    pub(super) parameters: &'g mut ServiceParameters<'n>,
    pub(super) problems: &'g mut Vec<Problem>,
}

impl<'n> ServiceReader<'_, '_, 'n> {
    fn wrong(&self, message: &str) -> Problem {
        self.node
            .problem(format!("{}: {message}", self.parameters.label))
    }

    /// The service made from the ARN; or `None`, and one problem more.
    fn made<T>(&mut self, made: Result<T, String>) -> Option<T> {
        let made = made.map_err(|message| self.wrong(&message));
        made.or_collect(self.problems)
    }

    /// A Lambda function that is a target.
    pub(super) fn function(&mut self, order: Order) -> Option<Program> {
        let invocation = self.invocation("LambdaFunctionParameters", order);
        let made = Function::new(&self.arn, invocation);
        self.made(made).map(Program::Function)
    }

    /// A state machine that is a target.
    pub(super) fn workflow(&mut self, order: Order) -> Option<Program> {
        let invocation = self.invocation("StepFunctionStateMachineParameters", order);
        let made = Workflow::new(&self.arn, invocation);
        self.made(made).map(Program::Workflow)
    }

    /// A program that is an enrichment: the pipe always waits for its output.
    pub(super) fn answering(&mut self) -> Option<Program> {
        let invocation = InvocationType::RequestResponse;
        let program = match self.arn.service {
            "lambda" => Function::new(&self.arn, invocation).map(Program::Function),
            _ => Workflow::new(&self.arn, invocation).map(Program::Workflow),
        };
        self.made(program)
    }

    /// Whether the pipe waits for the output. It always does where it must keep the order of
    /// events.
    fn invocation(&mut self, name: &str, order: Order) -> InvocationType {
        let Some((label, mut fields)) = self.parameters.take_fields(name, self.problems) else {
            return InvocationType::default();
        };
        let asked = fields
            .optional("InvocationType")
            .map(|node| read_invocation_type(&label, node));
        let asked = asked
            .and_then(|asked| asked.or_collect(self.problems))
            .unwrap_or_default();
        self.problems.extend(fields.finish());
        if order == Order::Fifo {
            InvocationType::RequestResponse
        } else {
            asked
        }
    }

    /// An event bus.
    pub(super) fn bus(&mut self, pipe: &str) -> Option<Feed> {
        let mut parameters = BusParameters::of_pipe(pipe);
        if let Some((label, mut fields)) = self
            .parameters
            .take_fields("EventBridgeEventBusParameters", self.problems)
        {
            let problems = &mut *self.problems;
            if let Some(value) = dynamic(&mut fields, "DetailType", LONGEST_DETAIL_TYPE, problems) {
                parameters.detail_type = value;
            }
            if let Some(node) = fields.optional("Source")
                && let Some(source) = read_source(&label, node).or_collect(problems)
            {
                parameters.source = source;
            }
            if let Some(node) = fields.optional("Resources") {
                parameters.resources = read_resources(&label, node, problems);
            }
            parameters.time = fields
                .optional("Time")
                .and_then(|node| read_path(node, &label).or_collect(problems));
            // A global endpoint is called with signatures for several regions at once.
            fields.unsupported(&["EndpointId"]);
            problems.extend(fields.finish());
        }
        let made = Bus::new(&self.arn, parameters);
        self.made(made).map(Feed::Bus)
    }

    /// A topic, which has no parameters.
    pub(super) fn topic(&mut self) -> Option<Feed> {
        let made = Topic::new(&self.arn);
        self.made(made).map(Feed::Topic)
    }

    /// A data stream.
    pub(super) fn stream(&mut self) -> Option<Feed> {
        let (_, mut fields) = self.needed("KinesisStreamParameters")?;
        let key = fields
            .required("PartitionKey")
            .and_then(|node| read_dynamic(node, LONGEST_KEY));
        let key = key.or_collect(self.problems);
        self.problems.extend(fields.finish());
        let made = Stream::new(&self.arn, key?);
        self.made(made).map(Feed::Stream)
    }

    /// A log group. Without the name of a stream, that of the pipe is taken: our choice, for AWS
    /// does not say which it takes.
    pub(super) fn log_group(&mut self, pipe: &str) -> Option<Feed> {
        let (mut stream, mut timestamp) = (DynamicValue::Literal(pipe.to_owned()), None);
        let fields = self
            .parameters
            .take_fields("CloudWatchLogsParameters", self.problems);
        if let Some((label, mut fields)) = fields {
            let named = dynamic(&mut fields, "LogStreamName", LONGEST_NAME, self.problems);
            stream = named.unwrap_or(stream);
            timestamp = fields
                .optional("Timestamp")
                .and_then(|node| read_path(node, &label).or_collect(self.problems));
            self.problems.extend(fields.finish());
        }
        let made = LogGroup::new(&self.arn, stream, timestamp);
        self.made(made).map(Feed::Log)
    }

    /// The parameters of a service that needs them.
    fn needed(&mut self, name: &str) -> Option<(String, Fields<'n>)> {
        if !self.parameters.has(name) {
            let missing = self.wrong(&format!("{name} are missing"));
            self.problems.push(missing);
        }
        self.parameters.take_fields(name, self.problems)
    }

    /// An SQS queue.
    pub(super) fn queue(&mut self) -> Option<QueueTarget> {
        let (mut group, mut deduplication) = (None, None);
        let fields = self
            .parameters
            .take_fields("SqsQueueParameters", self.problems);
        let has_group = fields
            .as_ref()
            .is_some_and(|(_, fields)| fields.has("MessageGroupId"));
        if let Some((_, mut fields)) = fields {
            group = dynamic(&mut fields, "MessageGroupId", LONGEST_ID, self.problems);
            deduplication = dynamic(
                &mut fields,
                "MessageDeduplicationId",
                LONGEST_ID,
                self.problems,
            );
            self.problems.extend(fields.finish());
        }
        let (account, queue) = (self.arn.account.to_owned(), self.arn.resource.to_owned());
        if queue.ends_with(".fifo") && !has_group {
            return self.made(Err(format!(
                "the FIFO queue {queue} needs a MessageGroupId"
            )));
        }
        Some(QueueTarget {
            account,
            queue,
            group,
            deduplication,
        })
    }

    /// A method of a REST API.
    pub(super) fn rest_api(&mut self) -> Option<RestApi> {
        let parameters = match self.parameters.take("HttpParameters") {
            Some(node) => read_parameters(&self.parameters.label, node, &PROHIBITED, self.problems),
            None => HttpParameters::default(),
        };
        let made = RestApi::new(&self.arn, parameters);
        self.made(made)
    }
}

fn read_invocation_type(label: &str, node: &Node) -> Result<InvocationType, Problem> {
    match node.text()? {
        "REQUEST_RESPONSE" => Ok(InvocationType::RequestResponse),
        "FIRE_AND_FORGET" => Ok(InvocationType::FireAndForget),
        other => Err(node.problem(format!(
            "{label}: invalid InvocationType {other}: expected REQUEST_RESPONSE or FIRE_AND_FORGET"
        ))),
    }
}

/// `Source` of events on a bus.
fn read_source(label: &str, node: &Node) -> Result<DynamicValue, Problem> {
    match read_dynamic(node, LONGEST_SOURCE)? {
        DynamicValue::Literal(text) if text.starts_with("aws.") => {
            Err(node.problem(format!("{label}: Source must not begin with aws.")))
        }
        source => Ok(source),
    }
}

fn read_resources(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Vec<DynamicValue> {
    let list = node.list().or_collect(problems).unwrap_or_default();
    if list.len() > MOST_RESOURCES {
        problems.push(node.problem(format!("{label}: more than {MOST_RESOURCES} Resources")));
    }
    list.iter()
        .filter_map(|node| read_dynamic(node, LONGEST_ARN).or_collect(problems))
        .collect()
}

fn read_path(node: &Node, label: &str) -> Result<DynamicValue, Problem> {
    match read_dynamic(node, LONGEST_PATH)? {
        path @ DynamicValue::Path(_) => Ok(path),
        DynamicValue::Literal(_) => Err(node.problem(format!("{label}: expected a path ($.…)"))),
    }
}
