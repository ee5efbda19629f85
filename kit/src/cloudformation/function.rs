//! Which function a node calls, and with which arguments.

use crate::document::{Entry, Node, Problem, Value};

/// Every intrinsic function.
pub(super) const NAMES: [&str; 21] = [
    "Ref",
    "Condition",
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::ForEach",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
];

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

/// The arguments of a function that takes two.
pub(super) fn two<'n>(argument: &'n Node, function: &str) -> Result<&'n [Node; 2], Problem> {
    argument
        .list()?
        .try_into()
        .map_err(|_| argument.problem(format!("{function} takes two arguments")))
}

/// The arguments of a function that takes three.
pub(super) fn three<'n>(argument: &'n Node, function: &str) -> Result<&'n [Node; 3], Problem> {
    argument
        .list()?
        .try_into()
        .map_err(|_| argument.problem(format!("{function} takes three arguments")))
}
