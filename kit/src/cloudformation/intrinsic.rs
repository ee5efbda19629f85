//! Intrinsic functions, in their long form (`{"Fn::Sub": …}`) and their short one (`!Sub …`).

mod conditions;
mod functions;
mod lists;
pub(super) mod loops;
mod nested;
mod references;
mod rules;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::account::Account;
use super::cycle::References;
use super::function::{NAMES, function};
use super::inputs::Inputs;
use super::parameters::Values;
use super::types::{self, Standing};
use crate::document::{Entry, Node, Problem, Value};
use crate::suggest::nearest;

/// Everything a function may refer to.
pub(super) struct Resolver<'a> {
    account: &'a Account,
    parameters: Values,
    conditions: &'a [Entry],
    mappings: Option<&'a Node>,
    given: &'a Inputs,
    /// By name: templates of thousands of resources refer to as many.
    resources: HashMap<&'a str, &'a Entry>,
    references: References,
    /// Problems of one function beyond the first, which is its error.
    further: RefCell<Vec<Problem>>,
    /// Problems with values that others stand in for.
    assumed: RefCell<Vec<Problem>>,
}

/// What functions refer to beside resources.
pub(super) struct Scope<'a> {
    pub parameters: Values,
    pub conditions: &'a [Entry],
    pub mappings: Option<&'a Node>,
    /// What the operator gives, or the stack that this one is nested in.
    pub given: &'a Inputs,
}

/// A resolved node, or `None` for `AWS::NoValue`.
type Resolved = Result<Option<Node>, Problem>;

impl<'a> Resolver<'a> {
    pub(super) fn new(
        account: &'a Account,
        scope: Scope<'a>,
        resources: &'a [Entry],
    ) -> Resolver<'a> {
        let resources = resources
            .iter()
            .map(|entry| (entry.key.as_str(), entry))
            .collect();
        let Scope {
            parameters,
            conditions,
            mappings,
            given,
        } = scope;
        Resolver {
            account,
            parameters,
            conditions,
            mappings,
            given,
            resources,
            references: References::default(),
            further: RefCell::default(),
            assumed: RefCell::default(),
        }
    }

    /// Every value, or the first problem; the others are kept for [`Resolver::further`].
    fn all<T>(&self, results: impl Iterator<Item = Result<T, Problem>>) -> Result<Vec<T>, Problem> {
        let (mut values, mut first) = (Vec::new(), None);
        for result in results {
            match result {
                Ok(value) => values.push(value),
                Err(problem) if first.is_none() => first = Some(problem),
                Err(problem) => self.further.borrow_mut().push(problem),
            }
        }
        first.map_or(Ok(values), Err)
    }

    /// The problems that were found beside those that were returned.
    pub(super) fn further(&self) -> Vec<Problem> {
        self.further.take()
    }

    /// The problems with values that others stand in for.
    pub(super) fn assumed(&self) -> Vec<Problem> {
        self.assumed.take()
    }

    /// Which resources refer to which.
    pub(super) fn references(&self) -> &References {
        &self.references
    }

    /// What stands in front of logical ids where the stack is nested.
    pub(super) fn path(&self) -> &'a str {
        &self.given.path
    }

    /// Where the stack would be deployed.
    pub(super) fn account(&self) -> &'a Account {
        self.account
    }

    /// The node with every function in it replaced by its value, or by what is wrong with it.
    pub(super) fn resolve_whole(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<Node> {
        let value = match (&node.value, function(node)) {
            (Value::List(nodes), None) => Value::List(
                nodes
                    .iter()
                    .filter_map(|node| self.resolve_whole(node, problems))
                    .collect(),
            ),
            (Value::Map(entries), None) => {
                let mut whole = |entry: &Entry| {
                    self.resolve_whole(&entry.node, problems).map(|node| Entry {
                        node,
                        ..entry.clone()
                    })
                };
                Value::Map(entries.iter().filter_map(&mut whole).collect())
            }
            _ => match self.resolve(node) {
                Ok(resolved) => return resolved,
                Err(problem) => {
                    problems.push(problem.clone());
                    problems.extend(self.further());
                    Value::Unresolved(Box::new(problem))
                }
            },
        };
        Some(node.with(value))
    }

    /// The node with every function in it replaced by its value.
    pub(super) fn resolve(&self, node: &Node) -> Resolved {
        if let Some((function, argument)) = function(node) {
            return self.call(&function, node, &argument);
        }
        let value = match &node.value {
            Value::List(nodes) => Value::List(self.resolve_all(nodes)?),
            Value::Map(entries) => Value::Map(self.resolve_entries(entries)?),
            other => other.clone(),
        };
        Ok(Some(node.with(value)))
    }

    fn resolve_all(&self, nodes: &[Node]) -> Result<Vec<Node>, Problem> {
        self.all(
            nodes
                .iter()
                .filter_map(|node| self.resolve(node).transpose()),
        )
    }

    fn resolve_entries(&self, entries: &[Entry]) -> Result<Vec<Entry>, Problem> {
        let keep = |entry: &Entry| {
            Ok(self.resolve(&entry.node)?.map(|node| Entry {
                node,
                ..entry.clone()
            }))
        };
        self.all(entries.iter().filter_map(|entry| keep(entry).transpose()))
    }

    /// A node that must have a value.
    fn value(&self, node: &Node) -> Result<Node, Problem> {
        self.resolve(node)?
            .ok_or_else(|| node.problem("AWS::NoValue is not allowed here"))
    }

    fn text(&self, node: &Node) -> Result<String, Problem> {
        Ok(self.value(node)?.text()?.to_owned())
    }

    fn call(&self, function: &str, node: &Node, argument: &Node) -> Resolved {
        let text = match function {
            "Ref" => return self.reference(node, argument.text()?),
            "Fn::If" => return self.choose(argument),
            "Fn::FindInMap" => return self.find_in_map(argument).map(Some),
            "Fn::Select" => return self.select(argument).map(Some),
            "Fn::Split" => return self.split(argument).map(Some),
            "Fn::GetAZs" => return self.zones(argument).map(Some),
            "Fn::Cidr" => return self.cidr(argument).map(Some),
            "Fn::Length" => return self.length(argument).map(Some),
            "Fn::ImportValue" => self.imported(argument)?,
            "Fn::GetAtt" => self.attribute(node, argument)?,
            "Fn::Sub" => self.substitute(argument)?,
            "Fn::Join" => self.join(argument)?,
            "Fn::Base64" => BASE64.encode(self.text(argument)?),
            "Fn::ToJsonString" => self.value(argument)?.to_json().to_string(),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Condition" => {
                return Err(node.problem(format!("{function} is only allowed in Conditions")));
            }
            _ => {
                let meant = nearest(function, NAMES);
                let meant = meant.map(|meant| format!("; did you mean {meant}?"));
                let message = format!("{function} is not supported{}", meant.unwrap_or_default());
                return Err(node.problem(message).tolerable());
            }
        };
        Ok(Some(node.with(Value::String(text))))
    }
}

/// The type of a resource; of a misspelt one, what was meant.
pub(super) fn kind_of(resource: &Node) -> Result<Cow<'_, str>, Problem> {
    let kind = resource
        .get("Type")
        .ok_or_else(|| resource.problem("Type is missing"))?
        .text()?;
    Ok(match types::standing(kind) {
        Standing::Misspelt(Some(meant)) => Cow::Owned(meant),
        _ => Cow::Borrowed(kind),
    })
}
