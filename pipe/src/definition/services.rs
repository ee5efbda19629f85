//! AWS services as targets and enrichments: what their parameters in a definition say.

use kit::document::{Node, Problem};

use super::destinations::{self, read_dynamic};
use super::parameters::{Parameters, dynamic};
use crate::arn::Arn;
use crate::flow::Order;
use crate::target::{
    Bus, BusParameters, Dynamic, Feed, Function, HttpParameters, InvocationType, LONGEST_KEY, LONGEST_NAME, LogGroup,
    Outlet, PROHIBITED, Program, RestApi, Stream, Topic, Workflow,
};

/// The longest `MessageGroupId` and `MessageDeduplicationId` that the Pipes API model takes.
const LONGEST_ID: usize = 100;

/// The longest `DetailType`, `Source` and path, in characters.
const LONGEST_DETAIL_TYPE: usize = 128;
const LONGEST_SOURCE: usize = 256;
const LONGEST_PATH: usize = 256;

/// The most `Resources` of an event.
const MOST_RESOURCES: usize = 10;

/// The ARN of a resource is no dynamic value that could be long.
const LONGEST_ARN: usize = 2048;

/// What every reader here needs: the ARN, where it stands, and the parameters.
pub(super) struct Given<'g, 'a, 'n> {
    pub arn: Arn<'a>,
    pub node: &'a Node,
    pub parameters: &'g mut Parameters<'n>,
    pub problems: &'g mut Vec<Problem>,
}

impl Given<'_, '_, '_> {
    fn wrong(&self, message: &str) -> Problem {
        self.node.problem(format!("{}: {message}", self.parameters.label))
    }

    /// A Lambda function that is a target.
    pub fn function(&mut self, order: Order) -> Result<Program, Problem> {
        let invocation = self.invocation("LambdaFunctionParameters", order)?;
        Function::new(&self.arn, invocation).map(Program::Function).map_err(|message| self.wrong(&message))
    }

    /// A state machine that is a target.
    pub fn workflow(&mut self, order: Order) -> Result<Program, Problem> {
        let invocation = self.invocation("StepFunctionStateMachineParameters", order)?;
        Workflow::new(&self.arn, invocation).map(Program::Workflow).map_err(|message| self.wrong(&message))
    }

    /// A program that is an enrichment: its answer is always waited for.
    pub fn answering(&mut self) -> Result<Program, Problem> {
        let invocation = InvocationType::RequestResponse;
        let program = match self.arn.service {
            "lambda" => Function::new(&self.arn, invocation).map(Program::Function),
            _ => Workflow::new(&self.arn, invocation).map(Program::Workflow),
        };
        program.map_err(|message| self.wrong(&message))
    }

    /// Whether an answer is waited for; it is where the order of events is to be kept, whatever is asked for.
    fn invocation(&mut self, name: &str, order: Order) -> Result<InvocationType, Problem> {
        let Some((label, mut fields)) = self.parameters.take_fields(name)? else {
            return Ok(InvocationType::default());
        };
        let asked = match fields.optional("InvocationType") {
            None => InvocationType::default(),
            Some(node) => match node.text()? {
                "REQUEST_RESPONSE" => InvocationType::RequestResponse,
                "FIRE_AND_FORGET" => InvocationType::FireAndForget,
                other => {
                    let message = format!("{label}: {other} is none of REQUEST_RESPONSE, FIRE_AND_FORGET");
                    return Err(node.problem(message));
                }
            },
        };
        self.problems.extend(fields.finish());
        Ok(if order == Order::Fifo { InvocationType::RequestResponse } else { asked })
    }

    /// An event bus.
    pub fn bus(&mut self, pipe: &str) -> Result<Feed, Problem> {
        let mut parameters = BusParameters::of_pipe(pipe);
        if let Some((label, mut fields)) = self.parameters.take_fields("EventBridgeEventBusParameters")? {
            if let Some(value) = dynamic(&mut fields, "DetailType", LONGEST_DETAIL_TYPE)? {
                parameters.detail_type = value;
            }
            if let Some(node) = fields.optional("Source") {
                parameters.source = read_dynamic(node, LONGEST_SOURCE)?;
                if matches!(&parameters.source, Dynamic::Literal(text) if text.starts_with("aws.")) {
                    return Err(node.problem(format!("{label}: Source cannot begin with aws.")));
                }
            }
            if let Some(node) = fields.optional("Resources") {
                let list = node.list()?;
                if list.len() > MOST_RESOURCES {
                    return Err(node.problem(format!("{label}: more than {MOST_RESOURCES} Resources")));
                }
                parameters.resources =
                    list.iter().map(|node| read_dynamic(node, LONGEST_ARN)).collect::<Result<_, _>>()?;
            }
            parameters.time = fields.optional("Time").map(|node| read_path(node, &label)).transpose()?;
            // A global endpoint is called with signatures for several regions at once.
            fields.unsupported(&["EndpointId"]);
            self.problems.extend(fields.finish());
        }
        Bus::new(&self.arn, parameters).map(Feed::Bus).map_err(|message| self.wrong(&message))
    }

    /// A topic, which takes no parameters.
    pub fn topic(&mut self) -> Result<Feed, Problem> {
        Topic::new(&self.arn).map(Feed::Topic).map_err(|message| self.wrong(&message))
    }

    /// A data stream.
    pub fn stream(&mut self) -> Result<Feed, Problem> {
        let name = "KinesisStreamParameters";
        let given = self.parameters.take_fields(name)?;
        let (_, mut fields) = given.ok_or_else(|| self.wrong(&format!("{name} are missing")))?;
        let key = read_dynamic(fields.required("PartitionKey")?, LONGEST_KEY)?;
        self.problems.extend(fields.finish());
        Stream::new(&self.arn, key).map(Feed::Stream).map_err(|message| self.wrong(&message))
    }

    /// A log group.
    pub fn log_group(&mut self) -> Result<Feed, Problem> {
        let name = "CloudWatchLogsParameters";
        let given = self.parameters.take_fields(name)?;
        let (label, mut fields) = given.ok_or_else(|| self.wrong(&format!("{name} are missing")))?;
        let stream = read_dynamic(fields.required("LogStreamName")?, LONGEST_NAME)?;
        let timestamp = fields.optional("Timestamp").map(|node| read_path(node, &label)).transpose()?;
        self.problems.extend(fields.finish());
        LogGroup::new(&self.arn, stream, timestamp).map(Feed::Log).map_err(|message| self.wrong(&message))
    }

    /// An SQS queue.
    pub fn outlet(&mut self) -> Result<Outlet, Problem> {
        let (mut group, mut deduplication) = (None, None);
        if let Some((_, mut fields)) = self.parameters.take_fields("SqsQueueParameters")? {
            group = dynamic(&mut fields, "MessageGroupId", LONGEST_ID)?;
            deduplication = dynamic(&mut fields, "MessageDeduplicationId", LONGEST_ID)?;
            self.problems.extend(fields.finish());
        }
        let (account, queue) = (self.arn.account.to_owned(), self.arn.resource.to_owned());
        if queue.ends_with(".fifo") && group.is_none() {
            return Err(self.wrong(&format!("the FIFO queue {queue} needs a MessageGroupId")));
        }
        Ok(Outlet { account, queue, group, deduplication })
    }

    /// A method of a REST API.
    pub fn rest_api(&mut self) -> Result<RestApi, Problem> {
        let parameters = match self.parameters.take("HttpParameters") {
            Some(node) => destinations::read_parameters(&self.parameters.label, node, &PROHIBITED, self.problems)?,
            None => HttpParameters::default(),
        };
        RestApi::new(&self.arn, parameters).map_err(|message| self.wrong(&message))
    }
}

fn read_path(node: &Node, label: &str) -> Result<Dynamic, Problem> {
    match read_dynamic(node, LONGEST_PATH)? {
        path @ Dynamic::Path(_) => Ok(path),
        Dynamic::Literal(_) => Err(node.problem(format!("{label}: this must be a path ($.…)"))),
    }
}
