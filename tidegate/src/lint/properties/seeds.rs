//! Real-looking definitions of every form, to be damaged: those of the examples and of the stories.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A file.
#[derive(Debug, Clone)]
pub(super) struct Seed {
    /// Its name, without a folder.
    pub(super) name: String,
    pub(super) text: String,
}

/// A folder that a tool wrote.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) files: Vec<Seed>,
}

static SEEDS: LazyLock<Vec<Seed>> = LazyLock::new(|| {
    let mut seeds = Vec::new();
    collect(&root().join("examples"), &mut seeds);
    collect(&root().join("tests/definitions"), &mut seeds);
    seeds.extend(read(&root().join("template.yaml")));
    seeds
});

static FOLDERS: LazyLock<Vec<Folder>> = LazyLock::new(|| {
    let names = [
        "examples/cdk/cdk.out",
        "examples/serverless/.serverless",
        "tests/definitions/assembly",
    ];
    let folder = |name: &str| {
        let entries = std::fs::read_dir(root().join(name)).unwrap();
        let files = entries.filter_map(|entry| read(&entry.unwrap().path()));
        Folder {
            files: files.collect(),
        }
    };
    names.into_iter().map(folder).collect()
});

pub(super) fn seeds() -> &'static [Seed] {
    &SEEDS
}

pub(super) fn folders() -> &'static [Folder] {
    &FOLDERS
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(path: &Path) -> Option<Seed> {
    let text = std::fs::read_to_string(path).ok()?;
    let name = path.file_name()?.to_str()?.to_owned();
    Some(Seed { name, text })
}

/// Every YAML and JSON file below a folder that is not larger than a case should take.
fn collect(folder: &Path, seeds: &mut Vec<Seed>) {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, seeds);
            continue;
        }
        let kind = path.extension().and_then(|kind| kind.to_str());
        if matches!(kind, Some("yaml" | "yml" | "json")) {
            seeds.extend(read(&path).filter(|seed| seed.text.len() < 32_000));
        }
    }
}
