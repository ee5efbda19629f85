//! The resources of a plan or a state, with what the configuration says of each. Pure.

use std::collections::HashMap;

use super::addresses::module_names;
use crate::arn::Arn;
use crate::document::{Entry, Node};

/// One resource or data source.
#[derive(Debug)]
pub(super) struct Instance<'a> {
    pub address: &'a str,
    pub kind: &'a str,
    pub name: &'a str,
    /// Of `count` or `for_each`.
    pub index: Option<String>,
    /// The address of its module; empty for the root.
    pub module: &'a str,
    pub is_data: bool,
    /// The resource as it stands in the file.
    pub node: &'a Node,
    pub values: Option<&'a Node>,
    /// Which values are known only after the plan is applied.
    pub unknown: Option<&'a Node>,
    /// What the configuration says of it.
    pub configuration: Option<&'a Node>,
}

/// All that a plan or a state holds.
#[derive(Debug, Default)]
pub(super) struct Project<'a> {
    pub instances: Vec<Instance<'a>>,
    pub root: Option<&'a Node>,
    pub variables: Option<&'a Node>,
    pub provider: Option<&'a Node>,
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key)?.text().ok()
}

fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    let list = node.get(key).and_then(|node| node.list().ok());
    list.unwrap_or_default()
}

impl<'a> Project<'a> {
    /// Reads what `terraform show -json` printed.
    pub(super) fn read(root: &'a Node) -> Project<'a> {
        let configuration = root.get("configuration");
        let mut project = Project {
            instances: Vec::new(),
            root: configuration.and_then(|node| node.get("root_module")),
            variables: root.get("variables"),
            provider: configuration.and_then(|node| node.get("provider_config")?.get("aws")),
        };
        let unknown: HashMap<&str, &Node> = items(root, "resource_changes")
            .iter()
            .filter_map(|change| {
                let unknown = change.get("change")?.get("after_unknown")?;
                Some((text(change, "address")?, unknown))
            })
            .collect();
        let planned = root.get("planned_values").or_else(|| root.get("values"));
        let before = root
            .get("prior_state")
            .and_then(|state| state.get("values"));
        if let Some(module) = planned.and_then(|values| values.get("root_module")) {
            project.collect(module, "", &unknown, false);
        }
        // Data sources that were read while planning are in the state before.
        if let Some(module) = before.and_then(|values| values.get("root_module")) {
            project.collect(module, "", &unknown, true);
        }
        project
    }

    fn collect(
        &mut self,
        module: &'a Node,
        path: &'a str,
        unknown: &HashMap<&str, &'a Node>,
        only_data: bool,
    ) {
        for node in items(module, "resources") {
            let is_data = text(node, "mode") == Some("data");
            let named = (
                text(node, "address"),
                text(node, "type"),
                text(node, "name"),
            );
            let (Some(address), Some(kind), Some(name)) = named else {
                continue;
            };
            if only_data && (!is_data || self.by_address(address).is_some()) {
                continue;
            }
            let index = node.get("index").and_then(|index| index.text().ok());
            let configuration = self.configuration(path, is_data, kind, name);
            self.instances.push(Instance {
                address,
                kind,
                name,
                index: index.map(ToOwned::to_owned),
                module: path,
                is_data,
                node,
                values: node.get("values"),
                unknown: unknown.get(address).copied(),
                configuration,
            });
        }
        for child in items(module, "child_modules") {
            let path = text(child, "address").unwrap_or_default();
            self.collect(child, path, unknown, only_data);
        }
    }

    fn by_address(&self, address: &str) -> Option<&Instance<'a>> {
        self.instances.iter().find(|one| one.address == address)
    }

    /// The call of a module in its parent's configuration.
    pub(super) fn call(&self, module: &str) -> Option<&'a Node> {
        let names = module_names(module);
        let (last, parents) = names.split_last()?;
        let mut node = self.root?;
        for name in parents {
            node = node.get("module_calls")?.get(name)?.get("module")?;
        }
        node.get("module_calls")?.get(last)
    }

    /// The configuration of a module.
    pub(super) fn module(&self, module: &str) -> Option<&'a Node> {
        match module.is_empty() {
            true => self.root,
            false => self.call(module)?.get("module"),
        }
    }

    fn configuration(
        &self,
        module: &str,
        is_data: bool,
        kind: &str,
        name: &str,
    ) -> Option<&'a Node> {
        let mode = if is_data { "data" } else { "managed" };
        let is_it = |node: &&Node| {
            text(node, "type") == Some(kind)
                && text(node, "name") == Some(name)
                && text(node, "mode").is_none_or(|of| of == mode)
        };
        items(self.module(module)?, "resources").iter().find(is_it)
    }

    /// The resource that is meant by a type and a name in a module. Of several, the one with
    /// `index`; the only one, or the first, when there is none.
    pub(super) fn instance(
        &self,
        module: &str,
        kind: &str,
        name: &str,
        index: Option<&str>,
    ) -> Option<&Instance<'a>> {
        let mut named = self
            .instances
            .iter()
            .filter(|one| one.module == module && one.kind == kind && one.name == name);
        let first = named.next()?;
        let is_it = |one: &&Instance<'a>| one.index.as_deref() == index;
        if is_it(&first) {
            return Some(first);
        }
        named.find(is_it).or(Some(first))
    }

    /// The account that the values are of: the one that ARNs name most often.
    pub(super) fn account_id(&self) -> Option<String> {
        let known = self
            .instances
            .iter()
            .find(|one| one.kind == "aws_caller_identity");
        let known = known.and_then(|one| text(one.values?, "account_id"));
        let of_arns = || most(self.arns().filter_map(|arn| Some(Arn::parse(arn)?.account)));
        known.map(ToOwned::to_owned).or_else(of_arns)
    }

    /// The region that the values are of.
    pub(super) fn region(&self) -> Option<String> {
        let known = self.instances.iter().find(|one| one.kind == "aws_region");
        let known = known.and_then(|one| text(one.values?, "name").or(text(one.values?, "region")));
        let configured = || {
            let region = self.provider?.get("expressions")?.get("region")?;
            text(region, "constant_value")
        };
        let of_arns = || most(self.arns().filter_map(|arn| Some(Arn::parse(arn)?.region)));
        known
            .or_else(configured)
            .map(ToOwned::to_owned)
            .or_else(of_arns)
    }

    fn arns(&self) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        let managed = self.instances.iter().filter(|one| !one.is_data);
        managed.filter_map(|one| text(one.values?, "arn"))
    }
}

/// What occurs most often.
fn most<'t>(texts: impl Iterator<Item = &'t str>) -> Option<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    texts
        .filter(|text| !text.is_empty())
        .for_each(|text| *counts.entry(text).or_default() += 1);
    let found = counts
        .into_iter()
        .max_by_key(|(text, count)| (*count, *text));
    found.map(|(text, _)| text.to_owned())
}

/// The entries of a mapping, and none of anything else.
pub(super) fn entries(node: Option<&Node>) -> &[Entry] {
    node.and_then(|node| node.entries().ok())
        .unwrap_or_default()
}
