//! Policies in IAM's language: read, and evaluated for one request. Facts: the IAM user guide,
//! "Policy evaluation logic" and "IAM JSON policy elements".

mod condition;
mod operator;
mod parse;
#[cfg(test)]
mod tests;
mod wildcard;

pub(crate) use parse::{PolicyKind, parse};

use super::facts::Facts;
use crate::api::{Effect, Names, Policy, Principals, Statement};

/// What a policy says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A statement allows it, and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement is about it.
    Silent,
}

/// Evaluates a policy for one request.
pub(crate) fn evaluate(policy: &Policy, facts: &Facts<'_>) -> Verdict {
    let matching = policy
        .statements
        .iter()
        .filter(|statement| is_about(policy, statement, facts));
    let mut verdict = Verdict::Silent;
    for statement in matching {
        match statement.effect {
            Effect::Deny => return Verdict::Denied,
            Effect::Allow => verdict = Verdict::Allowed,
        }
    }
    verdict
}

fn is_about(policy: &Policy, statement: &Statement, facts: &Facts<'_>) -> bool {
    let fill =
        |text: &str| wildcard::WildcardPattern::new(text, policy.has_variables.then_some(facts));
    is_principal(&statement.principals, facts)
        && among(&statement.actions, |name| {
            let pattern = fill(&name.to_lowercase());
            pattern.is_some_and(|pattern| pattern.matches(&facts.action.to_lowercase()))
        })
        && among(&statement.resources, |name| {
            // Short for this API: `execute-api:/stage/GET/path`.
            let (name, resource) = match name.strip_prefix("execute-api:/") {
                Some(rest) => (rest, facts.resource.split_once('/').unwrap_or_default().1),
                None => (name.as_str(), facts.resource.as_str()),
            };
            fill(name).is_some_and(|pattern| pattern.matches(resource))
        })
        && statement
            .conditions
            .iter()
            .all(|condition| condition::holds(condition, policy.has_variables, facts))
}

fn among(names: &Names, matches: impl Fn(&String) -> bool) -> bool {
    match names {
        Names::In(names) => names.iter().any(matches),
        Names::NotIn(names) => !names.iter().any(matches),
    }
}

fn is_principal(principals: &Principals, facts: &Facts<'_>) -> bool {
    match principals {
        Principals::Unnamed => true,
        Principals::In(names) => names.iter().any(|name| facts.caller.is_named(name)),
        Principals::NotIn(names) => !names.iter().any(|name| facts.caller.is_named(name)),
    }
}
