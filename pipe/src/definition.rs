//! Pipes as declared: read from CloudFormation resources or from what `describe-pipe` and its kin
//! print.
//!
//! All parsed, all checked: patterns, templates, paths, URLs. What is not supported is a problem
//! with resource, property and place; so is a property that nobody knows. Property names are the
//! same in both forms (Pipes and EventBridge API models). One thing is more lenient than AWS: an
//! endpoint may be `http`. `reload` reads the definition again while the pipes run.
//!
//! The room imports what a pipe is made of (`event`, `flow`, `targets`, `transform`,
//! `execution_log`, `arn`), nothing that runs one.

mod connections;
mod destinations;
mod fingerprint;
mod parameters;
mod pipes;
pub mod reload;
mod services;
mod tags;
mod targets;

pub use fingerprint::Fingerprint;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use kit::cloudformation::Resource;
use kit::definition::LoadError;
use kit::document::{Fields, Node, OrCollect as _, Problem};
use kit::send::{AllowTarget, AllowTargets};
use url::Url;

use crate::event::filter::Filter;
use crate::execution_log::LogConfiguration;
use crate::flow::{Order, VerdictRule};
use crate::targets::{Feed, HttpTarget, Program, QueueTarget, RestApi};
use crate::transform::{ReservedVariables, Transform};
use destinations::Destinations;

/// Every pipe of the definition.
#[derive(Debug, Default)]
pub struct PipeDefinitions {
    /// In the order of the files.
    pub pipes: Vec<Pipe>,
}

/// One pipe.
#[derive(Debug)]
pub struct Pipe {
    /// Its name.
    pub name: String,
    /// What its reserved variables stand for.
    pub names: ReservedVariables,
    /// Whether it runs: `DesiredState`.
    pub state: DesiredState,
    /// The queue it reads.
    pub source: Source,
    /// What passes.
    pub filter: Filter,
    /// What is asked about each event first.
    pub enrichment: Option<Enrichment>,
    /// What is made of an event; without one, the event itself goes out.
    pub input: Option<Transform>,
    /// Where events go.
    pub target: Target,
    /// How events are gathered.
    pub batch: Batch,
    /// `LogConfiguration`; without one there are no records, only a line for each failure.
    pub log: Option<LogConfiguration>,
    /// Whose word counts for what a failure means, if the pipe's tag `tidegate:verdict` says so.
    pub verdict_rule: Option<VerdictRule>,
    /// The members of `describe-pipe` that the definition gives, as it gives them.
    pub description: serde_json::Map<String, serde_json::Value>,
    /// Tells this pipe from another of the same name.
    pub fingerprint: Fingerprint,
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

/// Where events go.
#[derive(Debug)]
pub enum Target {
    /// To an API destination, one event a call.
    Http(Arc<HttpTarget>),
    /// To a REST API, one event a call.
    Api(Arc<RestApi>),
    /// To an SQS queue, several events a request.
    Queue(Arc<QueueTarget>),
    /// To a service that takes entries, several events a request.
    Feed(Arc<Feed>),
    /// To a function or a state machine, the batch as one array.
    Program(Arc<Program>),
}

/// Who answers for an enrichment.
#[derive(Debug)]
pub enum EnrichmentTarget {
    /// An API destination.
    Http(Arc<HttpTarget>),
    /// A REST API.
    Api(Arc<RestApi>),
    /// A function or a state machine.
    Program(Arc<Program>),
}

/// What replaces an event by an answer, before the target sees it.
#[derive(Debug)]
pub struct Enrichment {
    /// `EnrichmentParameters.InputTemplate`: what is sent; without one, the record itself.
    pub input: Option<Transform>,
    /// Who answers.
    pub asked: EnrichmentTarget,
}

/// How events are gathered for a target that takes several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// `BatchSize`: the most that go out together.
    pub size: usize,
    /// `MaximumBatchingWindowInSeconds`: how long an event may wait for others.
    pub window: Duration,
}

impl Source {
    fn order(&self) -> Order {
        if self.queue.ends_with(".fifo") {
            Order::Fifo
        } else {
            Order::Standard
        }
    }
}

impl Target {
    /// The largest batch that it takes: `docs/aws/pipes.md#targets`.
    pub fn most(&self) -> usize {
        match self {
            Target::Http(_) | Target::Api(_) => 1,
            Target::Queue(_) => 10,
            Target::Feed(feed) => feed.most(),
            Target::Program(_) => 10_000,
        }
    }

    /// What is called, if it is an API destination.
    pub fn invocation(&self) -> Option<&Arc<HttpTarget>> {
        match self {
            Target::Http(invocation) => Some(invocation),
            _ => None,
        }
    }
}

impl Enrichment {
    /// What is called, if it is an API destination.
    pub fn invocation(&self) -> Option<&Arc<HttpTarget>> {
        match &self.asked {
            EnrichmentTarget::Http(invocation) => Some(invocation),
            _ => None,
        }
    }
}

/// A thing that a file declares, from either form.
#[derive(Debug, Clone)]
struct DeclaredResource<'a> {
    name: String,
    arn: Option<&'a str>,
    label: String,
    node: &'a Node,
}

impl<'a> DeclaredResource<'a> {
    fn from_resource(resource: &'a Resource) -> DeclaredResource<'a> {
        let name = resource.physical_id.clone();
        DeclaredResource {
            name,
            arn: None,
            label: resource.label(),
            node: &resource.properties,
        }
    }

    /// `arn` is the member that holds the ARN in what `describe-…` prints.
    fn from_description(node: &'a Node, arn: &str) -> Result<DeclaredResource<'a>, Problem> {
        let text = |name: &str| node.get(name).map(Node::text).transpose();
        let name = text("Name")?.ok_or_else(|| node.problem("Name is missing"))?;
        Ok(DeclaredResource {
            name: name.to_owned(),
            arn: text(arn)?,
            label: name.to_owned(),
            node,
        })
    }

    fn fields(&self) -> Result<Fields<'a>, Problem> {
        self.node.fields(&self.label)
    }

    fn fingerprint<const N: usize>(&self, references: [Fingerprint; N]) -> Fingerprint {
        Fingerprint::of(&self.node.to_json(), references)
    }
}

/// Takes note of what was read; of two things of one type and name neither can be meant.
fn insert<T>(
    by_name: &mut HashMap<String, T>,
    declared: DeclaredResource<'_>,
    read: T,
    problems: &mut Vec<Problem>,
) {
    let DeclaredResource {
        name, label, node, ..
    } = declared;
    if by_name.contains_key(&name) {
        problems.push(
            node.problem(format!("{label}: {name} is declared twice"))
                .tolerable(),
        );
    }
    by_name.insert(name, read);
}

/// Everything of one type, from all files.
fn declared<'a>(
    given: &'a kit::definition::Declarations,
    kind: &'a str,
    descriptions: &'a [Node],
    arn: &str,
    problems: &mut Vec<Problem>,
) -> Vec<DeclaredResource<'a>> {
    let resources = given
        .stacks
        .iter()
        .flat_map(|stack| stack.of_kind(kind))
        .map(DeclaredResource::from_resource);
    let described = descriptions
        .iter()
        .map(|node| DeclaredResource::from_description(node, arn));
    resources
        .chain(described.filter_map(|described| described.or_collect(problems)))
        .collect()
}

/// A URL that calls go to, unless it is plain already that it leads to where none may go. What is
/// said holds neither its query nor its credentials, which may be secrets.
fn check_private(
    label: &str,
    node: &Node,
    url: &Url,
    allowed: &AllowTargets,
) -> Result<(), Problem> {
    if !allowed.refuse(url) {
        return Ok(());
    }
    let (scheme, target, path) = (url.scheme(), AllowTarget::text_for(url), url.path());
    Err(node.problem(format!(
        "{label} {scheme}://{target}{path} is at a private address, where calls go only if that is allowed: \
         --allow-target {target} or PIPE_ALLOW_TARGET={target}"
    )))
}

impl PipeDefinitions {
    /// Reads the pipes of `given`, with their destinations and connections, wherever those are.
    ///
    /// # Errors
    /// A property that is wrong, missing or, unless leniency was asked for, unknown or not
    /// supported.
    pub fn load(given: &kit::definition::Declarations) -> Result<PipeDefinitions, LoadError> {
        PipeDefinitions::load_allowed(given, &AllowTargets::anywhere())
    }

    /// The same, with calls to public addresses and to what is `allowed` only.
    ///
    /// # Errors
    /// As above; and a URL that is plainly at another address.
    pub fn load_allowed(
        given: &kit::definition::Declarations,
        allowed: &AllowTargets,
    ) -> Result<PipeDefinitions, LoadError> {
        let mut problems = Vec::new();
        let definition = PipeDefinitions::read(given, allowed, &mut problems);
        given.check(problems)?;
        Ok(definition)
    }

    /// For a program that does nothing but run pipes.
    ///
    /// # Errors
    /// There are none.
    pub fn ensure_pipes(&self) -> anyhow::Result<()> {
        let none = "the definition declares no pipe that can run: expected AWS::Pipes::Pipe in a template, or what \
                    aws pipes describe-pipe prints (set another one with --definition or DEFINITION)";
        anyhow::ensure!(!self.pipes.is_empty(), none);
        Ok(())
    }

    /// Reads the pipes of `given`, of which calls may go to public addresses and to what is
    /// `allowed`. All that is wrong is added to `problems`.
    pub fn read(
        given: &kit::definition::Declarations,
        allowed: &AllowTargets,
        problems: &mut Vec<Problem>,
    ) -> PipeDefinitions {
        let destinations = Destinations::load(given, allowed, problems);
        let (mut definition, mut names) = (PipeDefinitions::default(), HashSet::new());
        for pipe in declared(given, "AWS::Pipes::Pipe", &given.pipes, "Arn", problems) {
            let arn = pipe
                .arn
                .map_or_else(|| arn(given, &pipe.name), str::to_owned);
            let read = pipes::read(&pipe, arn, &destinations, problems);
            if names.insert(pipe.name.clone()) {
                definition.pipes.extend(read);
            } else {
                problems.push(
                    pipe.node
                        .problem(format!("{}: {} is declared twice", pipe.label, pipe.name))
                        .tolerable(),
                );
            }
        }
        definition
    }

    /// Every URL that the definition's destinations and connections name, as far as it is one.
    pub fn endpoints(given: &kit::definition::Declarations) -> Vec<Url> {
        let mut ignored = Vec::new();
        let kinds = [
            (
                "AWS::Events::ApiDestination",
                &given.api_destinations,
                "InvocationEndpoint",
            ),
            (
                "AWS::Events::Connection",
                &given.connections,
                "AuthorizationEndpoint",
            ),
        ];
        let mut found = Vec::new();
        for (kind, descriptions, property) in kinds {
            for declared in declared(given, kind, descriptions, "", &mut ignored) {
                let oauth = || {
                    declared
                        .node
                        .get("AuthParameters")?
                        .get("OAuthParameters")?
                        .get(property)
                };
                let node = declared.node.get(property).or_else(oauth);
                found.extend(node.and_then(|node| node.text().ok()?.parse().ok()));
            }
        }
        found
    }
}

fn arn(given: &kit::definition::Declarations, name: &str) -> String {
    let (region, account) = given.account.as_ref().map_or(("", ""), |account| {
        (account.region.as_str(), account.account_id.as_str())
    });
    format!("arn:aws:pipes:{region}:{account}:pipe/{name}")
}

#[cfg(test)]
mod tests;
