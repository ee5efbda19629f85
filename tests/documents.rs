//! What stands in `docs/` and the READMEs is found where others point to: every citation of a
//! document leads to a file and a heading, and so does every link.
//!
//! Code and cases cite a document by its path from the root and a heading, as in
//! `docs/aws/sqs.md#errors`.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders at the root that hold nothing that somebody wrote.
const NOT_WRITTEN: [&str; 3] = [".git", "target", "data"];

/// The documents of facts, whose names must not stand alone.
const FACTS: [&str; 5] = ["api-gateway.md", "sqs.md", "pipes.md", "events.md", "s3.md"];

/// This file, whose examples lead nowhere.
const THIS: &str = "tests/documents.rs";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every text file of the repository, by its path from the root.
fn texts() -> BTreeMap<String, String> {
    let (root, mut found, mut folders) = (root(), BTreeMap::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                if folder != root || !NOT_WRITTEN.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.insert(
                    path.strip_prefix(&root)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                    text,
                );
            }
        }
    }
    found
}

/// The lines of a document that are not code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((number + 1, line))
    })
}

/// A heading's anchor, as GitHub makes it.
fn slug(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        if (1..=6).contains(&(line.len() - heading.len())) && heading.starts_with(' ') {
            let first = slug(heading);
            let again = (1..).map(|number| format!("{first}-{number}"));
            let free = std::iter::once(first.clone())
                .chain(again)
                .find(|slug| !found.contains(slug));
            found.insert(free.unwrap());
        }
    }
    found
}

/// What is wrong with a pointer to a file and a heading.
fn wrong(texts: &BTreeMap<String, String>, path: &str, anchor: Option<&str>) -> Option<String> {
    match (texts.get(path), anchor) {
        (None, None) if root().join(path).exists() => None,
        (None, _) => Some(format!("there is no {path}")),
        (Some(text), Some(anchor)) if !anchors(text).contains(anchor) => {
            Some(format!("{path} has no #{anchor}"))
        }
        _ => None,
    }
}

/// The citations in a line: `docs/…` with what belongs to it.
fn citations(line: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '#');
    let starts = line.match_indices("docs/").map(|(at, _)| at);
    let alone = starts.filter(|at| !line[..*at].ends_with(is_part));
    let whole = alone.map(|at| {
        line[at..]
            .split(|c| !is_part(c))
            .next()
            .unwrap()
            .trim_end_matches(['.', '/'])
    });
    whole.filter(|cited| cited.contains(".md")).collect()
}

#[test]
fn every_citation_leads_to_a_file_and_a_heading() {
    let (texts, mut problems, mut count) = (texts(), Vec::new(), 0);
    for (file, text) in texts.iter().filter(|(file, _)| *file != THIS) {
        for (number, line) in text.lines().enumerate() {
            for cited in citations(line) {
                count += 1;
                let (path, anchor) = cited
                    .split_once('#')
                    .map_or((cited, None), |(path, anchor)| (path, Some(anchor)));
                let needs_heading = path.starts_with("docs/aws/") && !file.ends_with(".md");
                let missing = (needs_heading && anchor.is_none())
                    .then(|| format!("{path} is cited without a heading"));
                problems.extend(
                    missing
                        .or_else(|| wrong(&texts, path, anchor))
                        .map(|what| format!("{file}:{}: {what}", number + 1)),
                );
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(count > 80, "only {count} citations were found");
}

#[test]
fn nothing_cites_what_lies_outside_of_the_repository() {
    let sheet = ["fact", "sheet"].join(" ");
    for (file, text) in texts() {
        let folded = text.to_lowercase().replace(['\n', '/', '!', '*'], " ");
        assert!(
            !folded
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(&sheet),
            "{file} cites a {sheet}"
        );
        if file.starts_with("docs/") || file == THIS {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for name in FACTS {
                let is_whole = |at: usize| {
                    line[..at].ends_with("docs/aws/") || line[..at].ends_with(char::is_alphanumeric)
                };
                let alone = line.match_indices(name).find(|(at, _)| !is_whole(*at));
                assert!(
                    alone.is_none(),
                    "{file}:{}: cite {name} as docs/aws/{name} with a heading",
                    number + 1
                );
            }
        }
    }
}

/// Where the links of a document lead, with their lines: `[…](here)` and `[…]: here`, and
/// `[…][name]` by its name.
fn links(text: &str) -> Vec<(usize, Result<String, String>)> {
    let mut found = Vec::new();
    let named: BTreeSet<&str> = prose(text)
        .filter_map(|(_, line)| {
            line.strip_prefix('[')?
                .split_once("]: ")
                .map(|(name, _)| name)
        })
        .collect();
    for (number, line) in prose(text) {
        if let Some((_, target)) = line
            .strip_prefix('[')
            .and_then(|line| line.split_once("]: "))
        {
            found.push((number, Ok(target.to_owned())));
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let target = line[at + 2..].split(')').next().unwrap();
            found.push((number, Ok(target.to_owned())));
        }
        for (at, _) in line.match_indices("][") {
            let name = line[at + 2..].split(']').next().unwrap();
            if line[..at].matches('`').count() % 2 == 0
                && !name.starts_with('`')
                && !named.contains(name)
            {
                found.push((number, Err(format!("the link [{name}] leads nowhere"))));
            }
        }
    }
    found
}

/// A relative link as a path from the root.
fn resolved(file: &str, link: &str) -> String {
    let mut parts = Vec::new();
    for part in Path::new(file).parent().unwrap().join(link).components() {
        match part {
            Component::ParentDir => _ = parts.pop(),
            Component::Normal(name) => parts.push(name.to_str().unwrap().to_owned()),
            _ => {}
        }
    }
    parts.join("/")
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let (texts, mut problems) = (texts(), Vec::new());
    for (file, text) in texts.iter().filter(|(file, _)| file.ends_with(".md")) {
        for (number, link) in links(text) {
            let link = match link {
                Ok(link)
                    if ["http://", "https://", "mailto:"]
                        .iter()
                        .any(|scheme| link.starts_with(scheme)) =>
                {
                    continue;
                }
                Ok(link) => link,
                Err(problem) => {
                    problems.push(format!("{file}:{number}: {problem}"));
                    continue;
                }
            };
            let (path, anchor) = link
                .split_once('#')
                .map_or((link.as_str(), None), |(path, at)| (path, Some(at)));
            let path = if path.is_empty() {
                file.clone()
            } else {
                resolved(file, path)
            };
            problems.extend(
                wrong(&texts, &path, anchor).map(|what| format!("{file}:{number}: {what}")),
            );
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn anchors_are_made_as_github_makes_them() {
    for (heading, expected) in [
        (" Limits of a request", "limits-of-a-request"),
        (" $input", "input"),
        (
            " What is reproduced, differs, absent",
            "what-is-reproduced-differs-absent",
        ),
        (" `--data` and S3's files", "--data-and-s3s-files"),
    ] {
        assert_eq!(slug(heading), expected);
    }
    assert_eq!(
        anchors("# A\n```\n# B\n```\n## A\n#C"),
        BTreeSet::from(["a".into(), "a-1".into()])
    );
    assert_eq!(
        citations("see `docs/x.md#a-b`, docs/y.md. ../docs/z.md docs/"),
        ["docs/x.md#a-b", "docs/y.md"]
    );
    assert_eq!(resolved("docs/aws/sqs.md", "../a.md"), "docs/a.md");
}

/// A merge that was not finished reads like text, and no compiler looks at documents.
#[test]
fn no_text_holds_the_marks_of_a_conflict() {
    for (file, text) in texts() {
        let marked = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
        assert!(
            !text.lines().any(marked),
            "{file} holds an unfinished merge"
        );
    }
}

/// `docker` prepares a machine without an image registry; public ones have one.
#[test]
fn the_public_workflow_has_every_step_of_ci() {
    let texts = texts();
    let (run, workflow) = (&texts[".ci/run"], &texts[".github/workflows/ci.yml"]);
    let (_, steps) = run.split_once("\nsteps=(").unwrap();
    let steps = steps.split(')').next().unwrap().split_whitespace();
    let named: BTreeSet<&str> = workflow
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .collect();
    let missing: Vec<&str> = steps
        .filter(|step| *step != "docker" && !named.contains(step))
        .collect();
    assert!(missing.is_empty(), "ci.yml lacks {missing:?}");
}
