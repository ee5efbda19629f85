//! `tidegate demo` as people start it: the real binary, without a terminal, from an empty folder.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Plays the demo in a folder of its own, which also takes its temporary files. The environment
/// speaks of things that must not change the story.
fn demo(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .arg("demo")
        .args(args)
        .current_dir(folder)
        .env("TMPDIR", folder)
        .envs([
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
            ("DEFINITION", "/nope"),
            ("TIDEGATE_WITHOUT", "pipe"),
            ("EMULATOR_IN_MEMORY", "1"),
            ("PORT", "9"),
        ])
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn every_message_arrives_although_the_subscriber_is_killed() {
    let folder = TempDir::new().unwrap();
    let output = demo(folder.path(), &["--messages", "40"]);
    let lines = lines(&output);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{lines:?} {error}");
    assert_eq!(error, "");
    for step in ["1. ", "2. ", "3. ", "4. "] {
        assert!(lines.iter().any(|line| line.starts_with(step)), "{lines:?}");
    }
    let last = lines.last().unwrap();
    assert!(
        last.starts_with("40 published, 40 in S3, 0 dead: nothing was lost."),
        "{last}"
    );
    assert!(
        !lines.concat().contains('\x1b'),
        "not on a terminal: {lines:?}"
    );
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "the temporary folder is removed");
}

#[test]
fn the_folder_and_the_logs_can_be_kept() {
    let folder = TempDir::new().unwrap();
    let output = demo(folder.path(), &["--messages", "4", "--keep"]);
    let lines = lines(&output);
    assert_eq!(output.status.code(), Some(0), "{lines:?}");
    let kept = std::fs::read_dir(folder.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert!(
        lines.last().unwrap().contains(kept.to_str().unwrap()),
        "{lines:?}"
    );
    for name in ["data", "chain.log", "subscriber.log"] {
        assert!(kept.join(name).exists(), "{name}");
    }
}

#[test]
fn a_demo_that_cannot_be_played_ends_with_2() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing");
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .arg("demo")
        .env("TMPDIR", &missing)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(missing.to_str().unwrap()), "{error}");
}
