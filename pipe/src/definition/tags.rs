//! Tags of a pipe that have a meaning here. AWS gives them none, so one definition serves both.

use kit::document::{Node, OrCollect as _, Problem};

use super::declared::DeclaredResource;
use crate::flow::VerdictRule;

/// What decides whether a failure is the message's fault: `comparison` or `aws`.
const VERDICT: &str = "tidegate:verdict";

/// The prefix of our tags: an unknown tag with it is a mistake.
const OURS: &str = "tidegate:";

/// Reads our tags among the pipe's `Tags`. All others are ignored, whatever their form.
pub(super) fn read_verdict_rule(
    pipe: &DeclaredResource<'_>,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<VerdictRule> {
    let mut rule = None;
    for entry in node.entries().unwrap_or_default() {
        let label = &pipe.label;
        let said = match entry.key.as_str() {
            VERDICT => entry
                .node
                .text()
                .or_collect(problems)
                .map(VerdictRule::parse),
            key if key.starts_with(OURS) => Some(Err(format!("unknown tag: expected {VERDICT}"))),
            _ => continue,
        };
        match said {
            Some(Ok(said)) => rule = Some(said),
            Some(Err(reason)) => {
                problems.push(
                    entry
                        .node
                        .problem(format!("{label}: Tags: {}: {reason}", entry.key)),
                );
            }
            None => {}
        }
    }
    rule
}
