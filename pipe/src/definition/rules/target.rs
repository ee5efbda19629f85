//! Reads one target of a rule.

use std::sync::Arc;

use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::input;
use crate::definition::declared::DeclaredResource;
use crate::definition::destinations::{self, Destinations};
use crate::definition::pipe::Target;
use crate::definition::retry_limits::RetryLimits;
use crate::definition::targets::http_target;
use crate::event::path::Path;
use crate::targets::{Bus, BusParameters, DynamicValue, Feed, QueueTarget};
use crate::transform::Transform;
use kit::arn::Arn;

/// Parameters of services that do not run here: the ARN's refusal is enough.
const FOREIGN: [&str; 7] = [
    "AppSyncParameters",
    "BatchParameters",
    "EcsParameters",
    "KinesisParameters",
    "RedshiftDataParameters",
    "RunCommandParameters",
    "SageMakerPipelineParameters",
];

/// One target of a rule.
pub(super) struct RuleTarget {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) input: Option<Transform>,
    pub(super) target: Target,
    pub(super) limits: RetryLimits,
}

/// Reads the targets of a rule.
pub(super) struct TargetReader<'g, 'r, 'a> {
    pub(super) rule: &'g DeclaredResource<'a>,
    pub(super) destinations: &'r Destinations,
    pub(super) problems: &'g mut Vec<Problem>,
}

impl TargetReader<'_, '_, '_> {
    /// Reads a target. [`None`] when it is wrong or not supported: then `problems` has the reason.
    pub(super) fn read(self, node: &Node) -> Option<RuleTarget> {
        let TargetReader {
            rule,
            destinations,
            problems,
        } = self;
        let owner = format!("{}: Targets", rule.label);
        let mut fields = node.fields(&owner).or_collect(problems)?;
        let id = fields
            .required("Id")
            .and_then(Node::text)
            .or_collect(problems);
        let place = fields.required("Arn").or_collect(problems);
        let (id, place) = (id?, place?);
        let arn = place.text().or_collect(problems)?;
        let label = format!("{}: target {id}", rule.label);
        let input = input::read(&label, &mut fields, problems);
        let limits = RetryLimits::read(
            &label,
            fields.optional("RetryPolicy"),
            fields.optional("DeadLetterConfig"),
            problems,
        );
        let http = fields.optional("HttpParameters");
        let sqs = fields.optional("SqsParameters");
        fields.ignore(&["RoleArn"]);
        let mut kind = Kind {
            label: &label,
            place,
            problems,
        };
        let parsed = Arn::parse(arn);
        let (target, input) = match parsed.map(|parsed| (parsed.service, parsed)) {
            Some(("sqs", parsed)) => (kind.queue(&parsed, sqs), input),
            Some((_, parsed)) if parsed.event_bus().is_some() => kind.bus(&parsed, input.is_some()),
            _ if destinations::is_destination(arn) => {
                let read = http_target(rule, &label, place, http, destinations, kind.problems);
                (read.map(Target::Http), input)
            }
            _ => {
                fields.ignore(&FOREIGN);
                kind.unsupported(arn);
                (None, None)
            }
        };
        problems.extend(finish(fields, target.is_some()));
        Some(RuleTarget {
            id: id.to_owned(),
            arn: arn.to_owned(),
            input,
            target: target?,
            limits,
        })
    }
}

/// What was not read of a target; of one that is refused anyway, nothing more is told.
fn finish(fields: Fields<'_>, is_read: bool) -> Vec<Problem> {
    let left = fields.finish();
    if is_read { left } else { Vec::new() }
}

/// Reads a target of one kind.
struct Kind<'k> {
    label: &'k str,
    place: &'k Node,
    problems: &'k mut Vec<Problem>,
}

impl Kind<'_> {
    fn queue(&mut self, arn: &Arn<'_>, parameters: Option<&Node>) -> Option<Target> {
        let (account, queue) = (arn.account.to_owned(), arn.resource.to_owned());
        let mut group = None;
        let fields = parameters.map(|node| node.fields(format!("{}: SqsParameters", self.label)));
        if let Some(mut fields) = fields.and_then(|fields| fields.or_collect(self.problems)) {
            let read = fields.required("MessageGroupId").and_then(Node::text);
            group = read.or_collect(self.problems).map(ToOwned::to_owned);
            self.problems.extend(fields.finish());
        }
        if queue.ends_with(".fifo") && group.is_none() {
            let message = format!(
                "{}: the FIFO queue {queue} needs SqsParameters with a MessageGroupId",
                self.label
            );
            self.problems.push(self.place.problem(message));
            return None;
        }
        Some(Target::Queue(Arc::new(QueueTarget {
            account,
            queue,
            group: group.map(DynamicValue::Literal),
            deduplication: None,
        })))
    }

    /// Another bus gets the event as it is, as a new one.
    fn bus(&mut self, arn: &Arn<'_>, has_input: bool) -> (Option<Target>, Option<Transform>) {
        if has_input {
            let message = format!("{}: an event bus gets events as they are", self.label);
            self.problems.push(self.place.problem(message).tolerable());
        }
        let part = |path: &str| Path::parse(path).expect("a path");
        let value = |path: &str| DynamicValue::Path(part(path));
        let parameters = BusParameters {
            source: value("$.source"),
            detail_type: value("$.detail-type"),
            resources: vec![value("$.resources")],
            time: Some(value("$.time")),
        };
        let made = Bus::new(arn, parameters).map_err(|message| self.place.problem(message));
        let target = made.or_collect(self.problems);
        let target = target.map(|bus| Target::Feed(Arc::new(Feed::Bus(bus))));
        (target, Some(Transform::part(part("$.detail"))))
    }

    fn unsupported(&mut self, arn: &str) {
        let message = format!(
            "{}: {arn} is not supported: expected the ARN of an SQS queue, an API destination or an event bus",
            self.label
        );
        self.problems.push(self.place.problem(message).tolerable());
    }
}
