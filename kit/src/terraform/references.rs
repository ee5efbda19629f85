//! Values of a plan that are known only after it is applied: the configuration says what they refer
//! to, though not in which text. Pure.

use super::project::{Instance, Project, entries};
use super::site::{DEPTH, Site, function, substituted, text};
use crate::document::{Entry, Node, Problem, Value};

impl<'a> Project<'a> {
    /// The value of an attribute, with what is not known yet as a reference.
    pub(super) fn attribute(
        &self,
        instance: &Instance<'a>,
        name: &str,
        depth: usize,
    ) -> Result<Option<Node>, Problem> {
        let configuration = instance.configuration;
        let site = Site {
            module: instance.module,
            index: instance.index.as_deref(),
            each: configuration.and_then(|node| node.get("for_each_expression")),
            attribute: name,
            at: instance.node,
            depth,
        };
        let of = |node: Option<&'a Node>| node?.get(name);
        let expressions = configuration.and_then(|node| node.get("expressions"));
        self.resolved(
            site,
            of(instance.values),
            of(instance.unknown),
            of(expressions),
        )
    }

    /// A value whose unknown parts are looked up in the expression that makes it.
    pub(super) fn resolved(
        &self,
        site: Site<'_>,
        value: Option<&Node>,
        unknown: Option<&Node>,
        expression: Option<&Node>,
    ) -> Result<Option<Node>, Problem> {
        if site.depth > DEPTH {
            return Err(site
                .at
                .problem(format!("{}: references lead in a circle", site.attribute)));
        }
        let known = value.filter(|node| node.value != Value::Null);
        let is_open = match unknown.map(|node| &node.value) {
            Some(Value::Bool(is_open)) => *is_open,
            Some(_) => false,
            None => value.is_none(),
        };
        match (known, expression) {
            (None, Some(expression)) if is_open => self.by_expression(site, expression),
            (None, None) if matches!(unknown, Some(node) if node.value == Value::Bool(true)) => {
                Ok(None)
            }
            (Some(known), _) => self.filled(site, known, unknown, expression).map(Some),
            (None, _) => Ok(None),
        }
    }

    /// A known value with its unknown members.
    fn filled(
        &self,
        site: Site<'_>,
        known: &Node,
        unknown: Option<&Node>,
        expression: Option<&Node>,
    ) -> Result<Node, Problem> {
        let site = Site {
            depth: site.depth + 1,
            ..site
        };
        let value = match &known.value {
            Value::Map(own) => {
                let is_open = |entry: &&Entry| {
                    entry.node.value == Value::Bool(true) && known.get(&entry.key).is_none()
                };
                let nothing = |entry: &Entry| Entry {
                    node: known.with(Value::Null),
                    ..entry.clone()
                };
                let open: Vec<Entry> = entries(unknown)
                    .iter()
                    .filter(is_open)
                    .map(nothing)
                    .collect();
                let mut filled = Vec::new();
                for entry in own.iter().chain(&open) {
                    let key = entry.key.as_str();
                    let site = Site {
                        attribute: key,
                        ..site
                    };
                    let open = unknown.and_then(|node| node.get(key));
                    let made = member(expression, key);
                    if let Some(node) = self.resolved(site, Some(&entry.node), open, made)? {
                        filled.push(Entry {
                            node,
                            ..entry.clone()
                        });
                    }
                }
                Value::Map(filled)
            }
            Value::List(nodes) => {
                let mut filled = Vec::new();
                for (index, node) in nodes.iter().enumerate() {
                    let (open, made) = (item(unknown, index), block(expression, index));
                    filled.extend(self.resolved(site, Some(node), open, made)?);
                }
                Value::List(filled)
            }
            _ => return Ok(known.clone()),
        };
        Ok(known.with(value))
    }

    /// The value of an expression: a constant, or what it refers to.
    pub(super) fn by_expression(
        &self,
        site: Site<'_>,
        expression: &Node,
    ) -> Result<Option<Node>, Problem> {
        if let Some(constant) = expression.get("constant_value") {
            return Ok(Some(constant.clone()));
        }
        let Some(references) = expression.get("references") else {
            // The block is not known at all, or there is none.
            return Ok(None);
        };
        let names: Vec<&str> = references
            .list()?
            .iter()
            .filter_map(|node| node.text().ok())
            .collect();
        let longer = |name: &str| names.iter().any(|other| is_within(other, name));
        let names: Vec<&str> = names.iter().copied().filter(|name| !longer(name)).collect();
        let mut found = Vec::new();
        for name in &names {
            let node = self.referred(
                Site {
                    depth: site.depth + 1,
                    ..site
                },
                name,
            )?;
            found.extend(node.map(|node| (*name, node)));
        }
        let made = found
            .iter()
            .filter(|(_, node)| matches!(node.value, Value::Map(_)));
        let mut made: Vec<&(&str, Node)> = made.collect();
        made.dedup_by(|(_, one), (_, other)| one.to_json() == other.to_json());
        match (found.as_slice(), made.as_slice()) {
            ([(_, only)], _) => Ok(Some(self.in_text(site, only))),
            (_, [(_, only)]) if is_reference(site.attribute) => Ok(Some(self.in_text(site, only))),
            _ => match self.recipe(site, &found) {
                Some(node) => Ok(Some(node)),
                None => Err(unknown(site, &names)),
            },
        }
    }

    /// A reference as the attribute has it: some are always within the same text.
    fn in_text(&self, site: Site<'_>, node: &Node) -> Node {
        let is_route = site.attribute == "target"
            && site
                .at
                .get("type")
                .is_some_and(|kind| kind.text() == Ok("aws_apigatewayv2_route"));
        if is_route {
            let parts = vec![text(site.at, "integrations/"), node.clone()];
            let argument = vec![text(site.at, ""), site.at.with(Value::List(parts))];
            return function(site.at, "Fn::Join", Value::List(argument));
        }
        if matches!(site.attribute, "redrive_policy") {
            return self.redrive(site, node);
        }
        node.clone()
    }

    /// A redrive policy of which only the queue is known. SQS's own count is ten.
    fn redrive(&self, site: Site<'_>, queue: &Node) -> Node {
        tracing::warn!(
            "{}: maxReceiveCount is known only after the plan is applied: 10 stands in for it, as SQS has it",
            site.at
                .get("address")
                .and_then(|node| node.text().ok())
                .unwrap_or_default()
        );
        let entry = |key: &str, node: Node| Entry {
            key: key.to_owned(),
            place: site.at.place.clone(),
            node,
        };
        let count = site.at.with(Value::Number("10".to_owned()));
        site.at.with(Value::Map(vec![
            entry("deadLetterTargetArn", queue.clone()),
            entry("maxReceiveCount", count),
        ]))
    }

    /// Texts whose form is known although the plan has only what they refer to.
    fn recipe(&self, site: Site<'_>, found: &[(&str, Node)]) -> Option<Node> {
        let queue = found
            .iter()
            .find(|(name, _)| name.contains("aws_sqs_queue."));
        let queue = queue.or_else(|| found.iter().find(|(name, _)| name.starts_with("module.")));
        match site.attribute {
            "uri" => {
                let (name, node) = queue?;
                let name_of = match name.rsplit('.').next() {
                    Some("arn") => {
                        let argument = vec![text(site.at, ":"), node.clone()];
                        let parts = function(site.at, "Fn::Split", Value::List(argument));
                        let argument = vec![site.at.with(Value::Number("5".into())), parts];
                        function(site.at, "Fn::Select", Value::List(argument))
                    }
                    _ => node.clone(),
                };
                let uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/${Name}";
                Some(substituted(site.at, uri, vec![("Name", name_of)]))
            }
            "redrive_policy" => queue.map(|(_, node)| self.redrive(site, node)),
            _ => None,
        }
    }
}

/// Whether one reference is a part of another: `aws_sqs_queue.q` of `aws_sqs_queue.q.arn`.
fn is_within(longer: &str, name: &str) -> bool {
    let rest = longer.strip_prefix(name);
    rest.is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
}

/// Whether an attribute holds one reference and nothing else.
fn is_reference(attribute: &str) -> bool {
    const NAMES: [&str; 8] = [
        "source",
        "target",
        "enrichment",
        "credentials",
        "bucket",
        "QueueUrl",
        "queue_url",
        "api_id",
    ];
    NAMES.contains(&attribute)
        || ["_id", "_arn", "arn", "_url", "_name"]
            .iter()
            .any(|end| attribute.ends_with(end))
}

fn unknown(site: Site<'_>, names: &[&str]) -> Problem {
    let address = site
        .at
        .get("address")
        .and_then(|node| node.text().ok())
        .unwrap_or_default();
    let names = names.join(", ");
    site.at.problem(format!(
        "{address}: {} is known only after the plan is applied; it is made of {names}, in a way that a plan does not \
         tell: give the state in place of the plan once it is applied (`terraform show -json > state.json`)",
        site.attribute
    ))
}

/// Whether this is an expression, and not a block of some.
fn is_expression(node: &Node) -> bool {
    node.get("references").is_some() || node.get("constant_value").is_some()
}

/// The expression of a member: its own in a block, else the one that makes the whole mapping.
fn member<'n>(expression: Option<&'n Node>, key: &str) -> Option<&'n Node> {
    match expression {
        Some(node) if is_expression(node) => Some(node),
        node => node?.get(key),
    }
}

/// The expressions of one block of several, or the one that makes them all.
fn block(expression: Option<&Node>, index: usize) -> Option<&Node> {
    match expression {
        Some(node) if is_expression(node) => Some(node),
        node => item(node, index),
    }
}

/// An item of a list, or the last one: a dynamic block stands once for all that it makes.
fn item(list: Option<&Node>, index: usize) -> Option<&Node> {
    let list = list?.list().ok()?;
    list.get(index.min(list.len().checked_sub(1)?))
}
