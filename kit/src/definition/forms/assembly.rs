//! What `cdk synth` writes: a manifest that names the templates of stacks, those of stages in
//! folders within. Pure.

use std::path::{Path, PathBuf};

use super::given::{Found, Home};
use crate::document::Node;

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
pub(super) fn stacks(root: &Node, folder: &Path) -> (Vec<AssemblyStack>, Vec<PathBuf>) {
    let (mut stacks, mut within) = (Vec::new(), Vec::new());
    let artifacts = root.get("artifacts").and_then(|node| node.entries().ok());
    for artifact in artifacts.unwrap_or_default() {
        let text = |node: Option<&Node>| Some(node?.text().ok()?.to_owned());
        let property = |name: &str| text(artifact.node.get("properties")?.get(name));
        match text(artifact.node.get("type")).as_deref() {
            Some("aws:cloudformation:stack") => {
                let Some(file) = property("templateFile") else {
                    continue;
                };
                let own = property("stackName").unwrap_or_else(|| artifact.key.clone());
                let shown = text(artifact.node.get("displayName"));
                let names = [Some(artifact.key.clone()), Some(own.clone()), shown];
                stacks.push(AssemblyStack {
                    names: names.into_iter().flatten().collect(),
                    found: Found {
                        file: folder.join(file),
                        stack_name: Some(own),
                        home: text(artifact.node.get("environment")).map(|text| home(&text)),
                    },
                });
            }
            Some("cdk:cloud-assembly") => {
                within.extend(property("directoryName").map(|name| folder.join(name)));
            }
            _ => {}
        }
    }
    (stacks, within)
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
