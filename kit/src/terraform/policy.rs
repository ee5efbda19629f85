//! `data.aws_iam_policy_document`: statements in Terraform's form, as the policy that they are. Pure.

use super::project::{Instance, Project};
use crate::document::made::{map, text};
use crate::document::{Node, Problem, Value};

/// Lists of a statement, and their names in a policy.
const LISTS: [(&str, &str); 4] = [
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
];

impl<'a> Project<'a> {
    /// The policy of a document that is not known as a text.
    pub(super) fn policy_document(
        &self,
        instance: &Instance<'a>,
        depth: usize,
    ) -> Result<Node, Problem> {
        let at = instance.node;
        let statements = self.attribute(instance, "statement", depth + 1)?;
        let statements = statements.as_ref().and_then(|node| node.list().ok());
        let made = statements
            .unwrap_or_default()
            .iter()
            .map(|node| statement(at, node));
        Ok(map(
            at,
            vec![
                ("Version".into(), text(at, "2012-10-17")),
                ("Statement".into(), at.with(Value::List(made.collect()))),
            ],
        ))
    }
}

fn statement(at: &Node, node: &Node) -> Node {
    let effect = node
        .get("effect")
        .filter(|effect| effect.text().is_ok_and(|text| !text.is_empty()));
    let effect = effect.cloned().unwrap_or_else(|| text(at, "Allow"));
    let mut made = vec![("Effect".to_owned(), effect)];
    for (name, property) in LISTS {
        let list = node
            .get(name)
            .filter(|list| list.list().is_ok_and(|nodes| !nodes.is_empty()));
        made.extend(list.map(|list| (property.to_owned(), list.clone())));
    }
    for (name, property) in [
        ("principals", "Principal"),
        ("not_principals", "NotPrincipal"),
    ] {
        let blocks = blocks(node, name);
        let of = blocks.iter().filter_map(|block| {
            let kind = block.get("type")?.text().ok()?;
            Some((kind.to_owned(), block.get("identifiers")?.clone()))
        });
        let of: Vec<(String, Node)> = of.collect();
        match of.as_slice() {
            [] => {}
            [(kind, _)] if kind == "*" => made.push((property.to_owned(), text(at, "*"))),
            _ => made.push((property.to_owned(), map(at, of))),
        }
    }
    let mut conditions: Vec<(String, Vec<(String, Node)>)> = Vec::new();
    for block in blocks(node, "condition") {
        let word = |key: &str| Some(block.get(key)?.text().ok()?.to_owned());
        let (Some(test), Some(variable), Some(values)) =
            (word("test"), word("variable"), block.get("values"))
        else {
            continue;
        };
        let member = (variable, values.clone());
        match conditions.iter_mut().find(|(known, _)| *known == test) {
            Some((_, members)) => members.push(member),
            None => conditions.push((test, vec![member])),
        }
    }
    if !conditions.is_empty() {
        let tests = conditions
            .into_iter()
            .map(|(test, members)| (test, map(at, members)));
        made.push(("Condition".to_owned(), map(at, tests.collect())));
    }
    map(at, made)
}

fn blocks<'n>(node: &'n Node, name: &str) -> &'n [Node] {
    node.get(name)
        .and_then(|node| node.list().ok())
        .unwrap_or_default()
}
