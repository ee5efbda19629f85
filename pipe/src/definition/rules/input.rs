//! What the target of a rule gets of an event: `Input`, `InputPath` or `InputTransformer`.

use kit::document::{Fields, Node, OrCollect as _, Problem};

use crate::event::path::Path;
use crate::transform::Transform;
use crate::transform::rule::{InputPaths, is_reserved};

/// The most variables of an `InputPathsMap`.
const MOST_PATHS: usize = 100;

/// Reads what a target gets; [`None`] is the whole event.
pub(super) fn read(
    label: &str,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Transform> {
    let names = ["Input", "InputPath", "InputTransformer"];
    let given = names.map(|name| fields.optional(name));
    let mut present = given.iter().flatten();
    if let (Some(_), Some(second)) = (present.next(), present.next()) {
        let message =
            format!("{label}: only one of Input, InputPath and InputTransformer can be given");
        problems.push(second.problem(message));
    }
    let [constant, path, transformer] = given;
    let wrong = |node: &Node, reason: String| node.problem(format!("{label}: {reason}"));
    if let Some(node) = constant {
        let text = node.text().or_collect(problems)?;
        let checked = serde_json::from_str::<serde::de::IgnoredAny>(text);
        let checked = checked.map_err(|error| wrong(node, format!("Input is not JSON: {error}")));
        checked.or_collect(problems)?;
        return Some(Transform::constant(text));
    }
    if let Some(node) = path {
        let path = read_path(label, node).or_collect(problems)?;
        // The whole event, as without a path.
        return (path.to_string() != "$").then(|| Transform::part(path));
    }
    let node = transformer?;
    let owner = format!("{label}: InputTransformer");
    let mut fields = node.fields(&owner).or_collect(problems)?;
    let paths = fields
        .optional("InputPathsMap")
        .map(|node| read_paths(&owner, node, problems));
    let template = fields.required("InputTemplate").or_collect(problems);
    problems.extend(fields.finish());
    let template = template?;
    let text = template.text().or_collect(problems)?;
    let read = Transform::of_rule(text, &paths.unwrap_or_default());
    read.map_err(|error| wrong(template, error.to_string()))
        .or_collect(problems)
}

fn read_paths(owner: &str, node: &Node, problems: &mut Vec<Problem>) -> InputPaths {
    let entries = node.entries().or_collect(problems).unwrap_or_default();
    if entries.len() > MOST_PATHS {
        let message = format!("{owner}: more than {MOST_PATHS} variables in InputPathsMap");
        problems.push(node.problem(message));
    }
    let mut paths = InputPaths::new();
    for entry in entries {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        if !entry.key.chars().all(is_word) || is_reserved(&entry.key) {
            let message = format!(
                "{owner}: invalid variable {:?}: expected letters, digits, hyphens and underscores",
                entry.key
            );
            problems.push(entry.place.problem(message));
        }
        if let Some(path) = read_path(owner, &entry.node).or_collect(problems) {
            paths.insert(entry.key.clone(), path);
        }
    }
    paths
}

fn read_path(label: &str, node: &Node) -> Result<Path, Problem> {
    let read = Path::parse(node.text()?);
    read.map_err(|error| node.problem(format!("{label}: {error}")))
}
