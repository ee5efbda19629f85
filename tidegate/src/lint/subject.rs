//! What rules look at: a definition that gateway and pipe have read. Pure.

use gateway::api::{Api, Apis, Method, Resource, Verb};
use gateway::example::{Offer, offers};
use kit::cloudformation::Account;
use kit::definition::Declarations;
use kit::document::{Node, Place, Problem};
use pipe::definition::{Pipe, PipeDefinitions};

use super::places::Sources;

/// A definition that was read.
pub(crate) struct Subject {
    /// The files.
    pub(super) sources: Sources,
    /// Where it would be deployed.
    pub(super) account: Account,
    /// What the files declare.
    pub(super) declarations: Declarations,
    /// The APIs.
    pub(super) apis: Apis,
    /// The same APIs with all form templates encoded: what their author meant.
    pub(super) encoded: Apis,
    /// The pipes.
    pub(super) pipes: PipeDefinitions,
    /// What was wrong with it.
    pub(super) problems: Vec<Problem>,
    /// Parameters without a value, and the value that was assumed.
    pub(super) assumed: Vec<(Place, String, String)>,
}

/// One method of an API.
#[derive(Clone, Copy)]
pub(crate) struct MethodOf<'s> {
    pub(super) api: &'s Api,
    pub(super) resource: &'s Resource,
    pub(super) verb: &'s Verb,
    pub(super) method: &'s Method,
    /// How it is reached, if it is.
    pub(super) offer: Option<Offer<'s>>,
}

impl MethodOf<'_> {
    /// `POST /events of orders`
    pub(super) fn label(&self) -> String {
        format!("{} {} of {}", self.verb, self.resource.path, self.api.name)
    }
}

impl Subject {
    /// All methods, in the order of the definition.
    pub(super) fn methods(&self) -> Vec<MethodOf<'_>> {
        let offers = offers(&self.apis);
        let mut methods = Vec::new();
        for api in &self.apis.apis {
            for resource in &api.resources {
                for (verb, method) in &resource.methods {
                    let is_it = |offer: &&Offer<'_>| {
                        std::ptr::eq(offer.integration(), &raw const method.integration)
                    };
                    let offer = offers.iter().find(is_it).copied();
                    methods.push(MethodOf {
                        api,
                        resource,
                        verb,
                        method,
                        offer,
                    });
                }
            }
        }
        methods
    }

    /// The integration of a method as it is declared; where nothing declares it, there is none.
    pub(super) fn integration_node(&self, method: &MethodOf<'_>) -> Option<&Node> {
        let place = method.method.integration.place.as_ref()?;
        self.nodes().find_map(|root| find(root, place))
    }

    /// Where a method is declared: at its integration.
    pub(super) fn place_of(&self, method: &MethodOf<'_>) -> Place {
        let place = method.method.integration.place.clone();
        place.unwrap_or_else(|| self.sources.start())
    }

    /// Every pipe with its declaration.
    pub(super) fn pipes(&self) -> impl Iterator<Item = (&Pipe, &Node, String)> {
        self.pipes.pipes.iter().filter_map(|pipe| {
            let (node, label) = self.pipe_node(&pipe.name)?;
            Some((pipe, node, label))
        })
    }

    fn pipe_node(&self, name: &str) -> Option<(&Node, String)> {
        let stacks = self.declarations.stacks.iter();
        let mut declared = stacks.flat_map(|stack| stack.of_kind("AWS::Pipes::Pipe"));
        if let Some(resource) = declared.find(|resource| resource.physical_id == name) {
            return Some((&resource.properties, resource.label()));
        }
        let has_name = |node: &&Node| node.get("Name").is_some_and(|own| own.text() == Ok(name));
        let described = self.declarations.pipes.iter().find(has_name)?;
        Some((described, name.to_owned()))
    }

    /// The roots of everything that is declared.
    fn nodes(&self) -> impl Iterator<Item = &Node> {
        let stacks = self.declarations.stacks.iter();
        let resources = stacks.flat_map(|stack| stack.all().map(|resource| &resource.properties));
        resources
            .chain(&self.declarations.apis)
            .chain(&self.declarations.pipes)
    }
}

/// The integration that begins at a place.
fn find<'n>(node: &'n Node, place: &Place) -> Option<&'n Node> {
    use kit::document::Value;
    let is_integration = || {
        ["type", "Type", "IntegrationType"]
            .iter()
            .any(|key| node.get(key).is_some())
    };
    if node.place == *place && is_integration() {
        return Some(node);
    }
    match &node.value {
        Value::List(nodes) => nodes.iter().find_map(|node| find(node, place)),
        Value::Map(entries) => entries.iter().find_map(|entry| find(&entry.node, place)),
        _ => None,
    }
}

/// The entry of a mapping, in either spelling: `requestTemplates`, `RequestTemplates`.
pub(super) fn either<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let mut capital = name.to_owned();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    node.get(name).or_else(|| node.get(&capital))
}
