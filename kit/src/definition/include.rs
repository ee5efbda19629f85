//! Door: files that a template takes in, found beside it: `Fn::Transform` of `AWS::Include`, and a
//! `DefinitionUri` of SAM. On AWS they lie in a bucket, which `aws cloudformation package` fills
//! from files beside the template.

use std::path::{Path, PathBuf};

use super::error::LoadError;
use super::files::read;
use crate::document::{Entry, Node, Value};

/// How deep files may take in others.
const DEPTH: usize = 5;

/// The APIs of SAM whose body may be a file.
const SAM_APIS: [&str; 2] = ["AWS::Serverless::Api", "AWS::Serverless::HttpApi"];

/// A template with the files that it takes in.
pub(super) fn included(root: Node, file: &Path, errors: &mut Vec<LoadError>) -> Node {
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let mut include = Include { folder, errors };
    let root = include.of_template(root);
    include.node(root, 0)
}

struct Include<'e> {
    folder: PathBuf,
    errors: &'e mut Vec<LoadError>,
}

impl Include<'_> {
    /// What `Transform` of the template itself takes in.
    fn of_template(&mut self, root: Node) -> Node {
        let Value::Map(entries) = &root.value else {
            return root;
        };
        let is_include = |node: &Node| location(node).is_some();
        let mut kept = Vec::new();
        for entry in entries {
            let (named, others): (Vec<Node>, Vec<Node>) = match &entry.node.value {
                _ if entry.key != "Transform" => (Vec::new(), vec![entry.node.clone()]),
                Value::List(nodes) => nodes.iter().cloned().partition(is_include),
                _ => std::iter::once(entry.node.clone()).partition(is_include),
            };
            if named.is_empty() {
                kept.push(entry.clone());
                continue;
            }
            if !others.is_empty() {
                let node = entry.node.with(Value::List(others));
                kept.push(Entry {
                    node,
                    ..entry.clone()
                });
            }
            for node in &named {
                if let Some(Value::Map(more)) = self.file(node, 0).map(|node| node.value) {
                    kept.extend(more);
                }
            }
        }
        root.with(Value::Map(kept))
    }

    fn node(&mut self, node: Node, depth: usize) -> Node {
        if node.tag.as_deref() == Some("Transform") && location(&node).is_some() {
            return self.file(&node, depth).unwrap_or(node);
        }
        let value = match node.value {
            Value::List(nodes) => Value::List(
                nodes
                    .into_iter()
                    .map(|node| self.node(node, depth))
                    .collect(),
            ),
            Value::Map(entries) => return self.map(entries, &node.place, node.tag, depth),
            value => value,
        };
        Node { value, ..node }
    }

    fn map(
        &mut self,
        entries: Vec<Entry>,
        place: &crate::document::Place,
        tag: Option<String>,
        depth: usize,
    ) -> Node {
        let body = self.body(&entries, depth);
        let (mut made, mut whole) = (Vec::new(), None);
        for entry in entries {
            if entry.key == "Fn::Transform" && location(&entry.node).is_some() {
                match self
                    .file(&entry.node, depth)
                    .map(|node| (node.value.clone(), node))
                {
                    Some((Value::Map(more), _)) => made.extend(more),
                    Some((_, node)) => whole = Some(node),
                    None => made.push(entry),
                }
                continue;
            }
            let node = match (&body, entry.key.as_str()) {
                (Some(body), "Properties") => body.clone(),
                _ => self.node(entry.node, depth),
            };
            made.push(Entry { node, ..entry });
        }
        whole.unwrap_or(Node {
            value: Value::Map(made),
            place: place.clone(),
            tag,
        })
    }

    /// The properties of an API of SAM whose `DefinitionUri` is a file, with its content as
    /// `DefinitionBody`.
    fn body(&mut self, resource: &[Entry], depth: usize) -> Option<Node> {
        let find = |entries: &[Entry], key: &str| {
            let found = entries.iter().find(|entry| entry.key == key);
            found.map(|entry| entry.node.clone())
        };
        let kind = find(resource, "Type")?;
        if !SAM_APIS.contains(&kind.text().ok()?) {
            return None;
        }
        let properties = find(resource, "Properties")?;
        let uri = properties.get("DefinitionUri")?;
        let found = self.path(uri.text().ok()?)?;
        let body = self.parsed(&found, depth)?;
        let entries = properties.entries().ok()?.iter().map(|entry| {
            if entry.key == "DefinitionUri" {
                return Entry {
                    key: "DefinitionBody".to_owned(),
                    place: entry.place.clone(),
                    node: body.clone(),
                };
            }
            entry.clone()
        });
        let entries: Vec<Entry> = entries.collect();
        Some(properties.with(Value::Map(entries)))
    }

    /// The content of the file that an `AWS::Include` names; nothing where there is no such file.
    fn file(&mut self, transform: &Node, depth: usize) -> Option<Node> {
        let location = location(transform)?;
        match self.path(&location) {
            Some(path) => self.parsed(&path, depth),
            None => {
                let name = location.rsplit('/').next().unwrap_or(&location);
                let folder = match self.folder.to_str() {
                    None | Some("") => ".".to_owned(),
                    Some(folder) => folder.to_owned(),
                };
                let message = format!(
                    "AWS::Include of {location}: there is no file {name} in {folder}, beside the template"
                );
                self.errors.push(transform.problem(message).into());
                None
            }
        }
    }

    /// A file by its path from the template's folder, or by its last part in that folder.
    fn path(&self, location: &str) -> Option<PathBuf> {
        let plain = (!location.contains("://")).then(|| self.folder.join(location));
        let beside = location
            .rsplit('/')
            .next()
            .map(|name| self.folder.join(name));
        [plain, beside]
            .into_iter()
            .flatten()
            .find(|path| path.is_file())
    }

    fn parsed(&mut self, path: &Path, depth: usize) -> Option<Node> {
        if depth >= DEPTH {
            return None;
        }
        let text = read(path).map_err(|error| self.errors.push(error)).ok()?;
        let parsed = Node::parse(&path.display().to_string(), &text);
        let node = parsed
            .map_err(|problem| self.errors.push(problem.into()))
            .ok()?;
        Some(self.node(node, depth + 1))
    }
}

/// The `Location` of an `AWS::Include`, with whatever function it is the argument of.
fn location(transform: &Node) -> Option<String> {
    if transform.get("Name")?.text() != Ok("AWS::Include") {
        return None;
    }
    let location = transform.get("Parameters")?.get("Location")?;
    let text = |node: &Node| match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::List(parts) => parts.first()?.text().ok().map(ToOwned::to_owned),
        _ => None,
    };
    let argument = location
        .entries()
        .ok()
        .and_then(|entries| text(&entries.first()?.node));
    text(location).or(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_template(files: &[(&str, &str)]) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let root = Node::parse("t.yaml", files[0].1).unwrap();
        let mut errors = Vec::new();
        let node = included(root, &folder.path().join(files[0].0), &mut errors);
        let errors = errors.iter().map(ToString::to_string).collect();
        (node.to_json().to_string(), errors)
    }

    #[test]
    fn files_beside_the_template_take_the_place_of_what_names_them() {
        let body = ("api.yaml", "{paths: {/a: {b: !Ref C}}}");
        for (template, expected) in [
            (
                "A: {Body: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://bucket/x/api.yaml}}}}",
                r#"{"A":{"Body":{"paths":{"/a":{"b":"C"}}}}}"#,
            ),
            (
                "A: !Transform {Name: AWS::Include, Parameters: {Location: !Sub 's3://${B}/api.yaml'}}",
                r#"{"A":{"paths":{"/a":{"b":"C"}}}}"#,
            ),
            (
                "Transform: [X, {Name: AWS::Include, Parameters: {Location: ./api.yaml}}]\nA: 1",
                r#"{"Transform":["X"],"paths":{"/a":{"b":"C"}},"A":1}"#,
            ),
            (
                "R: {Type: AWS::Serverless::HttpApi, Properties: {Name: n, DefinitionUri: api.yaml}}",
                r#"{"R":{"Type":"AWS::Serverless::HttpApi","Properties":{"Name":"n","DefinitionBody":{"paths":{"/a":{"b":"C"}}}}}}"#,
            ),
        ] {
            let (text, errors) = read_template(&[("t.yaml", template), body]);
            assert_eq!((text.as_str(), errors.len()), (expected, 0), "{errors:?}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_or_not_a_document_is_told() {
        let template =
            "A: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/api.yaml}}}";
        let (_, errors) = read_template(&[("t.yaml", template)]);
        assert!(
            errors[0].contains("there is no file api.yaml in "),
            "{errors:?}"
        );
        let (_, errors) = read_template(&[("t.yaml", template), ("api.yaml", "a: [")]);
        assert!(errors[0].contains("api.yaml:"), "{errors:?}");
    }
}
