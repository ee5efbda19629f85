//! What `terraform show -json` or `tofu show -json` prints of a plan or a state, as the template of
//! CloudFormation that would make the same: what runs the resources reads one form.
//!
//! Facts: Terraform's documentation, "JSON Output Format", and the arguments of the AWS provider's
//! resources. Pure.

mod addresses;
mod blocks;
mod lookup;
mod parts;
mod policy;
mod project;
mod references;
mod site;
#[cfg(test)]
mod tests;
mod translate;
mod types;

use std::collections::HashMap;

use crate::cloudformation::PHYSICAL_ID;
use crate::document::{Entry, Node, Problem, Value};
use project::{Instance, Project};
use site::Site;
use translate::Draft;
use types::Out;

/// A plan or a state, translated.
#[derive(Debug)]
pub(crate) struct Translated {
    pub template: Node,
    /// The account and the region that values are written out for.
    pub account_id: Option<String>,
    pub region: Option<String>,
    pub problems: Vec<Problem>,
}

/// Whether a document is what Terraform prints of a plan or a state.
pub(crate) fn is_terraform(root: &Node) -> bool {
    let has = |key: &str| root.get(key).is_some();
    has("format_version") && (has("planned_values") || has("values") || has("terraform_version"))
}

/// The template that a plan or a state stands for.
pub(crate) fn translated(root: &Node) -> Translated {
    let project = Project::read(root);
    let mut problems = Vec::new();
    let known = |one: &&Instance<'_>| !one.is_data && types::of(one.kind).is_some();
    let drafts = project
        .instances
        .iter()
        .filter(known)
        .filter_map(|instance| {
            let kind = types::of(instance.kind)?;
            Some(translate::draft(&project, instance, kind, &mut problems))
        });
    let drafts: Vec<Draft<'_>> = drafts.collect();
    let made_by_aws = made_by_aws(&project);
    let drafts = parts::joined(drafts, &mut problems);
    let resources = drafts
        .into_iter()
        .map(|draft| resource(draft, &made_by_aws));
    let resources = entry(
        root,
        "Resources",
        root.with(Value::Map(resources.collect())),
    );
    Translated {
        template: root.with(Value::Map(vec![resources])),
        account_id: project.account_id(),
        region: project.region(),
        problems,
    }
}

fn entry(at: &Node, key: &str, node: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        place: at.place.clone(),
        node,
    }
}

/// The texts that AWS made and a state has written out, with what refers to the same here, where it
/// gets another value.
fn made_by_aws(project: &Project<'_>) -> HashMap<String, Node> {
    let mut all = HashMap::new();
    for instance in project.instances.iter().filter(|one| !one.is_data) {
        let Some(kind) = types::of(instance.kind) else {
            continue;
        };
        let site = Site {
            module: "",
            index: None,
            each: None,
            attribute: "",
            at: instance.node,
            depth: 0,
        };
        for (attribute, out) in &kind.out {
            let is_made =
                matches!(attribute, &"arn" | &"root_resource_id") && !matches!(out, Out::Text(_));
            let known = instance
                .values
                .and_then(|values| values.get(attribute)?.text().ok());
            if let Some(text) = known.filter(|text| is_made && !text.is_empty())
                && let Ok(node) = project.given(instance, *out, site)
            {
                all.insert(text.to_owned(), node);
            }
        }
    }
    all
}

/// A resource of the template.
fn resource(draft: Draft<'_>, made_by_aws: &HashMap<String, Node>) -> Entry {
    let at = draft.at;
    let text = |text: &str| at.with(Value::String(text.to_owned()));
    let properties = draft.properties.into_iter().map(|property| Entry {
        node: referring(&property.node, made_by_aws),
        ..property
    });
    let mut entries = vec![
        entry(at, "Type", text(draft.kind.kind)),
        entry(at, "Properties", at.with(Value::Map(properties.collect()))),
    ];
    // Ids of API Gateway are AWS's own; other resources are known by their names.
    let is_known_by_id =
        draft.kind.kind.starts_with("AWS::ApiGateway") && draft.kind.out("id") == Some(Out::Ref);
    entries.extend(
        draft
            .id
            .filter(|_| is_known_by_id)
            .map(|id| entry(at, PHYSICAL_ID, id)),
    );
    entry(at, draft.address, at.with(Value::Map(entries)))
}

/// A value with references in the place of what AWS made.
fn referring(node: &Node, made_by_aws: &HashMap<String, Node>) -> Node {
    node.map_texts(&|node, text| match made_by_aws.get(text) {
        Some(made) => Node {
            place: node.place.clone(),
            ..made.clone()
        },
        None => node.clone(),
    })
}
