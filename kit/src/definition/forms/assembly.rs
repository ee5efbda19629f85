//! What `cdk synth` writes: a manifest that names the templates of stacks, those of stages in
//! folders within. Pure.

use std::path::{Component, Path, PathBuf};

use super::given::{Found, Home};
use crate::document::{Node, Problem};

/// The name of the manifest.
pub(super) const MANIFEST: &str = "manifest.json";

/// A stack of an assembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AssemblyStack {
    /// Its id in the manifest, its name, and its path in the application.
    pub names: Vec<String>,
    pub found: Found,
}

/// Whether a document is the manifest of an assembly.
pub(super) fn is_manifest(root: &Node) -> bool {
    let entries = root.get("artifacts").and_then(|node| node.entries().ok());
    root.get("version").is_some()
        && entries
            .is_some_and(|entries| entries.iter().all(|entry| entry.node.get("type").is_some()))
}

/// The stacks that a manifest in `folder` names, and the folders of further assemblies within.
///
/// # Errors
/// The manifest names something that is not in its folder.
pub(super) fn stacks(
    root: &Node,
    folder: &Path,
) -> Result<(Vec<AssemblyStack>, Vec<PathBuf>), Problem> {
    let (mut stacks, mut within) = (Vec::new(), Vec::new());
    let artifacts = root.get("artifacts").and_then(|node| node.entries().ok());
    for artifact in artifacts.unwrap_or_default() {
        let text = |node: Option<&Node>| Some(node?.text().ok()?.to_owned());
        let property_node = |name: &str| artifact.node.get("properties")?.get(name);
        let property = |name: &str| text(property_node(name));
        match text(artifact.node.get("type")).as_deref() {
            Some("aws:cloudformation:stack") => {
                let Some(file) = property_node("templateFile") else {
                    continue;
                };
                let own = property("stackName").unwrap_or_else(|| artifact.key.clone());
                let shown = text(artifact.node.get("displayName"));
                let names = [Some(artifact.key.clone()), Some(own.clone()), shown];
                stacks.push(AssemblyStack {
                    names: names.into_iter().flatten().collect(),
                    found: Found {
                        file: within_folder(folder, file)?,
                        stack_name: Some(own),
                        home: text(artifact.node.get("environment")).map(|text| home(&text)),
                    },
                });
            }
            Some("cdk:cloud-assembly") => {
                let name = property_node("directoryName");
                within.extend(name.map(|name| within_folder(folder, name)).transpose()?);
            }
            _ => {}
        }
    }
    Ok((stacks, within))
}

/// A path in a folder. What a tool wrote is all in there: a path that leads out of it was not
/// written by one, and could be any file of this machine.
fn within_folder(folder: &Path, named: &Node) -> Result<PathBuf, Problem> {
    let name = named.text()?;
    if is_within(name) {
        return Ok(folder.join(name));
    }
    Err(named.problem(format!(
        "{name} is not in the folder of this manifest, {}: a manifest names files in its own folder only",
        folder.display()
    )))
}

/// Whether a relative path stays below where it starts.
pub(super) fn is_within(path: &str) -> bool {
    let mut depth = 0;
    Path::new(path).components().all(|part| {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir => depth -= 1,
            Component::RootDir | Component::Prefix(_) => depth = -1,
        }
        depth >= 0
    })
}

/// `aws://123456789012/eu-west-1`; what is not known there is `unknown-account`.
fn home(environment: &str) -> Home {
    let mut parts = environment.trim_start_matches("aws://").split('/');
    let mut next = |is_one: fn(&str) -> bool| {
        let part = parts.next().filter(|part| is_one(part));
        part.map(ToOwned::to_owned)
    };
    Home {
        account_id: next(|text| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())),
        region: next(|text| !text.starts_with("unknown")),
    }
}
