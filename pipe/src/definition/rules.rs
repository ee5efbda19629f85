//! Rules of event buses, read as pipes: each target of a rule is a pipe of its own, from a queue in
//! which the emulator stores the events of the bus.
//!
//! The pipe's filter is the rule's pattern, its input template the target's input, so that a rule
//! is matched, transformed and delivered by the same cores as a pipe. `target` reads one target,
//! `input` what it gets. See `docs/aws/events.md#here`.

mod input;
mod target;

use std::collections::HashSet;

use kit::cloudformation::Resource;
use kit::definition::Declarations;
use kit::document::{Node, OrCollect as _, Problem};

use super::declared::DeclaredResource;
use super::destinations::Destinations;
use super::fingerprint::Fingerprint;
use super::of_rule::OfRule;
use super::pipe::{Batch, DesiredState, Pipe, Source};
use super::rule_queue::RuleQueue;
use crate::event::filter::Filter;
use crate::flow::VerdictRule;
use crate::transform::ReservedVariables;
use kit::arn::Arn;
use target::{RuleTarget, TargetReader};

/// The type.
const KIND: &str = "AWS::Events::Rule";

/// The bus of rules that name none.
const DEFAULT_BUS: &str = "default";

/// The most messages in one request to a target queue.
const BATCH: usize = 10;

/// A rule, before its targets are read.
struct Rule<'a> {
    declared: DeclaredResource<'a>,
    bus: String,
    arn: String,
    filter: Filter,
    state: DesiredState,
    targets: &'a [Node],
}

/// The targets of all rules, as pipes.
pub(super) fn read(
    given: &Declarations,
    destinations: &Destinations,
    problems: &mut Vec<Problem>,
) -> Vec<Pipe> {
    let declared = given.stacks.iter().flat_map(|stack| stack.of_kind(KIND));
    let mut pipes = Vec::new();
    let mut names = HashSet::new();
    for resource in declared {
        let Some(rule) = Rule::read(given, resource, problems) else {
            continue;
        };
        for node in rule.targets {
            let reader = TargetReader {
                rule: &rule.declared,
                destinations,
                problems,
            };
            let Some(target) = reader.read(node) else {
                continue;
            };
            let pipe = rule.pipe(given, node, target, destinations);
            if names.insert(pipe.name.clone()) {
                pipes.push(pipe);
            } else {
                let message = format!("{}: {} is declared twice", rule.declared.label, pipe.name);
                problems.push(node.problem(message).tolerable());
            }
        }
    }
    check_buses(&mut pipes, problems);
    pipes
}

/// A bus that no rule reads would swallow what another rule sends to it.
fn check_buses(pipes: &mut Vec<Pipe>, problems: &mut Vec<Problem>) {
    let read: HashSet<String> = buses(pipes).map(ToOwned::to_owned).collect();
    pipes.retain(|pipe| {
        let Some((bus, place)) = pipe.target_bus() else {
            return true;
        };
        if read.contains(bus) {
            return true;
        }
        let message = format!(
            "{}: no rule of the definition that runs here reads the event bus {bus}",
            pipe.name
        );
        problems.extend(place.map(|place| place.problem(message).tolerable()));
        false
    });
}

/// The buses that rules read which are not disabled.
pub(super) fn buses(pipes: &[Pipe]) -> impl Iterator<Item = &str> {
    let running = pipes
        .iter()
        .filter(|pipe| pipe.state == DesiredState::Running);
    running.filter_map(|pipe| Some(pipe.rule.as_ref()?.queue.bus.as_str()))
}

impl<'a> Rule<'a> {
    fn read(
        given: &Declarations,
        resource: &'a Resource,
        problems: &mut Vec<Problem>,
    ) -> Option<Rule<'a>> {
        let label = resource.label();
        let mut fields = resource.fields().or_collect(problems)?;
        let pattern = fields.optional("EventPattern");
        let state = fields
            .optional("State")
            .map(|node| read_state(&label, node))
            .transpose()
            .or_collect(problems)
            .flatten();
        let bus = fields.optional("EventBusName").map(read_bus);
        let bus = bus.transpose().or_collect(problems).flatten();
        let targets = fields
            .required("Targets")
            .and_then(Node::list)
            .or_collect(problems);
        fields.ignore(&["Name"]);
        let is_scheduled = fields.has("ScheduleExpression");
        problems.extend(fields.finish());
        let mut filter = Filter::default();
        match pattern {
            Some(pattern) => {
                let text = match pattern.text() {
                    Ok(text) => text.to_owned(),
                    Err(_) => pattern.to_json().to_string(),
                };
                let added = filter.add_rule(&text);
                added
                    .map_err(|reason| pattern.problem(format!("{label}: {reason}")))
                    .or_collect(problems)?;
            }
            // Its refusal has been told.
            None if is_scheduled => return None,
            None => {
                let message = format!("{label}: EventPattern is missing");
                problems.push(resource.properties.problem(message));
                return None;
            }
        }
        let bus = bus.unwrap_or_else(|| DEFAULT_BUS.to_owned());
        let name = &resource.physical_id;
        let rest = match bus.as_str() {
            DEFAULT_BUS => name.clone(),
            bus => format!("{bus}/{name}"),
        };
        Some(Rule {
            arn: arn(given, &format!("rule/{rest}")),
            declared: DeclaredResource::from_resource(resource),
            bus,
            filter,
            state: state.unwrap_or_default(),
            targets: targets?,
        })
    }

    /// The pipe that one target is.
    fn pipe(
        &self,
        given: &Declarations,
        node: &Node,
        target: RuleTarget,
        destinations: &Destinations,
    ) -> Pipe {
        let RuleTarget {
            id,
            arn: target_arn,
            input,
            target,
            limits,
        } = target;
        let stack = given.account.as_ref();
        let stack = stack.map_or("", |account| account.stack_name.as_str());
        let (rule, whose) = (&self.declared.name, (self.arn.as_str(), stack));
        let queue = RuleQueue::new(&self.bus, rule, &id, whose);
        let (region, account) = place(given);
        let called = target.http_target().map(|target| {
            let name = &target.destination.name;
            destinations.fingerprint(name)
        });
        let of_target = Fingerprint::of(&node.to_json(), called);
        let batch = Batch {
            size: BATCH.min(target.most()),
            ..Batch::default()
        };
        Pipe {
            name: format!("rule/{}/{id}", self.declared.name),
            names: ReservedVariables {
                pipe_arn: self.arn.clone(),
                pipe_name: self.declared.name.clone(),
                source_arn: arn(given, &format!("event-bus/{}", self.bus)),
                enrichment_arn: String::new(),
                target_arn,
            },
            state: self.state,
            blocked: None,
            source: Source {
                arn: format!("arn:aws:sqs:{region}:{account}:{}", queue.name),
                account: account.to_owned(),
                queue: queue.name.clone(),
            },
            filter: self.filter.clone(),
            enrichment: None,
            input,
            target,
            batch,
            log: None,
            // A policy is a promise of the definition: attempts count as AWS counts them.
            verdict_rule: limits.is_declared.then_some(VerdictRule::Aws),
            description: serde_json::Map::new(),
            fingerprint: Fingerprint::of(&self.declared.node.to_json(), [of_target]),
            place: Some(node.place.clone()),
            rule: Some(OfRule { queue, limits }),
        }
    }
}

fn read_state(label: &str, node: &Node) -> Result<DesiredState, Problem> {
    match node.text()? {
        "ENABLED" => Ok(DesiredState::Running),
        "DISABLED" => Ok(DesiredState::Stopped),
        // Only events of AWS services make a difference, and there are none here.
        "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" => Ok(DesiredState::Running),
        other => Err(node.problem(format!(
            "{label}: invalid State {other}: expected ENABLED or DISABLED"
        ))),
    }
}

/// The name of a bus that is given by its name or its ARN.
fn read_bus(node: &Node) -> Result<String, Problem> {
    let text = node.text()?;
    let named = Arn::parse(text).and_then(|arn| arn.event_bus());
    Ok(named.unwrap_or(text).to_owned())
}

fn arn(given: &Declarations, rest: &str) -> String {
    let (region, account) = place(given);
    format!("arn:aws:events:{region}:{account}:{rest}")
}

/// Region and account of the definition.
fn place(given: &Declarations) -> (&str, &str) {
    let account = given.account.as_ref();
    account.map_or(("", ""), |account| (&account.region, &account.account_id))
}
