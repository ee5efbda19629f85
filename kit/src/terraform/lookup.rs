//! What a reference of Terraform leads to: a resource, a data source, a variable, an output. Pure.

use super::addresses::{Segment, plain, segments};
use super::project::{Instance, Project};
use super::site::{DEPTH, Site, function, pseudo, substituted, text};
use super::types::{self, Out};
use crate::document::{Node, Problem, Value};

impl<'a> Project<'a> {
    /// What one reference gives.
    pub(super) fn referred(
        &self,
        site: Site<'_>,
        reference: &str,
    ) -> Result<Option<Node>, Problem> {
        if site.depth > DEPTH {
            return Err(site
                .at
                .problem(format!("{reference}: references lead in a circle")));
        }
        let parts = segments(reference);
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        match names.as_slice() {
            ["each", "key"] | ["count", "index"] => {
                Ok(site.index.map(|index| text(site.at, index)))
            }
            ["each", "value", rest @ ..] => self.each_value(site, rest),
            ["var", name, rest @ ..] => self.variable(site, name, rest),
            ["module", _, output, rest @ ..] => self.output(site, &parts[1], output, rest),
            ["data", kind, name, rest @ ..] => self.data(site, kind, (name, &parts[2]), rest),
            [
                "path" | "terraform" | "self" | "local" | "each" | "count" | "module",
                ..,
            ] => Ok(None),
            [kind, name, rest @ ..] => self.of_resource(site, (kind, name, &parts[1]), rest),
            _ => Ok(None),
        }
    }

    /// `each.value`, or an attribute of it: of the resource that `for_each` goes through.
    fn each_value(&self, site: Site<'_>, rest: &[&str]) -> Result<Option<Node>, Problem> {
        let references = site
            .each
            .and_then(|each| each.get("references")?.list().ok());
        let Some(through) = references.and_then(|nodes| nodes.first()?.text().ok()) else {
            return Ok(None);
        };
        let whole = match (site.index, rest) {
            (Some(index), []) => format!("{through}[\"{index}\"]"),
            (Some(index), rest) => format!("{through}[\"{index}\"].{}", rest.join(".")),
            (None, _) => return Ok(None),
        };
        self.referred(
            Site {
                each: None,
                depth: site.depth + 1,
                ..site
            },
            &whole,
        )
    }

    /// A variable: what the caller of the module gives, or its default.
    fn variable(&self, site: Site<'_>, name: &str, rest: &[&str]) -> Result<Option<Node>, Problem> {
        let declared = self
            .module(site.module)
            .and_then(|module| module.get("variables")?.get(name));
        let default = declared.and_then(|node| node.get("default")).cloned();
        if site.module.is_empty() {
            let given = self
                .variables
                .and_then(|all| all.get(name)?.get("value"))
                .cloned();
            return Ok(within(given.or(default), rest));
        }
        let call = self.call(site.module);
        let Some(expression) = call.and_then(|call| call.get("expressions")?.get(name)) else {
            return Ok(within(default, rest));
        };
        let (parent, own) = parent_of(site.module);
        let index = own.index;
        let caller = Site {
            module: parent,
            index: index.as_deref(),
            each: call.and_then(|call| call.get("for_each_expression")),
            depth: site.depth + 1,
            ..site
        };
        Ok(within(self.by_expression(caller, expression)?, rest))
    }

    /// An output of a module.
    fn output(
        &self,
        site: Site<'_>,
        called: &Segment,
        output: &str,
        rest: &[&str],
    ) -> Result<Option<Node>, Problem> {
        let prefix = match site.module {
            "" => format!("module.{}", called.name),
            module => format!("{module}.module.{}", called.name),
        };
        let index = called.index.as_deref().or(site.index);
        let is_it = |module: &str| {
            let (parent, own) = parent_of(module);
            parent == site.module && own.name == called.name && own.index.as_deref() == index
        };
        let exact = self.instances.iter().find(|one| is_it(one.module));
        let module = exact.map_or(prefix.as_str(), |one| one.module);
        let declared = self
            .module(module)
            .and_then(|module| module.get("outputs")?.get(output));
        let Some(expression) = declared.and_then(|node| node.get("expression")) else {
            return Ok(None);
        };
        let (_, own) = parent_of(module);
        let index = own.index;
        let site = Site {
            module,
            index: index.as_deref(),
            each: None,
            // `queue_arn` says more of what is meant than the attribute that gets it.
            attribute: output,
            depth: site.depth + 1,
            ..site
        };
        Ok(within(self.by_expression(site, expression)?, rest))
    }

    fn data(
        &self,
        site: Site<'_>,
        kind: &str,
        (name, part): (&str, &Segment),
        rest: &[&str],
    ) -> Result<Option<Node>, Problem> {
        let attribute = rest.first().copied().unwrap_or("id");
        match (kind, attribute) {
            ("aws_caller_identity", "account_id" | "id") => {
                return Ok(Some(pseudo(site.at, "AWS::AccountId")));
            }
            ("aws_region", "name" | "id" | "region") => {
                return Ok(Some(pseudo(site.at, "AWS::Region")));
            }
            ("aws_partition", "partition" | "id") => {
                return Ok(Some(pseudo(site.at, "AWS::Partition")));
            }
            ("aws_partition", "dns_suffix") => return Ok(Some(pseudo(site.at, "AWS::URLSuffix"))),
            _ => {}
        }
        let index = part.index.as_deref().or(site.index);
        let Some(instance) = self.instance(site.module, kind, name, index) else {
            return Ok(None);
        };
        if kind == "aws_iam_policy_document"
            && matches!(attribute, "json" | "minified_json")
            && instance
                .values
                .and_then(|values| values.get("json"))
                .is_none_or(|json| json.value == Value::Null)
        {
            return self.policy_document(instance, site.depth).map(Some);
        }
        self.attribute(instance, attribute, site.depth + 1)
    }

    /// What a reference to a resource gives.
    fn of_resource(
        &self,
        site: Site<'_>,
        (kind, name, part): (&str, &str, &Segment),
        rest: &[&str],
    ) -> Result<Option<Node>, Problem> {
        let index = part.index.as_deref().or(site.index);
        let Some(instance) = self.instance(site.module, kind, name, index) else {
            return Ok(None);
        };
        let attribute = rest
            .first()
            .copied()
            .unwrap_or_else(|| meant(site.attribute));
        let out = types::of(kind).and_then(|known| known.out(attribute));
        let known = instance.values.and_then(|values| values.get(attribute));
        if let Some(known) = known.filter(|node| node.value != Value::Null && out.is_none()) {
            return Ok(Some(known.clone()));
        }
        match out {
            Some(out) => self.given(instance, out, site).map(Some),
            None => match self.attribute(instance, attribute, site.depth + 1)? {
                Some(node) => Ok(Some(node)),
                None if types::of(kind).is_none() => {
                    Ok(Some(stand_in(site.at, instance, attribute)))
                }
                None => Ok(None),
            },
        }
    }

    /// What a resource gives for an attribute that AWS makes.
    pub(super) fn given(
        &self,
        instance: &Instance<'a>,
        out: Out,
        site: Site<'_>,
    ) -> Result<Node, Problem> {
        let id = || instance.address.to_owned();
        let attribute = |name: &str| {
            let argument = vec![text(site.at, instance.address), text(site.at, name)];
            function(site.at, "Fn::GetAtt", Value::List(argument))
        };
        let property = |name: &str| -> Result<Node, Problem> {
            let known = types::of(instance.kind).map_or(&[][..], |known| &known.properties);
            let found = known.iter().find(|one| one.name == name);
            let found = found.map(|one| self.attribute(instance, one.attribute, site.depth + 1));
            Ok(found
                .transpose()?
                .flatten()
                .unwrap_or_else(|| text(site.at, "")))
        };
        Ok(match out {
            Out::Ref => function(site.at, "Ref", Value::String(id())),
            Out::Attribute(name) => attribute(name),
            Out::Property(name) => property(name)?,
            Out::Text(of) => {
                let mut own = Vec::new();
                for name in ["Ref", "Arn", "RestApiId", "StageName"] {
                    if of.contains(&format!("${{{name}}}")) {
                        own.push((
                            name,
                            match name {
                                "Ref" => function(site.at, "Ref", Value::String(id())),
                                "Arn" => attribute(name),
                                name => property(name)?,
                            },
                        ));
                    }
                }
                substituted(site.at, of, own)
            }
        })
    }
}

/// What stands in for an attribute of a type that is not known here.
fn stand_in(at: &Node, instance: &Instance<'_>, attribute: &str) -> Node {
    if !attribute.ends_with("arn") {
        return text(at, &format!("{}-{attribute}", plain(instance.address)));
    }
    let service = instance.kind.split('_').nth(1).unwrap_or("aws");
    let name = plain(instance.address);
    let arn =
        format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{name}");
    function(at, "Fn::Sub", Value::String(arn))
}

/// The parent of a module, and its own part of the address.
fn parent_of(module: &str) -> (&str, Segment) {
    let last = segments(module).pop().unwrap_or(Segment {
        name: String::new(),
        index: None,
    });
    // Indices may hold dots, so that the last `module.` outside of brackets is looked for.
    let mut depth = 0_usize;
    let mut cut = None;
    for (at, letter) in module.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 && module[at..].starts_with(".module.") => cut = Some(at),
            _ => {}
        }
    }
    (cut.map_or("", |at| &module[..at]), last)
}

/// The member of a value at a path.
fn within(node: Option<Node>, path: &[&str]) -> Option<Node> {
    let mut node = node?;
    for name in path {
        if let Some(found) = node.get(name) {
            node = found.clone();
        }
    }
    Some(node)
}

/// The attribute that is meant where a reference names none, by what gets it.
fn meant(attribute: &str) -> &'static str {
    let attribute = attribute.to_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| attribute.ends_with(end));
    match attribute.as_str() {
        "source" | "target" | "enrichment" | "credentials" | "uri" => "arn",
        _ if ends(&["arn", "policy", "arns"]) => "arn",
        _ if ends(&["url"]) => "url",
        _ if ends(&["name"]) => "name",
        _ => "id",
    }
}
