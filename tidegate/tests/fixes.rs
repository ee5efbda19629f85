//! What `tidegate lint --fix` writes, where one answer is right: each file of `fixes/` becomes the
//! one beside it, byte for byte, and has no error left.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

fn lint(args: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .arg("lint")
        .args(args)
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (String::from_utf8(told).unwrap(), output.status.code())
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixes")
}

#[test]
fn each_file_becomes_the_one_beside_it() {
    let (folder, mut seen) = (TempDir::new().unwrap(), 0);
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(fixed) = name.strip_prefix("broken-") else {
            continue;
        };
        let file = folder.path().join(&name);
        std::fs::copy(&path, &file).unwrap();
        let file = file.to_str().unwrap();
        let (before, code) = lint(&[file]);
        assert_eq!(code, Some(1), "{name}: {before}");
        let (after, code) = lint(&["--fix", file]);
        assert_eq!(code, Some(0), "{name}: {after}");
        let expected = std::fs::read_to_string(fixtures().join(fixed)).unwrap();
        assert_eq!(
            std::fs::read_to_string(file).unwrap(),
            expected,
            "{name}: {after}"
        );
        seen += 1;
    }
    assert_eq!(seen, 6);
}
