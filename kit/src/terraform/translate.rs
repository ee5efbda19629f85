//! One resource of Terraform as one of CloudFormation. Pure.

use super::addresses::plain;
use super::blocks;
use super::project::{Instance, Project};
use super::site::function;
use super::types::{Form, Type};
use crate::document::{Entry, Node, OrCollect as _, Problem, Value};

/// A resource in the making.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub address: &'a str,
    pub kind: &'static Type,
    pub at: &'a Node,
    /// The id that AWS gave, where it is known.
    pub id: Option<Node>,
    pub properties: Vec<Entry>,
}

impl Draft<'_> {
    /// The value of a property.
    pub(super) fn property(&self, name: &str) -> Option<&Node> {
        let found = self.properties.iter().find(|entry| entry.key == name);
        found.map(|entry| &entry.node)
    }
}

/// The kinds whose names their authors choose, or which get one here: the property, and whether it
/// is in small letters.
const NAMED: [(&str, &str); 7] = [
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::Pipes::Pipe", "Name"),
    ("AWS::Events::ApiDestination", "Name"),
    ("AWS::Events::Connection", "Name"),
    ("AWS::Events::EventBus", "Name"),
    ("AWS::Events::Rule", "Name"),
];

/// A resource with the properties that its type has in the table.
pub(super) fn draft<'a>(
    project: &Project<'a>,
    instance: &Instance<'a>,
    kind: &'static Type,
    problems: &mut Vec<Problem>,
) -> Draft<'a> {
    let mut properties = Vec::new();
    for property in &kind.properties {
        let value = project.attribute(instance, property.attribute, 0);
        let Some(Some(node)) = value.or_collect(problems) else {
            continue;
        };
        if says_nothing(kind, property.attribute, &node) {
            continue;
        }
        let node = match property.form {
            Form::Plain => Ok(node),
            Form::Block => Ok(blocks::one(property.attribute, &node)),
            Form::Blocks => Ok(blocks::several(property.attribute, &node)),
            Form::Document => document(&node),
        };
        if let Some(node) = node.or_collect(problems) {
            properties.push(Entry {
                key: property.name.clone(),
                place: node.place.clone(),
                node,
            });
        }
    }
    let id = instance
        .values
        .and_then(|values| values.get("id"))
        .filter(|id| !id.is_blank());
    let mut draft = Draft {
        address: instance.address,
        kind,
        at: instance.node,
        id: id.cloned(),
        properties,
    };
    name(instance, &mut draft);
    draft
}

/// Whether a value is what AWS does anyway.
fn says_nothing(kind: &Type, attribute: &str, node: &Node) -> bool {
    let is_default = || {
        let text = node.text().unwrap_or_default();
        kind.defaults
            .iter()
            .any(|(name, value)| *name == attribute && text.starts_with(value))
    };
    let is_off = node.value == Value::Bool(false) && attribute != "enabled";
    node.is_blank() || is_off || is_default()
}

/// A document in a text, as Terraform has policies and bodies.
fn document(node: &Node) -> Result<Node, Problem> {
    match &node.value {
        Value::String(text) => {
            let parsed = Node::parse(&node.place.file, text);
            parsed.map_err(|problem| {
                node.problem(format!("in the document here: {}", problem.message))
            })
        }
        _ => Ok(node.clone()),
    }
}

/// A name for what has none, as Terraform makes one up.
fn name(instance: &Instance<'_>, draft: &mut Draft<'_>) {
    let named = NAMED
        .iter()
        .find(|(kind, _)| *kind == draft.kind.kind && draft.kind.part.is_none());
    let Some((kind, property)) = named.filter(|(_, property)| draft.property(property).is_none())
    else {
        return;
    };
    let module = plain(instance.module);
    let own = format!(
        "{}-{}",
        instance.name,
        instance.index.as_deref().unwrap_or_default()
    );
    let own = plain(own.trim_end_matches('-'));
    let whole = [module.as_str(), own.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty());
    let mut whole = whole.collect::<Vec<_>>().join("-");
    if *kind == "AWS::S3::Bucket" {
        whole = whole.to_lowercase().replace('_', "-");
    }
    let is_fifo = draft.property("FifoQueue").is_some();
    let end = if is_fifo { ".fifo" } else { "" };
    let text = format!("${{AWS::StackName}}-{whole}{end}");
    draft.properties.push(Entry {
        key: (*property).to_owned(),
        place: draft.at.place.clone(),
        node: function(draft.at, "Fn::Sub", Value::String(text)),
    });
}
