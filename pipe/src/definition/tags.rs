//! Tags of a pipe that mean something here. AWS keeps them and gives them no meaning, so a definition stays the same.

use kit::document::{Node, OrCollect as _, Problem};

use super::Declared;
use crate::flow::Judge;

/// Says whose word counts for what a failure means: `comparison` or `aws`.
const VERDICT: &str = "tidegate:verdict";

/// The prefix of the tags that are ours: another name under it is a mistake.
const OURS: &str = "tidegate:";

/// What the pipe's `Tags` ask for.
pub(super) fn read_judge(pipe: &Declared<'_>, node: &Node, problems: &mut Vec<Problem>) -> Option<Judge> {
    let mut judge = None;
    for (key, value) in node.text_map().or_collect(problems)? {
        let wrong = match key {
            VERDICT => match Judge::parse(value) {
                Ok(said) => {
                    judge = Some(said);
                    continue;
                }
                Err(reason) => format!("{}: the tag {VERDICT}: {reason}", pipe.label),
            },
            _ if key.starts_with(OURS) => {
                format!("{}: the tag {key} is unknown: expected {VERDICT}", pipe.label)
            }
            _ => continue,
        };
        problems.push(node.problem(wrong).collected());
    }
    judge
}
