//! What authors turn off: by a comment on the line of a finding or the line before, or in the
//! `Metadata` of a resource. Pure.

use kit::document::{Entry, Node, Place};
use kit::suggest::nearest;

use super::finding::Finding;
use super::places::Sources;
use super::subject::Subject;

/// The word in comments, and the entry of `Metadata`.
const WORD: &str = "tidegate-lint-disable";

/// Whether the author has turned the finding's rule off at its place.
pub(super) fn suppresses(sources: &Sources, finding: &Finding) -> bool {
    let by_comment = |place: &Place| {
        let Some(text) = sources.text(&place.file) else {
            return false;
        };
        let lines = [place.line, place.line.saturating_sub(1)];
        let lines = lines.into_iter().filter(|line| *line > 0);
        lines
            .filter_map(|line| text.lines().nth(line - 1))
            .any(|line| rules_in(line).any(|rule| rule == finding.rule))
    };
    by_comment(&finding.place)
        || by_comment(&finding.value)
        || of_metadata(sources, &finding.place).contains(&finding.rule)
}

/// The rules that a line turns off.
fn rules_in(line: &str) -> impl Iterator<Item = &str> {
    let comment = line
        .split_once('#')
        .and_then(|(_, rest)| rest.split_once(WORD));
    let rest = comment.map_or("", |(_, rest)| rest);
    // What follows a dash is the reason.
    let rules = rest
        .split([' ', ',', ':'])
        .take_while(|word| !word.starts_with(['-', '(', '#']));
    rules.filter(|word| !word.is_empty())
}

/// The rules that the resource at a place turns off.
fn of_metadata<'s>(sources: &'s Sources, place: &Place) -> Vec<&'s str> {
    let source = sources.0.iter().find(|source| source.name == place.file);
    let root = source.and_then(|source| source.root.as_ref());
    let Some(resource) = root.and_then(|root| resource_at(root, place)) else {
        return Vec::new();
    };
    let disabled = resource
        .node
        .get("Metadata")
        .and_then(|metadata| metadata.get(WORD));
    let texts = disabled.map(|node| node.list().unwrap_or(std::slice::from_ref(node)));
    let texts = texts.unwrap_or_default().iter();
    texts.filter_map(|node| node.text().ok()).collect()
}

/// The resource of a template in which a place lies.
pub(super) fn resource_at<'n>(root: &'n Node, place: &Place) -> Option<&'n Entry> {
    let entries = root.get("Resources")?.entries().ok()?;
    let at = (place.line, place.column);
    let mut begun = entries
        .iter()
        .filter(|entry| (entry.place.line, entry.place.column) <= at);
    begun.next_back()
}

/// Names in suppressions that are no `rules`.
pub(super) fn unknown(subject: &Subject, rules: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &subject.sources.0 {
        for (number, line) in source.text.lines().enumerate() {
            for rule in rules_in(line).filter(|rule| !rules.contains(rule)) {
                let column = line
                    .find(rule)
                    .map_or(1, |at| line[..at].chars().count() + 1);
                let place = Place {
                    file: source.name.clone(),
                    line: number + 1,
                    column,
                };
                let finding = Finding::new(&place, "", format!("there is no rule {rule}"));
                let meant = nearest(rule, rules.iter().copied());
                let help = match meant {
                    Some(meant) => format!("did you mean {meant}?"),
                    None => "docs/lint.md lists the rules".to_owned(),
                };
                findings.push(finding.at(place, rule.chars().count()).help(help));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_name_rules() {
        for (line, expected) in [
            ("a: b # tidegate-lint-disable open-api", &["open-api"][..]),
            ("# tidegate-lint-disable: a, b - because c", &["a", "b"]),
            ("  ## tidegate-lint-disable a # b", &["a"]),
            ("tidegate-lint-disable a", &[]),
            ("a: 1", &[]),
        ] {
            let found: Vec<&str> = rules_in(line).collect();
            assert_eq!(found, expected, "{line}");
        }
    }
}
