//! Resources as files declare them: in a CloudFormation template, or in the output of `describe-…`.

use std::collections::HashMap;

use kit::cloudformation::Resource;
use kit::definition::Declarations;
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::fingerprint::Fingerprint;

/// A resource that a file declares, in either form.
#[derive(Debug, Clone)]
pub(super) struct DeclaredResource<'a> {
    /// Its name.
    pub(super) name: String,
    /// Its ARN, if the file has it.
    pub(super) arn: Option<&'a str>,
    /// How messages refer to it.
    pub(super) label: String,
    /// Its properties.
    pub(super) node: &'a Node,
}

impl<'a> DeclaredResource<'a> {
    pub(super) fn from_resource(resource: &'a Resource) -> DeclaredResource<'a> {
        let name = resource.physical_id.clone();
        DeclaredResource {
            name,
            arn: None,
            label: resource.label(),
            node: &resource.properties,
        }
    }

    /// `arn` is the member that holds the ARN in the output of `describe-…`.
    fn from_description(node: &'a Node, arn: &str) -> Result<DeclaredResource<'a>, Problem> {
        let text = |name: &str| node.get(name).map(Node::text).transpose();
        let name = text("Name")?.ok_or_else(|| node.problem("Name is missing"))?;
        Ok(DeclaredResource {
            name: name.to_owned(),
            arn: text(arn)?,
            label: name.to_owned(),
            node,
        })
    }

    /// Its properties, to be read one by one.
    pub(super) fn fields(&self) -> Result<Fields<'a>, Problem> {
        self.node.fields(&self.label)
    }

    /// The digest of its properties, and of what they refer to.
    pub(super) fn fingerprint<const N: usize>(&self, references: [Fingerprint; N]) -> Fingerprint {
        Fingerprint::of(&self.node.to_json(), references)
    }
}

/// Adds a resource that was read. Two resources of one type and name are a problem: it is unknown
/// which of them is meant.
pub(super) fn insert<T>(
    by_name: &mut HashMap<String, T>,
    declared: DeclaredResource<'_>,
    read: T,
    problems: &mut Vec<Problem>,
) {
    let DeclaredResource {
        name, label, node, ..
    } = declared;
    if by_name.contains_key(&name) {
        problems.push(
            node.problem(format!("{label}: {name} is declared twice"))
                .tolerable(),
        );
    }
    by_name.insert(name, read);
}

/// All resources of one type, from all files.
pub(super) fn declared<'a>(
    given: &'a Declarations,
    kind: &'a str,
    descriptions: &'a [Node],
    arn: &str,
    problems: &mut Vec<Problem>,
) -> Vec<DeclaredResource<'a>> {
    let resources = given
        .stacks
        .iter()
        .flat_map(|stack| stack.of_kind(kind))
        .map(DeclaredResource::from_resource);
    let described = descriptions
        .iter()
        .map(|node| DeclaredResource::from_description(node, arn));
    resources
        .chain(described.filter_map(|described| described.or_collect(problems)))
        .collect()
}
