//! Every command in the READMEs and guides can be typed: each of its flags is one that the program
//! has.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PARTS: [&str; 5] = ["gateway", "pipe", "emulator", "pub", "sub"];

/// What ends a command within a line.
const ENDS: [char; 6] = ['`', '|', ';', '&', '#', '>'];

fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(words)
        .arg("--help")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The verbs of `tidegate`, each with its flags.
fn verbs() -> BTreeMap<String, BTreeSet<String>> {
    let all = help(&[]);
    let (_, listed) = all.split_once("Commands:\n").unwrap();
    let names = listed
        .lines()
        .map_while(|line| line.strip_prefix("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    names
        .map(|name| (name.to_owned(), flags(&help(&[name]))))
        .collect()
}

fn flags(text: &str) -> BTreeSet<String> {
    let is_of_flag = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(|c| !is_of_flag(c))
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(str::to_owned)
        .collect()
}

/// The root's documents, those in `docs`, and the README of each member and of each example.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let members = fs::read_dir(root).unwrap().map(|it| it.unwrap().path());
    let folders: Vec<PathBuf> = members.filter(|path| path.is_dir()).collect();
    let readmes = folders.iter().map(|folder| folder.join("README.md"));
    let guides = fs::read_dir(root.join("docs")).unwrap();
    let guides = guides.map(|it| it.unwrap().path());
    let own = ["README.md", "CONTRIBUTING.md"].map(|name| root.join(name));
    let examples = fs::read_dir(root.join("examples")).unwrap();
    let examples = examples.map(|it| it.unwrap().path().join("README.md"));
    readmes
        .chain(examples)
        .chain(guides)
        .chain(own)
        .filter(|path| path.extension().is_some_and(|it| it == "md") && path.is_file())
        .collect()
}

/// The commands of a line: the program, and the words behind it.
fn commands(line: &str) -> Vec<(&str, Vec<&str>)> {
    // Their flags are cargo's own.
    if ["cargo test", "cargo bench", "--example"]
        .iter()
        .any(|own| line.contains(own))
    {
        return Vec::new();
    }
    if let Some((cargo, ours)) = line.split_once(" -- ")
        && let Some((_, cargo)) = cargo.split_once("cargo run")
    {
        let package = cargo
            .split_once("-p ")
            .map_or("tidegate", |(_, name)| name.trim());
        return vec![(package, words(ours))];
    }
    let starts = PARTS.iter().chain(&["tidegate"]).flat_map(|program| {
        let found = line.match_indices(*program);
        found.filter_map(|(at, program)| {
            let (before, rest) = (&line[..at], &line[at + program.len()..]);
            let is_word = before.is_empty() || before.ends_with([' ', '`', '(']);
            // `tidegate gateway` is a command of tidegate.
            let is_verb = before.ends_with("tidegate ");
            (is_word && !is_verb && rest.starts_with(' ')).then(|| (program, words(rest)))
        })
    });
    starts.collect()
}

/// The words of a command, up to its end.
fn words(text: &str) -> Vec<&str> {
    let text = text.split(ENDS).next().unwrap_or_default();
    text.split_whitespace().collect()
}

#[test]
fn commands_end_where_the_shell_ends_them() {
    let line =
        "Try `tidegate up --data d` or `cargo run -q -p x`; `pipe --quiet | head --lines 1`.";
    let expected = [
        ("pipe", vec!["--quiet"]),
        ("tidegate", vec!["up", "--data", "d"]),
    ];
    assert_eq!(commands(line), expected);
    let cargo = "cargo run --release -p pipe -- --definition x   # every pipe";
    assert_eq!(commands(cargo), [("pipe", vec!["--definition", "x"])]);
    assert_eq!(commands("cargo test -p pipe --test patterns"), []);
}

#[test]
fn every_command_of_a_document_has_flags_that_exist() {
    let verbs = verbs();
    let (mut seen, mut unknown) = (0, Vec::new());
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap().replace("\\\n", " ");
        for (program, words) in text.lines().flat_map(commands) {
            let verb = match (program, words.first()) {
                ("tidegate", Some(verb)) if verbs.contains_key(*verb) => verb,
                ("tidegate", _) => "up",
                (part, _) => part,
            };
            let Some(known) = verbs.get(verb) else {
                continue;
            };
            for flag in flags(&words.join(" ")) {
                seen += 1;
                if !known.contains(&flag) {
                    unknown.push(format!("{}: {program} {verb} {flag}", document.display()));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    assert!(seen >= 20, "only {seen} flags were found in all documents");
}
