//! Rules of a template: what its author demands of the parameters. CloudFormation refuses a
//! deployment for which one fails, before it makes anything.
//!
//! Facts: the CloudFormation user guide, "Rules section" and "Rule-specific intrinsic functions".

use super::super::function::{function, two};
use super::Resolver;
use crate::document::{Node, OrCollect as _, Problem};

/// Functions whose answers only AWS has: attributes of the account's own resources. What asks for
/// them holds.
const OF_AWS: [&str; 3] = ["Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];

impl Resolver<'_> {
    /// Adds a problem for each assertion that fails.
    pub(in crate::cloudformation) fn check_rules(
        &self,
        rules: Option<&Node>,
        problems: &mut Vec<Problem>,
    ) {
        let entries = rules.and_then(|node| node.entries().or_collect(problems));
        for entry in entries.unwrap_or_default() {
            let checked = self.check_rule(&entry.key, &entry.node, problems);
            checked.or_collect(problems);
            problems.extend(self.further());
        }
    }

    fn check_rule(
        &self,
        name: &str,
        rule: &Node,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Problem> {
        let mut fields = rule.fields(format!("rule {name}"))?;
        let condition = fields.optional("RuleCondition");
        let assertions = fields.required("Assertions")?.list()?;
        problems.extend(fields.finish());
        if condition
            .map(|node| self.holds_if_known(node))
            .transpose()?
            == Some(false)
        {
            return Ok(());
        }
        for assertion in assertions {
            let mut fields = assertion.fields(format!("rule {name}"))?;
            let assert = fields.required("Assert")?;
            let description = fields.optional("AssertDescription");
            problems.extend(fields.finish());
            if self.holds_if_known(assert)? {
                continue;
            }
            let told = match description {
                Some(text) => format!("rule {name}: {}", text.text()?),
                None => format!("rule {name}: an assertion about the parameters does not hold"),
            };
            problems.push(assert.problem(told));
        }
        Ok(())
    }

    /// As [`Resolver::holds`]. What asks for a value that only AWS has holds: CDK's own rule is
    /// about a parameter from Parameter Store.
    fn holds_if_known(&self, node: &Node) -> Result<bool, Problem> {
        match self.holds(node) {
            Err(problem) if problem.is_tolerable() => {
                _ = self.further();
                Ok(true)
            }
            known => known,
        }
    }

    /// Whether a function of rules or conditions holds.
    fn holds(&self, node: &Node) -> Result<bool, Problem> {
        if asks_aws(node) {
            return Ok(true);
        }
        let Some((name, argument)) = function(node) else {
            return self.condition(node);
        };
        let each = || -> Result<Vec<bool>, Problem> {
            argument
                .list()?
                .iter()
                .map(|node| self.holds(node))
                .collect()
        };
        let texts = |node: &Node| -> Result<Vec<String>, Problem> {
            let value = self.value(node)?;
            let items = value.list().unwrap_or(std::slice::from_ref(&value));
            items
                .iter()
                .map(|item| Ok(item.text()?.to_owned()))
                .collect()
        };
        match name.as_str() {
            "Fn::And" => Ok(each()?.into_iter().all(|holds| holds)),
            "Fn::Or" => Ok(each()?.into_iter().any(|holds| holds)),
            "Fn::Not" => Ok(!each()?.into_iter().any(|holds| holds)),
            "Fn::Contains" => {
                let [list, text] = two(&argument, "Contains")?;
                Ok(texts(list)?.contains(&self.text(text)?))
            }
            "Fn::EachMemberEquals" => {
                let [list, text] = two(&argument, "EachMemberEquals")?;
                let text = self.text(text)?;
                Ok(texts(list)?.iter().all(|item| *item == text))
            }
            "Fn::EachMemberIn" => {
                let [list, within] = two(&argument, "EachMemberIn")?;
                let within = texts(within)?;
                Ok(texts(list)?.iter().all(|item| within.contains(item)))
            }
            _ => self.condition(node),
        }
    }
}

/// Whether the arguments of a function ask AWS.
fn asks_aws(node: &Node) -> bool {
    let Some((name, argument)) = function(node) else {
        return false;
    };
    let is_group = matches!(name.as_str(), "Fn::And" | "Fn::Or" | "Fn::Not");
    let within =
        |node: &Node| function(node).is_some_and(|(name, _)| OF_AWS.contains(&name.as_str()));
    !is_group && argument.list().is_ok_and(|nodes| nodes.iter().any(within))
}
