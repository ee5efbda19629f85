//! A CloudFormation template, with every parameter, condition and intrinsic function resolved.
//!
//! What comes out is plain data: resources whose properties are literal values that still know
//! their place. What the properties mean is the business of the program that runs the resource.
//! Nothing is created and nothing is asked of AWS: ids that only a deployment could give (API ids,
//! ARN suffixes) are derived from the logical id, so they are the same on every start.
//!
//! Facts: the CloudFormation user guide, "Intrinsic function reference" and "Template anatomy".

mod account;
mod bus_rules;
mod constraints;
mod cycle;
mod deployed;
mod for_each;
mod function;
mod inputs;
mod intrinsic;
mod keys;
mod names;
mod not_run;
mod own_secrets;
mod parameters;
mod properties;
mod resource;
mod secrets;
mod serverless;
mod stand_in;
#[cfg(test)]
mod tests;
mod types;
mod wanted;

pub use account::{Account, Overrides};
pub use deployed::{
    Deployed, mark_nested_template, mark_physical_id, name_in_physical_id, plain_json,
};
pub use inputs::Inputs;
pub(crate) use keys::{NESTED_TEMPLATE, PHYSICAL_ID};
pub use not_run::NotRun;
pub use resource::Resource;
pub use secrets::Secrets;
pub use wanted::{Want, Wanted};

use crate::document::{Entry, Fields, Node, OrCollect as _, Problem, Value};
use crate::suggest::nearest;
use intrinsic::loops::written_out;
use intrinsic::{Resolver, Scope};
use keys::{RESOURCE_ATTRIBUTES, SECTIONS, TRANSFORMS};
use types::Standing;

/// The resources of a template whose conditions hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stack {
    /// Resources that Tidegate runs or rejects, in the order of the template.
    pub resources: Vec<Resource>,
    /// Resources of that kind that cannot be resolved whole. Their other properties are checked all
    /// the same.
    pub(crate) broken: Vec<Resource>,
    /// Resources of other services.
    pub not_run: Vec<NotRun>,
    /// The physical ids of those that were left out, because they cannot be resolved whole.
    pub left_out: Vec<String>,
}

impl Stack {
    /// Whether a document is a CloudFormation template at all.
    pub fn is_template(root: &Node) -> bool {
        root.get("Resources").is_some()
            || root.get("AWSTemplateFormatVersion").is_some()
            || misspelt(root).is_some()
    }

    /// The logical ids of the resources of a template that Tidegate runs or rejects.
    pub fn logical_ids(root: &Node) -> Vec<String> {
        let entries = root.get("Resources").and_then(|node| node.entries().ok());
        let is_ours = |entry: &&Entry| {
            let kind = entry.node.get("Type").and_then(|kind| kind.text().ok());
            kind.is_some_and(|kind| types::standing(kind) == Standing::Ours)
        };
        let ours = entries.unwrap_or_default().iter().filter(is_ours);
        ours.map(|entry| entry.key.clone()).collect()
    }

    /// Resolves a template for `account` with what the operator gives. Adds all problems of the
    /// template to `problems`, and keeps the resources that they are about apart.
    ///
    /// # Errors
    /// The document has no resources.
    pub fn load(
        root: &Node,
        given: &Inputs,
        account: &Account,
        problems: &mut Vec<Problem>,
    ) -> Result<Stack, Problem> {
        let root = &*written_out(root, given, account, problems);
        let mut fields = root.fields("the template")?;
        let resources = serverless::with_implicit_apis(resources_of(root, &mut fields)?);
        let resources = &*resources;
        fields.unsupported(&["Hooks"]);
        let mut section = |name: &str| fields.optional(name);
        let [parameters, conditions, mappings, transform, globals, rules] = [
            "Parameters",
            "Conditions",
            "Mappings",
            "Transform",
            "Globals",
            "Rules",
        ]
        .map(&mut section);
        fields.ignore(&SECTIONS);
        let parameters = parameters::values(parameters, given, account, problems);
        let conditions = conditions
            .and_then(|node| node.entries().or_collect(problems))
            .unwrap_or_default();
        transforms(transform, problems);
        serverless::check_globals(globals, problems);
        problems.extend(fields.finish());
        let values = Scope {
            parameters,
            conditions,
            mappings,
            given,
        };
        let resolver = Resolver::new(account, values, resources);
        resolver.check_rules(rules, problems);
        let secrets = given
            .secrets
            .clone()
            .beside(own_secrets::values(&resolver, resources));
        let reader = Reader {
            resolver,
            globals,
            given,
            secrets,
        };
        let mut stack = Stack::default();
        for entry in resources {
            let read = reader.resource(entry, &mut stack, problems);
            read.or_collect(problems);
        }
        reader.cycles(problems);
        stack
            .not_run
            .extend(not_run::read(&reader.resolver, resources));
        once(problems);
        Ok(stack)
    }

    /// The resources of one type, in the order of the template.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.all().filter(move |resource| resource.kind == kind)
    }

    /// All resources, those that are broken among them.
    pub fn all(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().chain(&self.broken)
    }

    /// Goes on without the resources that cannot be resolved whole.
    pub(crate) fn drop_broken(&mut self) {
        let broken = self.broken.drain(..);
        self.left_out.extend(broken.map(|one| one.physical_id));
    }
}

/// The entries of `Resources`.
fn resources_of<'n>(root: &'n Node, fields: &mut Fields<'n>) -> Result<&'n [Entry], Problem> {
    match misspelt(root) {
        // It is reported as unknown later.
        Some(entry) if root.get("Resources").is_none() => entry.node.entries(),
        _ => fields.required("Resources")?.entries(),
    }
}

/// The entry that was meant to be `Resources`.
fn misspelt(root: &Node) -> Option<&Entry> {
    let entries = root.entries().ok()?;
    let holds_resources = |node: &Node| {
        let entries = node.entries().unwrap_or_default();
        entries.iter().any(|entry| {
            entry
                .node
                .get("Type")
                .is_some_and(|kind| kind.text().is_ok_and(|kind| kind.contains("::")))
        })
    };
    let is_meant = |entry: &&Entry| {
        nearest(&entry.key, ["Resources"]).is_some() && holds_resources(&entry.node)
    };
    entries.iter().find(is_meant)
}

/// Removes repeated problems: several references may lead to the same mistake.
fn once(problems: &mut Vec<Problem>) {
    let mut seen: Vec<Problem> = Vec::new();
    problems.retain(|problem| {
        let is_new = !seen.contains(problem);
        if is_new {
            seen.push(problem.clone());
        }
        is_new
    });
}

fn transforms(node: Option<&Node>, problems: &mut Vec<Problem>) {
    let Some(node) = node else { return };
    let named = match &node.value {
        Value::List(names) => names.as_slice(),
        _ => std::slice::from_ref(node),
    };
    for name in named {
        // A macro with parameters is a mapping, and none of these.
        let text = name.text().unwrap_or("a macro");
        if !TRANSFORMS.contains(&text) {
            problems.push(
                name.problem(format!("the template: Transform {text} is not supported"))
                    .tolerable(),
            );
        }
    }
}

struct Reader<'a> {
    resolver: Resolver<'a>,
    /// What all SAM resources of a type have in common.
    globals: Option<&'a Node>,
    given: &'a Inputs,
    /// Values for dynamic references, those of the template itself among them.
    secrets: Secrets,
}

impl<'a> Reader<'a> {
    /// Adds the resources of a nested stack whose template is at hand.
    fn nested(
        &self,
        entry: &'a Entry,
        stack: &mut Stack,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Problem> {
        let condition = entry.node.get("Condition");
        let holds = condition.map(|condition| self.resolver.condition(condition));
        if holds.transpose()? == Some(false) {
            return Ok(());
        }
        let nested = self.resolver.nested(entry);
        problems.extend(self.resolver.further());
        problems.extend(self.resolver.assumed());
        if let Some(nested) = nested? {
            let loaded = Stack::load(nested.template, &nested.given, &nested.account, problems)?;
            stack.resources.extend(loaded.resources);
            stack.broken.extend(loaded.broken);
            stack.left_out.extend(loaded.left_out);
            stack.not_run.extend(loaded.not_run);
        }
        Ok(())
    }

    /// Adds one resource to the stack, unless it is not ours, or its condition does not hold.
    fn resource(
        &self,
        entry: &'a Entry,
        stack: &mut Stack,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Problem> {
        let mut fields = entry.node.fields(&entry.key)?;
        let kind = fields.required("Type")?;
        let before = problems.len();
        if entry.node.get(NESTED_TEMPLATE).is_some() {
            return self.nested(entry, stack, problems);
        }
        let kind = our_kind(entry, kind, problems)?;
        let Some(kind) = kind.filter(|kind| bus_rules::is_ours(&self.resolver, kind, entry)) else {
            return Ok(());
        };
        // A condition that is wrong hides nothing of the resource.
        if let Some(condition) = fields.optional("Condition")
            && self.resolver.condition(condition).or_collect(problems) == Some(false)
        {
            return Ok(());
        }
        self.depends(entry, &kind);
        let none = || entry.node.with(Value::Map(Vec::new()));
        let declared = fields.optional("Properties").cloned().unwrap_or_else(none);
        let declared = serverless::properties(&kind, &declared, self.globals);
        let properties = self
            .resolver
            .resolve_whole(&declared, problems)
            .unwrap_or_else(none);
        let name = self
            .resolver
            .physical_id(&entry.key, &entry.node)
            .or_collect(problems);
        problems.extend(self.resolver.further());
        let is_whole = problems.len() == before;
        // A stand-in is told of, and the resource is whole with it.
        problems.extend(self.resolver.assumed());
        let owner = format!("{} ({kind})", entry.key);
        let properties = self.secrets.resolve(&owner, &properties, problems);
        fields.ignore(&RESOURCE_ATTRIBUTES);
        problems.extend(fields.finish());
        let name = name.unwrap_or_else(|| entry.key.clone());
        let physical_id = self.given.secrets.in_name(&owner, &entry.node, name);
        let account = self.resolver.account().clone();
        let list = if is_whole {
            &mut stack.resources
        } else {
            &mut stack.broken
        };
        list.push(Resource {
            logical_id: entry.key.clone(),
            kind,
            physical_id,
            properties,
            account,
            path: self.given.path.clone(),
        });
        Ok(())
    }
}

impl Reader<'_> {
    /// Adds the circular dependencies that did not come up already.
    fn cycles(&self, problems: &mut Vec<Problem>) {
        let references = self.resolver.references();
        references.belong_to(None);
        for cycle in references.cycles() {
            if problems.iter().all(|known| known.message != cycle.message) {
                problems.push(cycle);
            }
        }
    }

    /// Begins the references of this resource, which may also name the resources that it depends
    /// on. What SAM makes of its resources depends on other things than they do: the permission of
    /// an event, not its function, names the API.
    fn depends(&self, entry: &Entry, kind: &str) {
        let references = self.resolver.references();
        references.belong_to((!kind.starts_with("AWS::Serverless::")).then_some(&entry.key));
        let Some(node) = entry.node.get("DependsOn") else {
            return;
        };
        for named in node.list().unwrap_or(std::slice::from_ref(node)) {
            if let Ok(name) = named.text() {
                references.note(name, &named.place);
            }
        }
    }
}

/// The type of a resource of ours; of one that is misspelt, the type that was meant.
fn our_kind(
    entry: &Entry,
    kind: &Node,
    problems: &mut Vec<Problem>,
) -> Result<Option<String>, Problem> {
    Ok(match types::standing(kind.text()?) {
        Standing::Ours => Some(kind.text()?.to_owned()),
        Standing::NotRun => None,
        Standing::Misspelt(meant) => {
            problems.push(unknown_type(&entry.key, kind, meant.as_deref()));
            // What is wrong with the resource that was meant is found with the rest.
            meant.filter(|meant| types::standing(meant) == Standing::Ours)
        }
    })
}

/// The problem of a type that does not exist. It is tolerable: a type may be newer than the list of
/// all types here.
fn unknown_type(name: &str, kind: &Node, meant: Option<&str>) -> Problem {
    let text = kind.text().unwrap_or_default();
    let hint = match (meant, types::siblings(text)) {
        (Some(meant), _) => format!("; did you mean {meant}?"),
        (None, Some(siblings)) => format!("; {siblings}"),
        (None, None) => "; expected a form such as AWS::SQS::Queue".to_owned(),
    };
    kind.problem(format!("{name}: {text} is not a resource type{hint}"))
        .tolerable()
}
