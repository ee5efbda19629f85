//! `Ref`, `Fn::GetAtt`, and the names of resources.

use super::super::keys::PHYSICAL_ID;
use super::super::names::{Named, generated, name_property};
use super::super::stand_in::name_properties;
use super::{Resolved, Resolver, kind_of};
use crate::document::{Node, Problem, Value};

impl Resolver<'_> {
    pub(super) fn reference(&self, node: &Node, name: &str) -> Resolved {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(node.with(value.clone()?.value)));
        }
        if let Some(stage) = self.stage_of(name)? {
            return Ok(Some(node.with(Value::String(stage))));
        }
        if let Some(arn) = self.qualified_function(node, name)? {
            return Ok(Some(node.with(Value::String(arn))));
        }
        let text = self.with_named(node, "Ref", name, |named| Some(named.reference()))?;
        Ok(Some(node.with(Value::String(
            text.expect("every resource has a Ref"),
        ))))
    }

    /// The stage that SAM makes with an API is referred to as `Api.Stage`.
    fn stage_of(&self, name: &str) -> Result<Option<String>, Problem> {
        let Some(api) = name.strip_suffix(".Stage") else {
            return Ok(None);
        };
        match self.resources.get(api) {
            Some(entry) if kind_of(&entry.node)? == "AWS::Serverless::Api" => {
                self.property(&entry.node, "StageName")
            }
            _ => Ok(None),
        }
    }

    /// What refers to an alias or a version of a function gives the function's ARN with it. The
    /// number of a version is AWS's to give: the latest code stands for it.
    fn qualified_function(&self, node: &Node, name: &str) -> Result<Option<String>, Problem> {
        let Some(entry) = self.resources.get(name) else {
            return Ok(None);
        };
        let kind = &*kind_of(&entry.node)?;
        if !matches!(kind, "AWS::Lambda::Alias" | "AWS::Lambda::Version") {
            return Ok(None);
        }
        let (function, alias) = self.references.follow(name, &node.place, || {
            Ok((
                self.property(&entry.node, "FunctionName")?,
                self.property(&entry.node, "Name")?,
            ))
        })?;
        let Some(function) = function else {
            return Ok(None);
        };
        let function = Named {
            kind: "AWS::Lambda::Function",
            seed: name,
            physical_id: &function,
            path: "/",
            account: self.account,
        };
        let is_arn = function.physical_id.starts_with("arn:");
        let arn = if is_arn {
            Some(function.physical_id.to_owned())
        } else {
            function.attribute("Arn")
        };
        let qualifier = alias.unwrap_or_else(|| "$LATEST".to_owned());
        Ok(arn.map(|arn| format!("{arn}:{qualifier}")))
    }

    pub(super) fn attribute(&self, node: &Node, argument: &Node) -> Result<String, Problem> {
        let (name, attribute) = match &argument.value {
            Value::List(parts) if parts.len() == 2 => {
                (parts[0].text()?.to_owned(), self.text(&parts[1])?)
            }
            _ => match argument.text()?.split_once('.') {
                Some((name, attribute)) => (name.to_owned(), attribute.to_owned()),
                None => return Err(argument.problem("GetAtt takes a resource and an attribute")),
            },
        };
        self.attribute_of(node, &name, &attribute)
    }

    pub(super) fn attribute_of(
        &self,
        node: &Node,
        name: &str,
        attribute: &str,
    ) -> Result<String, Problem> {
        if let Some(output) = self.nested_output(node, name, attribute)? {
            return Ok(output);
        }
        self.with_named(node, "GetAtt", name, |named| {
            named.attribute(attribute).unwrap_or_else(|| {
                let kind = named.kind;
                let message =
                    format!("GetAtt {name}.{attribute}: {kind} has no attribute {attribute}");
                // The type may be newer than the list of attributes here.
                self.assumed
                    .borrow_mut()
                    .push(node.problem(message).tolerable());
                named.stand_in(attribute)
            })
        })
    }

    fn with_named<T>(
        &self,
        node: &Node,
        function: &str,
        name: &str,
        look: impl FnOnce(&Named<'_>) -> T,
    ) -> Result<T, Problem> {
        let missing = || node.problem(format!("{function} {name}: no such parameter or resource"));
        let entry = self.resources.get(name).ok_or_else(missing)?;
        let (physical_id, path) = self.references.follow(name, &node.place, || {
            let physical_id = self.physical_id(name, &entry.node)?;
            Ok((
                physical_id,
                self.property(&entry.node, "Path")?
                    .unwrap_or_else(|| "/".into()),
            ))
        })?;
        let kind = &*kind_of(&entry.node)?;
        Ok(look(&Named {
            kind,
            seed: &format!("{}{name}", self.given.path),
            physical_id: &physical_id,
            path: &path,
            account: self.account,
        }))
    }

    /// The name that the author gave to a resource, else a generated one.
    pub(in crate::cloudformation) fn physical_id(
        &self,
        logical_id: &str,
        resource: &Node,
    ) -> Result<String, Problem> {
        let kind = &*kind_of(resource)?;
        if let Some(given) = self.given.physical_ids.get(logical_id) {
            return Ok(given.clone());
        }
        if let Some(known) = resource.get(PHYSICAL_ID) {
            return Ok(known.text()?.to_owned());
        }
        let chosen = match name_property(kind) {
            Some(property) => self.property(resource, property)?,
            // Of resources that are not run here, what cannot be resolved stops nothing.
            None => name_properties(kind)
                .iter()
                .find_map(|property| self.property(resource, property).ok().flatten()),
        };
        Ok(chosen.unwrap_or_else(|| {
            let fifo = resource
                .get("Properties")
                .and_then(|node| node.get("FifoQueue"))
                .is_some_and(|node| node.boolean() == Ok(true));
            generated(kind, &self.given.path, logical_id, self.account)
                + if fifo { ".fifo" } else { "" }
        }))
    }

    fn property(&self, resource: &Node, name: &str) -> Result<Option<String>, Problem> {
        match resource
            .get("Properties")
            .and_then(|properties| properties.get(name))
        {
            Some(node) => self
                .resolve(node)?
                .map(|node| Ok(node.text()?.to_owned()))
                .transpose(),
            None => Ok(None),
        }
    }
}
