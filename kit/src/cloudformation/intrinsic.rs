//! Intrinsic functions, in their long form (`{"Fn::Sub": …}`) and their short one (`!Sub …`).

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use super::Account;
use super::names::{Named, generated, name_property};
use super::parameters::Values;
use super::ring::References;
use super::types::{self, Standing};
use crate::document::{Entry, Node, Problem, Value};

/// Everything a function may refer to.
pub(super) struct Resolver<'a> {
    account: &'a Account,
    parameters: Values,
    conditions: &'a [Entry],
    mappings: Option<&'a Node>,
    /// By name: templates of thousands of resources refer to as many.
    resources: HashMap<&'a str, &'a Entry>,
    references: References,
    /// Problems of one function beyond the first, which is its error.
    further: RefCell<Vec<Problem>>,
}

/// A resolved node, or nothing where the template said `AWS::NoValue`.
type Resolved = Result<Option<Node>, Problem>;

impl<'a> Resolver<'a> {
    pub(super) fn new(
        account: &'a Account,
        parameters: Values,
        conditions: &'a [Entry],
        mappings: Option<&'a Node>,
        resources: &'a [Entry],
    ) -> Resolver<'a> {
        let resources = resources
            .iter()
            .map(|entry| (entry.key.as_str(), entry))
            .collect();
        let (references, further) = (References::default(), RefCell::default());
        Resolver {
            account,
            parameters,
            conditions,
            mappings,
            resources,
            references,
            further,
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

    /// Which resources refer to which.
    pub(super) fn references(&self) -> &References {
        &self.references
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
            .ok_or_else(|| node.problem("AWS::NoValue cannot stand here"))
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
            "Fn::GetAtt" => self.attribute(node, argument)?,
            "Fn::Sub" => self.substitute(argument)?,
            "Fn::Join" => self.join(argument)?,
            "Fn::Base64" => base64(self.text(argument)?.as_bytes()),
            "Fn::ToJsonString" => self.value(argument)?.to_json().to_string(),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Condition" => {
                return Err(node.problem(format!("{function} belongs into Conditions")));
            }
            _ => {
                return Err(node
                    .problem(format!("{function} is not supported"))
                    .tolerable());
            }
        };
        Ok(Some(node.with(Value::String(text))))
    }

    fn reference(&self, node: &Node, name: &str) -> Resolved {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(node.with(value.clone()?.value)));
        }
        if let Some(stage) = self.stage_of(name)? {
            return Ok(Some(node.with(Value::String(stage))));
        }
        let text = self.with_named(node, "Ref", name, |named| Some(named.reference()))?;
        Ok(Some(node.with(Value::String(
            text.expect("every resource has a Ref"),
        ))))
    }

    /// The stage that SAM makes with an API is referred to as `Api.Stage`.
    fn stage_of(&self, name: &str) -> Result<Option<String>, Problem> {
        let Some(api) = name.strip_suffix(".Stage") else {
            return Ok(None);
        };
        match self.resources.get(api) {
            Some(entry) if kind_of(&entry.node)? == "AWS::Serverless::Api" => {
                self.property(&entry.node, "StageName")
            }
            _ => Ok(None),
        }
    }

    fn attribute(&self, node: &Node, argument: &Node) -> Result<String, Problem> {
        let (name, attribute) = match &argument.value {
            Value::List(parts) if parts.len() == 2 => {
                (parts[0].text()?.to_owned(), self.text(&parts[1])?)
            }
            _ => match argument.text()?.split_once('.') {
                Some((name, attribute)) => (name.to_owned(), attribute.to_owned()),
                None => return Err(argument.problem("GetAtt wants a resource and an attribute")),
            },
        };
        self.attribute_of(node, &name, &attribute)
    }

    fn attribute_of(&self, node: &Node, name: &str, attribute: &str) -> Result<String, Problem> {
        let mut kind = String::new();
        let value = self.with_named(node, "GetAtt", name, |named| {
            named.kind.clone_into(&mut kind);
            named.attribute(attribute)
        })?;
        value.ok_or_else(|| {
            node.problem(format!(
                "GetAtt {name}.{attribute}: {kind} has no attribute {attribute}"
            ))
        })
    }

    fn with_named<T>(
        &self,
        node: &Node,
        function: &str,
        name: &str,
        look: impl FnOnce(&Named<'_>) -> T,
    ) -> Result<T, Problem> {
        let missing = || {
            node.problem(format!(
                "{function} {name}: there is no such parameter or resource"
            ))
        };
        let entry = self.resources.get(name).ok_or_else(missing)?;
        let (physical_id, path) = self.references.follow(name, &node.place, || {
            let physical_id = self.physical_id(name, &entry.node)?;
            Ok((
                physical_id,
                self.property(&entry.node, "Path")?
                    .unwrap_or_else(|| "/".into()),
            ))
        })?;
        let kind = &*kind_of(&entry.node)?;
        Ok(look(&Named {
            kind,
            logical_id: name,
            physical_id: &physical_id,
            path: &path,
            account: self.account,
        }))
    }

    /// The name that the author gave to a resource, else a generated one.
    pub(super) fn physical_id(&self, logical_id: &str, resource: &Node) -> Result<String, Problem> {
        let kind = &*kind_of(resource)?;
        let chosen = name_property(kind)
            .map(|property| self.property(resource, property))
            .transpose()?
            .flatten();
        Ok(chosen.unwrap_or_else(|| {
            let fifo = resource
                .get("Properties")
                .and_then(|node| node.get("FifoQueue"))
                .is_some_and(|node| node.boolean() == Ok(true));
            generated(kind, logical_id, self.account) + if fifo { ".fifo" } else { "" }
        }))
    }

    fn property(&self, resource: &Node, name: &str) -> Result<Option<String>, Problem> {
        match resource
            .get("Properties")
            .and_then(|properties| properties.get(name))
        {
            Some(node) => self
                .resolve(node)?
                .map(|node| Ok(node.text()?.to_owned()))
                .transpose(),
            None => Ok(None),
        }
    }

    fn choose(&self, argument: &Node) -> Resolved {
        let [condition, yes, no] = three(argument, "If")?;
        self.resolve(if self.named_condition(condition)? {
            yes
        } else {
            no
        })
    }

    fn find_in_map(&self, argument: &Node) -> Result<Node, Problem> {
        let [map, top, second] = three(argument, "FindInMap")?;
        let (map, top, second) = (self.text(map)?, self.text(top)?, self.text(second)?);
        let found = self
            .mappings
            .and_then(|mappings| mappings.get(&map)?.get(&top)?.get(&second));
        found
            .cloned()
            .ok_or_else(|| argument.problem(format!("FindInMap: there is no {map}.{top}.{second}")))
    }

    fn select(&self, argument: &Node) -> Result<Node, Problem> {
        let [index, list] = two(argument, "Select")?;
        let (index, list) = (self.value(index)?.integer()?, self.value(list)?);
        let found = usize::try_from(index)
            .ok()
            .and_then(|index| list.list().ok()?.get(index).cloned());
        found.ok_or_else(|| argument.problem(format!("Select: the list has no element {index}")))
    }

    fn split(&self, argument: &Node) -> Result<Node, Problem> {
        let [separator, text] = two(argument, "Split")?;
        let (separator, text) = (self.text(separator)?, self.text(text)?);
        if separator.is_empty() {
            return Err(argument.problem("Split: the separator is empty"));
        }
        let parts = text
            .split(&separator)
            .map(|part| argument.with(Value::String(part.to_owned())))
            .collect();
        Ok(argument.with(Value::List(parts)))
    }

    fn join(&self, argument: &Node) -> Result<String, Problem> {
        let [separator, list] = two(argument, "Join")?;
        let list = self.value(list)?;
        let parts = self.all(list.list()?.iter().map(Node::text))?;
        Ok(parts.join(&self.text(separator)?))
    }

    fn substitute(&self, argument: &Node) -> Result<String, Problem> {
        let (text, own) = match &argument.value {
            Value::List(parts) if parts.len() == 2 => (&parts[0], Some(&parts[1])),
            _ => (argument, None),
        };
        let mut rest = text.text()?;
        let mut parts = Vec::new();
        while let Some((before, after)) = rest.split_once("${") {
            parts.push(Ok(before.to_owned()));
            let closed = after
                .split_once('}')
                .ok_or_else(|| text.problem("Sub: a ${ is never closed"));
            let tail = closed.as_ref().map_or("", |(_, tail)| tail);
            parts.push(closed.and_then(|(name, _)| self.substitution(text, name, own)));
            rest = tail;
        }
        Ok(self.all(parts.into_iter())?.concat() + rest)
    }

    /// The value of one `${name}`; `${!name}` is the literal text `${name}`.
    fn substitution(&self, node: &Node, name: &str, own: Option<&Node>) -> Result<String, Problem> {
        if let Some(literal) = name.strip_prefix('!') {
            return Ok(format!("${{{literal}}}"));
        }
        let name = name.trim();
        if let Some(value) = own.and_then(|own| own.get(name)) {
            return self.text(value);
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute_of(node, resource, attribute),
            None => match self.reference(node, name)? {
                Some(value) => Ok(value.text()?.to_owned()),
                None => Err(node.problem("AWS::NoValue cannot stand here")),
            },
        }
    }

    fn named_condition(&self, name: &Node) -> Result<bool, Problem> {
        let text = name.text()?;
        let entry = self.conditions.iter().find(|entry| entry.key == text);
        let entry = entry.ok_or_else(|| name.problem(format!("there is no condition {text}")))?;
        self.references
            .follow(&format!("condition {text}"), &name.place, || {
                self.condition(&entry.node)
            })
    }

    /// Whether a condition holds: a name, or a condition function.
    pub(super) fn condition(&self, node: &Node) -> Result<bool, Problem> {
        let Some((function, argument)) = function(node) else {
            return self.named_condition(node);
        };
        let each = || self.all(argument.list()?.iter().map(|node| self.condition(node)));
        match function.as_str() {
            "Condition" => self.named_condition(&argument),
            "Fn::Not" => Ok(!each()?.into_iter().any(|holds| holds)),
            "Fn::And" => Ok(each()?.into_iter().all(|holds| holds)),
            "Fn::Or" => Ok(each()?.into_iter().any(|holds| holds)),
            "Fn::Equals" => {
                let [left, right] = two(&argument, "Equals")?;
                Ok(self.text(left)? == self.text(right)?)
            }
            _ => Err(node.problem(format!("{function} is no condition"))),
        }
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

/// The function that a node calls, with its argument.
pub(super) fn function(node: &Node) -> Option<(String, Node)> {
    if let Some(tag) = &node.tag {
        let name = if matches!(tag.as_str(), "Ref" | "Condition") {
            tag.clone()
        } else {
            format!("Fn::{tag}")
        };
        return Some((
            name,
            Node {
                tag: None,
                ..node.clone()
            },
        ));
    }
    match &node.value {
        Value::Map(entries) => match entries.as_slice() {
            [Entry { key, node, .. }] if key == "Ref" || key.starts_with("Fn::") => {
                Some((key.clone(), node.clone()))
            }
            [Entry { key, node, .. }]
                if key == "Condition" && matches!(node.value, Value::String(_)) =>
            {
                Some((key.clone(), node.clone()))
            }
            _ => None,
        },
        _ => None,
    }
}

fn two<'n>(argument: &'n Node, function: &str) -> Result<&'n [Node; 2], Problem> {
    argument
        .list()?
        .try_into()
        .map_err(|_| argument.problem(format!("{function} wants two arguments")))
}

fn three<'n>(argument: &'n Node, function: &str) -> Result<&'n [Node; 3], Problem> {
    argument
        .list()?
        .try_into()
        .map_err(|_| argument.problem(format!("{function} wants three arguments")))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
