//! Where an expression of Terraform stands, and the functions of CloudFormation that are made of
//! it. Pure.

use crate::document::{Entry, Node, Value};

/// How far references are followed.
pub(super) const DEPTH: usize = 40;

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'s> {
    pub module: &'s str,
    /// Of the resource or the module that the expression belongs to.
    pub index: Option<&'s str>,
    /// What `for_each` goes through.
    pub each: Option<&'s Node>,
    /// The attribute that gets the value.
    pub attribute: &'s str,
    /// Where a problem stands.
    pub at: &'s Node,
    pub depth: usize,
}

/// A node with a function of CloudFormation.
pub(super) fn function(at: &Node, name: &str, argument: Value) -> Node {
    let entry = Entry {
        key: name.to_owned(),
        place: at.place.clone(),
        node: at.with(argument),
    };
    at.with(Value::Map(vec![entry]))
}

pub(super) fn text(at: &Node, text: &str) -> Node {
    at.with(Value::String(text.to_owned()))
}

pub(super) fn pseudo(at: &Node, name: &str) -> Node {
    function(at, "Ref", Value::String(name.to_owned()))
}

/// `Fn::Sub` with values of its own.
pub(super) fn substituted(at: &Node, of: &str, own: Vec<(&str, Node)>) -> Node {
    let entries = own.into_iter().map(|(key, node)| Entry {
        key: key.to_owned(),
        place: at.place.clone(),
        node,
    });
    let argument = vec![text(at, of), at.with(Value::Map(entries.collect()))];
    function(at, "Fn::Sub", Value::List(argument))
}
