//! Tags of a pipe that mean something here. AWS keeps them and gives them no meaning, so a
//! definition stays the same.

use kit::document::{Node, OrCollect as _, Problem};

use super::DeclaredResource;
use crate::flow::VerdictRule;

/// Says whose word counts for what a failure means: `comparison` or `aws`.
const VERDICT: &str = "tidegate:verdict";

/// The prefix of the tags that are ours: another name under it is a mistake.
const OURS: &str = "tidegate:";

/// What the pipe's `Tags` ask for. All other tags are passed over, in whatever form they stand.
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
