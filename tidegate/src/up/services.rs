//! Which services of AWS there are in a chain: the emulator's, and those whose endpoints the
//! environment names. Pure.
//!
//! A call to any other service would meet the emulator, which is no such service: an API would
//! answer with an error of S3, or a pipe wait for ever. Such routes and pipes are refused;
//! leniently, a route answers 502, and a pipe is stopped with its reason.

use std::collections::HashSet;

use gateway::api::{Apis, Backend, Operation, ServiceUri};
use kit::arn::Arn;
use kit::definition::Declarations;
use kit::document::{Node, OrCollect as _, Place, Problem};
use kit::send::AllowTargets;
use pipe::definition::{Pipe, PipeDefinitions, RulesRun};

use super::own_apis::OwnApis;

/// The services that the emulator is.
const OF_EMULATOR: [&str; 3] = ["s3", "sqs", "sts"];

/// What a pipe may lead to beside services: an API destination is a matter of its own.
const DESTINATION: &str = "api-destination/";

/// EventBridge: the emulator takes its events, as far as rules of the definition read them.
const EVENTS: &str = "events";

/// The services of a chain.
#[derive(Debug, Clone)]
pub(super) struct ChainServices {
    /// Whether the environment names the endpoint of a service.
    is_elsewhere: fn(&str) -> bool,
    /// The event buses that rules of the definition read.
    buses: HashSet<String>,
}

impl ChainServices {
    /// The services that there are, by the environment and the rules of the definition.
    pub(super) fn of(definition: &Declarations) -> ChainServices {
        // Its problems are told where it is read for good.
        let (anywhere, mut ignored) = (AllowTargets::anywhere(), Vec::new());
        let pipes = PipeDefinitions::read(definition, &anywhere, &mut ignored);
        let queues = pipes.rule_queues().into_iter();
        ChainServices {
            is_elsewhere: |service| kit::service::variable_endpoint(service).is_some(),
            buses: queues.map(|queue| queue.bus).collect(),
        }
    }

    /// Where rules are run.
    pub(super) fn rules_run(&self) -> RulesRun {
        match (self.is_elsewhere)(EVENTS) {
            true => RulesRun::Elsewhere,
            false => RulesRun::Here,
        }
    }

    fn has(&self, service: &str) -> bool {
        OF_EMULATOR.contains(&service)
            || (self.is_elsewhere)(service)
            || (service == EVENTS && !self.buses.is_empty())
    }

    /// Whether a call is one that the service here answers.
    fn answers(&self, uri: &ServiceUri) -> bool {
        let is_put = match &uri.operation {
            Operation::Action { name, .. } => name == "PutEvents",
            // The header says which action it is.
            Operation::Path(_) => true,
        };
        let is_here = uri.service == EVENTS && !(self.is_elsewhere)(EVENTS);
        self.has(&uri.service) && (is_put || !is_here)
    }

    /// Refuses what calls a service that is not there, and makes it answer 502.
    pub(super) fn check_apis(&self, apis: &mut Apis, problems: &mut Vec<Problem>) {
        let mut told = HashSet::new();
        for api in &mut apis.apis {
            let name = api.name.clone();
            for resource in &mut api.resources {
                let path = resource.path.clone();
                for (_, method) in &mut resource.methods {
                    let integration = &mut method.integration;
                    let (Backend::Aws(uri) | Backend::LambdaProxy(uri) | Backend::Subtype(uri)) =
                        &integration.backend
                    else {
                        continue;
                    };
                    let service = uri.service.clone();
                    if self.answers(uri) {
                        continue;
                    }
                    integration.backend = Backend::Absent(service.clone());
                    let what = format!("{path} of the API {name}");
                    let Some(place) = &integration.place else {
                        continue;
                    };
                    if told.insert(place.to_string()) {
                        let message = match service.as_str() {
                            EVENTS => no_events(&what),
                            service => absent(&what, service),
                        };
                        problems.push(place.problem(message).tolerable());
                    }
                }
            }
        }
    }

    /// Refuses pipes that lead to a service which is not there, and blocks them.
    pub(super) fn check_pipes(
        &self,
        pipes: &mut [Pipe],
        own: &OwnApis,
        definition: &Declarations,
        problems: &mut Vec<Problem>,
    ) {
        for pipe in pipes {
            let asked = [
                ("Enrichment", pipe.names.enrichment_arn.clone()),
                ("Target", pipe.names.target_arn.clone()),
            ];
            for (property, arn) in asked {
                let Some(service) = self.missing(&arn).filter(|_| !own.has(&arn)) else {
                    continue;
                };
                let what = format!("{property} of the pipe {}", pipe.name);
                let message = match service {
                    EVENTS => no_events(&what),
                    service => absent(&what, service),
                };
                let place = place(definition, &pipe.name, property);
                let problem = place.map(|place| place.problem(&message).tolerable());
                _ = problem.map_or(Ok(()), Err).or_collect(problems);
                pipe.blocked = Some(message);
            }
        }
    }

    /// The service of an ARN, if it is not there.
    fn missing<'a>(&self, arn: &'a str) -> Option<&'a str> {
        let arn = Arn::parse(arn)?;
        let is_there = match arn.event_bus() {
            Some(bus) => (self.is_elsewhere)(EVENTS) || self.buses.contains(bus),
            None => arn.resource.starts_with(DESTINATION) || self.has(arn.service),
        };
        (!is_there).then_some(arn.service)
    }
}

/// Where the definition names what a pipe leads to.
fn place(definition: &Declarations, pipe: &str, property: &str) -> Option<Place> {
    let declared = definition
        .stacks
        .iter()
        .flat_map(|stack| stack.of_kind("AWS::Pipes::Pipe"));
    let mut declared = declared.filter(|resource| resource.physical_id == pipe);
    let of_stack = declared.find_map(|resource| resource.properties.get(property));
    let is_it = |node: &&Node| node.get("Name").is_some_and(|name| name.text() == Ok(pipe));
    let described = || definition.pipes.iter().find(is_it)?.get(property);
    of_stack.or_else(described).map(|node| node.place.clone())
}

/// An event that no rule of the definition reads would be lost without a word.
fn no_events(what: &str) -> String {
    let variable = kit::service::endpoint_variable(EVENTS);
    format!(
        "{what}: tidegate up takes PutEvents for event buses that a rule of the definition reads whose target \
         is a queue or an API destination: declare one, or set {variable} to an EventBridge that runs"
    )
}

fn absent(what: &str, service: &str) -> String {
    let variable = kit::service::endpoint_variable(service);
    format!(
        "{what}: tidegate up runs no service {service}: set {variable} to one that runs, or run the \
         parts of the chain by themselves against AWS"
    )
}
