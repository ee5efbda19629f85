//! What texts for users must not do: show an error in its debug form (`Error { code: … }`, which
//! may hold whole requests), and count one thing in the plural ("1 queues").

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Errors in the form for developers. `kit::aws::explain` and `{error}` have the form for people.
const DEBUG: [&str; 11] = [
    "{error:?}",
    "{error:#?}",
    "{err:?}",
    "{e:?}",
    "{cause:?}",
    "{failure:?}",
    "{reason:?}",
    "?error",
    "?err,",
    "?cause",
    "DisplayErrorContext",
];

/// What is counted in texts; `kit::counted::counted` has it in singular and plural.
const NOUNS: [&str; 24] = [
    "attempts",
    "buckets",
    "bytes",
    "cases",
    "characters",
    "connections",
    "deliveries",
    "errors",
    "events",
    "files",
    "filters",
    "items",
    "keys",
    "lines",
    "messages",
    "parts",
    "pipes",
    "queues",
    "records",
    "requests",
    "routes",
    "times",
    "topics",
    "values",
];

/// Texts in which the number is never 1, and AWS's own.
const PLURAL: [&str; 15] = [
    "count is given {} times",
    "of {count} events: {}",
    "Message must be shorter than {} bytes",
    "You have sent {sent} bytes",
    "the file has {length} bytes",
    "body of more than {limit} bytes",
    "{least} to {most} bytes",
    "{} filters, {MAX_FILTERS} are allowed",
    "limit of {limit} open files",
    "all {most} connections that the limit",
    "the value has more than {longest} characters",
    "must contain at least {least} characters",
    "must contain at most {most} characters",
    "{attempts} times in a row",
    "received {count} times",
];

/// In a test that stands among the sources.
const TO_COME: [&str; 1] = ["{count} cases"];

/// The sources of programs, without their tests.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = [
        "kit", "gateway", "pipe", "emulator", "pub", "sub", "tidegate",
    ]
    .map(|program| root.join(program).join("src"))
    .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let text = fs::read_to_string(&path).unwrap();
                let own = text
                    .split("#[cfg(test)]\nmod tests {")
                    .next()
                    .unwrap()
                    .to_owned();
                found.push((path, own));
            }
        }
    }
    assert!(found.len() > 300, "the sources are where they were");
    found
}

fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn no_error_is_shown_as_developers_see_it() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (number, line) in
            code(&text).filter(|(_, line)| DEBUG.iter().any(|mark| line.contains(mark)))
        {
            found.push(format!("{}:{number}: {}", path.display(), line.trim()));
        }
    }
    assert!(
        found.is_empty(),
        "use kit::aws::explain, or {{error}}:\n{}",
        found.join("\n")
    );
}

/// Whether a line counts by a number that is only known at run time: those in capitals are
/// constants.
fn counts(line: &str) -> bool {
    NOUNS.iter().any(|noun| {
        line.match_indices(&format!("}} {noun}")).any(|(at, _)| {
            let name = line[..at].rsplit('{').next().unwrap_or_default();
            !name.starts_with(|letter: char| letter.is_ascii_uppercase())
        })
    })
}

#[test]
fn one_thing_is_never_counted_in_the_plural() {
    assert!(
        counts("{left} queues")
            && counts("{} bytes")
            && !counts("{MOST} bytes")
            && !counts("{name} is")
    );
    let is_known = |line: &str| {
        PLURAL
            .iter()
            .chain(&TO_COME)
            .any(|known| line.contains(known))
    };
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (number, line) in code(&text).filter(|(_, line)| counts(line) && !is_known(line)) {
            found.push(format!("{}:{number}: {}", path.display(), line.trim()));
        }
    }
    assert!(
        found.is_empty(),
        "use kit::counted::counted:\n{}",
        found.join("\n")
    );
}
