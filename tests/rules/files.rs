//! The Rust files of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

/// The members of the workspace.
pub const MEMBERS: [&str; 8] = [
    "emulator", "gateway", "kit", "pipe", "pub", "sub", "tests", "tidegate",
];

/// One member of the workspace.
pub struct Crate {
    pub name: String,
    pub files: Vec<File>,
}

/// One Rust file.
pub struct File {
    /// From the root of the repository.
    pub path: String,
    pub text: String,
}

impl File {
    /// The module that a file of `src/` is: `["vtl", "eval"]` for `src/vtl/eval.rs`, `[]` for the
    /// root of the crate.
    pub fn module(&self) -> Option<Vec<String>> {
        let (_, inside) = self.path.split_once("/src/")?;
        let mut parts: Vec<&str> = inside.strip_suffix(".rs")?.split('/').collect();
        if matches!(parts[..], ["lib" | "main"]) || parts.last() == Some(&"mod") {
            parts.pop();
        }
        Some(parts.into_iter().map(str::to_owned).collect())
    }

    /// Whether this file is part of a program rather than of its tests and benches.
    pub fn is_production(&self) -> bool {
        let is_test = |part: &String| part == "tests";
        self.module()
            .is_some_and(|module| !module.iter().any(is_test))
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap().to_owned()
}

/// These members with their files, in the order of their paths.
pub fn crates(members: &[&str]) -> Vec<Crate> {
    let member = |name: &&str| Crate {
        name: (*name).to_owned(),
        files: files_of(name),
    };
    members.iter().map(member).collect()
}

fn files_of(member: &str) -> Vec<File> {
    let (root, mut found) = (root(), Vec::new());
    let mut folders = vec![root.join(member)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                // A member may have a build folder of its own beside `src/`.
                let is_build = folder == root.join(member) && path.ends_with("target");
                folders.extend((!is_build).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(File {
                    path: path
                        .strip_prefix(&root)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}
