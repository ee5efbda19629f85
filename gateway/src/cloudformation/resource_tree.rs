//! `AWS::ApiGateway::Resource`: the tree of an API's resources, to their paths.

use indexmap::IndexMap;
use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Node, OrCollect as _, Problem};

use super::kinds::RESOURCE;
use super::membership::is_part;

/// A `Resource` whose path is not known yet.
struct Branch<'a> {
    declared: &'a Declared,
    parent: &'a Node,
    name: &'a str,
}

/// The path of every resource of an API, by id, the root among them. A resource whose path cannot
/// be found is `None` and a problem.
pub(super) fn paths(
    stack: &Stack,
    api: &Declared,
    problems: &mut Vec<Problem>,
) -> IndexMap<String, Option<String>> {
    let mut paths = IndexMap::from([(
        api.attribute("RootResourceId").unwrap_or_default(),
        Some("/".to_owned()),
    )]);
    let mut branches = Vec::new();
    for declared in stack
        .of_kind(RESOURCE)
        .filter(|declared| is_part(declared, api))
    {
        match branch(declared, problems) {
            Some(branch) => branches.push(branch),
            None => _ = paths.insert(declared.physical_id.clone(), None),
        }
    }
    // Parents may stand behind their children in the template: repeat until nothing is left or
    // nothing changes.
    while !branches.is_empty() {
        let before = branches.len();
        branches.retain(|branch| {
            let Some(above) = branch.parent.text().ok().and_then(|id| paths.get(id)) else {
                return true;
            };
            let path = above
                .as_ref()
                .map(|above| format!("{}/{}", above.trim_end_matches('/'), branch.name));
            paths.insert(branch.declared.physical_id.clone(), path);
            false
        });
        if branches.len() == before {
            break;
        }
    }
    for Branch {
        declared, parent, ..
    } in branches
    {
        let message = format!(
            "{}: ParentId is not a resource of this API",
            declared.label()
        );
        problems.push(parent.problem(message));
        paths.insert(declared.physical_id.clone(), None);
    }
    paths
}

fn branch<'a>(declared: &'a Declared, problems: &mut Vec<Problem>) -> Option<Branch<'a>> {
    let mut fields = declared.fields().or_collect(problems)?;
    fields.ignore(&["RestApiId"]);
    let parent = fields
        .required("ParentId")
        .and_then(|node| node.text().map(|_| node))
        .or_collect(problems);
    let name = fields
        .required("PathPart")
        .and_then(Node::text)
        .or_collect(problems);
    problems.extend(fields.finish());
    Some(Branch {
        declared,
        parent: parent?,
        name: name?,
    })
}
