//! What a nested stack gets from its parent, and gives to it: `Parameters`, and outputs by
//! `Fn::GetAtt Shop.Outputs.QueueArn`.

use super::super::account::{Account, Overrides};
use super::super::deployed::Deployed;
use super::super::inputs::Inputs;
use super::super::keys::NESTED_TEMPLATE;
use super::super::parameters;
use super::super::serverless;
use super::loops::written_out;
use super::{Resolver, Scope};
use crate::document::{Entry, Node, Problem, Value};

/// A nested stack, as its parent has it.
pub(in crate::cloudformation) struct Nested<'a> {
    pub template: &'a Node,
    pub given: Inputs,
    pub account: Account,
}

impl<'a> Resolver<'a> {
    /// The nested stack that a resource is, when its template is at hand.
    ///
    /// # Errors
    /// One of its parameters cannot be resolved.
    pub(in crate::cloudformation) fn nested(
        &self,
        entry: &'a Entry,
    ) -> Result<Option<Nested<'a>>, Problem> {
        let Some(template) = entry.node.get(NESTED_TEMPLATE) else {
            return Ok(None);
        };
        let properties = entry.node.get("Properties");
        let declared = properties.and_then(|node| node.get("Parameters"));
        let declared = declared.map(Node::entries).transpose()?.unwrap_or_default();
        let mut parameters = Overrides::new();
        for parameter in declared {
            if let Some(value) = self.resolve(&parameter.node)? {
                parameters.insert(parameter.key.clone(), given_text(&value)?);
            }
        }
        let within = format!("{}.", entry.key);
        let own = |(name, value): (&String, &String)| {
            Some((name.strip_prefix(&within)?.to_owned(), value.clone()))
        };
        // What the operator says of a nested stack wins.
        parameters.extend(self.given.parameters.iter().filter_map(own));
        // A stack that was imported has its name from AWS.
        let known = Deployed::of(template).and_then(|from| from.stack_name);
        let stack_name =
            known.unwrap_or_else(|| format!("{}-{}", self.account.stack_name, entry.key));
        Ok(Some(Nested {
            template,
            given: Inputs {
                parameters,
                secrets: self.given.secrets.clone(),
                physical_ids: self.given.physical_ids.iter().filter_map(own).collect(),
                path: format!("{}{within}", self.given.path),
            },
            account: Account {
                stack_name,
                ..self.account.clone()
            },
        }))
    }

    /// An output of a nested stack whose template is at hand.
    pub(super) fn nested_output(
        &self,
        node: &Node,
        name: &str,
        attribute: &str,
    ) -> Result<Option<String>, Problem> {
        let (Some(output), Some(entry)) =
            (attribute.strip_prefix("Outputs."), self.resources.get(name))
        else {
            return Ok(None);
        };
        let entry: &'a Entry = entry;
        self.references
            .follow(name, &node.place, || match self.nested(entry)? {
                Some(nested) => nested.output(node, output).map(Some),
                None => Ok(None),
            })
    }
}

impl Nested<'_> {
    /// The value of an output.
    fn output(&self, node: &Node, name: &str) -> Result<String, Problem> {
        // What is wrong with the template is reported when its resources are read.
        let ignored = &mut Vec::new();
        let root = written_out(self.template, &self.given, &self.account, ignored);
        let file = &root.place.file;
        let missing = || node.problem(format!("the nested template {file} has no output {name}"));
        let value = root
            .get("Outputs")
            .and_then(|outputs| outputs.get(name)?.get("Value"));
        let value = value.ok_or_else(missing)?;
        let entries = |section: &str| root.get(section).and_then(|node| node.entries().ok());
        let resources = serverless::with_implicit_apis(entries("Resources").unwrap_or_default());
        let declared = root.get("Parameters");
        let scope = Scope {
            parameters: parameters::values(declared, &self.given, &self.account, ignored),
            conditions: entries("Conditions").unwrap_or_default(),
            mappings: root.get("Mappings"),
            given: &self.given,
        };
        Resolver::new(&self.account, scope, &resources).text(value)
    }
}

/// The text that a parameter gets: a list is joined by commas.
fn given_text(value: &Node) -> Result<String, Problem> {
    match &value.value {
        Value::List(items) => {
            let items: Result<Vec<&str>, Problem> = items.iter().map(Node::text).collect();
            Ok(items?.join(","))
        }
        _ => Ok(value.text()?.to_owned()),
    }
}
