//! Conditions and their functions.

use super::super::function::{function, two};
use super::Resolver;
use crate::document::{Node, Problem};

impl Resolver<'_> {
    pub(super) fn named_condition(&self, name: &Node) -> Result<bool, Problem> {
        let text = name.text()?;
        let entry = self.conditions.iter().find(|entry| entry.key == text);
        let entry = entry.ok_or_else(|| name.problem(format!("no such condition: {text}")))?;
        self.references
            .follow(&format!("condition {text}"), &name.place, || {
                self.condition(&entry.node)
            })
    }

    /// Whether a condition holds: a name, or a condition function.
    pub(in crate::cloudformation) fn condition(&self, node: &Node) -> Result<bool, Problem> {
        let Some((function, argument)) = function(node) else {
            return self.named_condition(node);
        };
        let each = || self.all(argument.list()?.iter().map(|node| self.condition(node)));
        match function.as_str() {
            "Condition" => self.named_condition(&argument),
            "Fn::Not" => match each()?.as_slice() {
                [holds] => Ok(!holds),
                _ => Err(argument.problem("Not takes one condition")),
            },
            "Fn::And" => Ok(each()?.into_iter().all(|holds| holds)),
            "Fn::Or" => Ok(each()?.into_iter().any(|holds| holds)),
            "Fn::Equals" => {
                let [left, right] = two(&argument, "Equals")?;
                Ok(self.text(left)? == self.text(right)?)
            }
            _ => Err(node.problem(format!("{function} is not a condition function"))),
        }
    }
}
