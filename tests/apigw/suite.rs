//! Reads the case files.

use std::collections::BTreeSet;
use std::path::Path;

use kit::document::Node;
use serde_json::{Map, Value as Json};

/// One definition with its cases.
#[derive(Debug)]
pub struct Suite {
    /// The file's name, its number in the file, and its group.
    pub name: String,
    /// The definition; `@UPSTREAM@` and `@UPSTREAM_HOST@` stand for the backend.
    pub definition: String,
    /// Further command line arguments.
    pub arguments: Vec<String>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// The cases, each `each` written out.
    pub cases: Vec<Json>,
}

/// Every suite of a folder's `.yaml` files, in order. A file or case that cannot be read panics.
pub fn read(folder: &Path) -> Vec<Suite> {
    let entries = std::fs::read_dir(folder).expect("the folder of the cases");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    files.sort();
    files.iter().flat_map(|file| suites_of(file)).collect()
}

/// The names in `open.txt`: cases that are known to differ, each with its reason behind a colon.
pub fn open(folder: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder.join("open.txt")).expect("the list of open cases");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let names = lines.map(|line| match line.split_once(": ") {
        Some((name, reason)) if !reason.trim().is_empty() => name.to_owned(),
        _ => panic!("open.txt: no reason for {line}"),
    });
    names.collect()
}

fn suites_of(file: &Path) -> Vec<Suite> {
    let text = std::fs::read_to_string(file).expect("a case file");
    let stem = file
        .file_stem()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let documents = text.split("\n---\n").enumerate();
    documents
        .filter(|(_, document)| !document.trim().is_empty())
        .map(|(number, document)| {
            let document = Node::parse(&stem, document).unwrap_or_else(|problem| {
                panic!("{stem}, document {number}: {problem}");
            });
            suite(&format!("{stem}::{number}"), &document.to_json())
        })
        .collect()
}

fn suite(place: &str, document: &Json) -> Suite {
    let environment = document.get("env").and_then(Json::as_object);
    let pairs = environment.into_iter().flatten();
    let cases = document["cases"]
        .as_array()
        .unwrap_or_else(|| panic!("{place} has no cases"));
    let is_skipped = |case: &Json| case.get("skip").or(document.get("skip")).is_some();
    let cases = cases.iter().filter(|case| !is_skipped(case));
    let cases: Vec<Json> = cases.flat_map(written_out).collect();
    for case in &cases {
        let told = |name: &str| case.get(name).or(document.get(name)).and_then(Json::as_str);
        let name = text(case, "name");
        assert!(told("source").is_some(), "{place} {name}: no source");
        let basis = told("basis").unwrap_or_default();
        let is_known = matches!(basis, "recorded" | "documented" | "ours");
        assert!(is_known, "{place} {name}: invalid basis {basis}");
    }
    Suite {
        name: format!("{place} {}", text(document, "group")),
        definition: text(document, "definition"),
        arguments: words(
            document
                .get("args")
                .and_then(Json::as_str)
                .unwrap_or_default(),
        ),
        environment: pairs
            .map(|(name, value)| (name.clone(), shown(value)))
            .collect(),
        cases,
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

/// A member as text.
///
/// # Panics
/// The member is missing.
pub fn text(json: &Json, member: &str) -> String {
    match json.get(member) {
        Some(value) => shown(value),
        None => panic!("no {member} in {json}"),
    }
}

/// A single value as text.
pub fn shown(json: &Json) -> String {
    json.as_str()
        .map_or_else(|| json.to_string(), ToOwned::to_owned)
}

/// A case, or one for each row of its `each`, whose values replace `<<name>>`.
fn written_out(case: &Json) -> Vec<Json> {
    let Some(rows) = case.get("each").and_then(Json::as_array) else {
        return vec![case.clone()];
    };
    let mut pattern = case.clone();
    if let Some(members) = pattern.as_object_mut() {
        members.shift_remove("each");
    }
    rows.iter().map(|row| filled(&pattern, row)).collect()
}

fn filled(json: &Json, row: &Json) -> Json {
    match json {
        Json::String(text) => filled_text(text, row),
        Json::Array(items) => items.iter().map(|item| filled(item, row)).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(key, value)| (shown(&filled_text(key, row)), filled(value, row)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn filled_text(text: &str, row: &Json) -> Json {
    let whole = text
        .strip_prefix("<<")
        .and_then(|rest| rest.strip_suffix(">>"));
    if let Some(value) = whole.and_then(|name| row.get(name)) {
        return value.clone();
    }
    let mut filled = text.to_owned();
    for (name, value) in row.as_object().into_iter().flatten() {
        filled = filled.replace(&format!("<<{name}>>"), &shown(value));
    }
    filled.into()
}
