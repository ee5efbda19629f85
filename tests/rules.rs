//! The rules of the house that can be seen in the sources: no file imports itself by a round trip,
//! files and functions stay small, and cores know neither clock nor sockets.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "rules/circles.rs"]
mod circles;
#[path = "rules/code.rs"]
mod code;
#[path = "rules/files.rs"]
mod files;
#[path = "rules/imports.rs"]
mod imports;
#[path = "rules/sizes.rs"]
mod sizes;

use files::{Crate, File, crates};

/// Parts that decide everything by values alone. Nothing in them asks the time or opens a
/// connection.
const CORES: [&str; 8] = [
    "emulator/src/engine",
    "gateway/src/authorization",
    "gateway/src/mapping",
    "gateway/src/schema",
    "gateway/src/vtl",
    "pipe/src/flow",
    "pipe/src/pattern",
    "pipe/src/transform",
];

/// The members without wider lines. In the others, these stand in macros, which rustfmt leaves
/// alone.
const NARROW: [&str; 5] = ["gateway", "kit", "pub", "sub", "tidegate"];

/// What belongs to doors: clocks and sockets.
const OUTSIDE: [&str; 8] = [
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Timestamp::wall",
    "tokio::net",
    "TcpListener",
    "TcpStream",
    "UdpSocket",
];

/// Fails with all of `problems`, one a line.
#[track_caller]
fn none(problems: &[String], rule: &str) {
    assert!(
        problems.is_empty(),
        "{rule}:\n{}\n({} in all)",
        problems.join("\n"),
        problems.len()
    );
}

/// The problems that a rule finds in each file.
fn in_each(files: impl Iterator<Item = File>, rule: impl Fn(&File) -> Vec<String>) -> Vec<String> {
    files.flat_map(|file| rule(&file)).collect()
}

fn all_files(members: &[&str]) -> impl Iterator<Item = File> {
    let files = |member: Crate| member.files;
    crates(members).into_iter().flat_map(files)
}

fn production_files(members: &[&str]) -> impl Iterator<Item = File> {
    all_files(members).filter(File::is_production)
}

#[test]
fn no_file_imports_itself_by_a_round_trip() {
    let circles = |member: Crate| {
        let found = circles::circles(&imports::arrows(&member));
        found
            .into_iter()
            .map(move |circle| format!("{}: {circle}", member.name))
    };
    let found: Vec<String> = crates(&files::MEMBERS)
        .into_iter()
        .flat_map(circles)
        .collect();
    none(
        &found,
        "these files import themselves by a round trip; move what both need one floor down",
    );
}

#[test]
fn no_source_folder_has_the_name_of_the_build_folder() {
    let found = in_each(all_files(&files::MEMBERS), |file| {
        let is_hidden = file.path.split('/').any(|part| part == "target");
        is_hidden.then(|| file.path.clone()).into_iter().collect()
    });
    none(&found, "ignore files everywhere hide folders called target");
}

#[test]
fn no_file_is_longer_than_400_lines() {
    none(
        &in_each(all_files(&files::MEMBERS), sizes::long_file),
        "split these files by idea",
    );
}

#[test]
fn no_function_is_longer_than_60_lines() {
    let found = in_each(production_files(&files::MEMBERS), sizes::long_functions);
    none(&found, "split these functions by idea");
}

#[test]
fn no_line_of_code_is_wider_than_100_columns() {
    let found = in_each(all_files(&NARROW), sizes::wide_lines);
    none(&found, "break these lines; only text and URLs may be wider");
}

#[test]
fn cores_know_neither_clock_nor_sockets() {
    let cores = production_files(&files::MEMBERS).filter(|file| {
        CORES.iter().any(|core| {
            file.path
                .strip_prefix(core)
                .is_some_and(|rest| rest.starts_with(['/', '.']))
        })
    });
    let found = in_each(cores, |file| {
        let code = code::only(&file.text);
        let named = |name: &&&str| code.contains(**name);
        OUTSIDE
            .iter()
            .filter(named)
            .map(|name| format!("{}: {name}", file.path))
            .collect()
    });
    none(
        &found,
        "time is an argument of cores, and doors hold the sockets",
    );
}

/// A core that moved away would no longer be looked at.
#[test]
fn every_core_exists() {
    for core in CORES {
        let root = files::root();
        let exists = root.join(core).is_dir() || root.join(format!("{core}.rs")).is_file();
        assert!(exists, "{core} is not there: where has this core gone?");
    }
}
