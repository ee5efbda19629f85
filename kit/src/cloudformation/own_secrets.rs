//! Secrets and parameters of a template whose values stand in it, for the dynamic references of the
//! same template: CDK writes them so.

use super::intrinsic::{Resolver, kind_of};
use crate::document::{Entry, Node};

/// The types that hold a value, each with the property that does.
const TYPES: [(&str, &str); 2] = [
    ("AWS::SecretsManager::Secret", "SecretString"),
    ("AWS::SSM::Parameter", "Value"),
];

/// The values by name. A secret that AWS generates has none.
pub(super) fn values(resolver: &Resolver<'_>, resources: &[Entry]) -> Vec<(String, String)> {
    let found = resources.iter().filter_map(|entry| value(resolver, entry));
    found.collect()
}

fn value(resolver: &Resolver<'_>, entry: &Entry) -> Option<(String, String)> {
    let kind = kind_of(&entry.node).ok()?;
    let (_, property) = TYPES.into_iter().find(|(known, _)| *known == kind)?;
    let holds = |condition| resolver.condition(condition).unwrap_or(true);
    if !entry.node.get("Condition").is_none_or(holds) {
        return None;
    }
    let properties = entry.node.get("Properties")?;
    let text = |node: &Node| {
        let resolved = resolver.resolve(node).ok()??;
        resolved.text().ok().map(str::to_owned)
    };
    let name = match properties.get("Name") {
        Some(name) => text(name)?,
        None => resolver.physical_id(&entry.key, &entry.node).ok()?,
    };
    Some((name, text(properties.get(property)?)?))
}
