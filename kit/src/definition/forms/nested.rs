//! Door: the templates of nested stacks, found as files beside the template that names them. On AWS
//! they lie in a bucket; `cdk synth`, `sam build` and an author have them in the same folder.

use std::path::{Path, PathBuf};

use super::assembly::is_within;
use crate::cloudformation::NESTED_TEMPLATE;
use crate::definition::error::LoadError;
use crate::definition::files::read;
use crate::definition::include;
use crate::document::{Entry, Node, Value};

/// The types whose template is a file, and the property that names it.
const NESTED: [(&str, &str); 2] = [
    ("AWS::CloudFormation::Stack", "TemplateURL"),
    ("AWS::Serverless::Application", "Location"),
];

/// How deep stacks may be nested.
const DEPTH: usize = 5;

/// A template whose nested stacks have their templates with them.
pub(super) fn with_templates(root: Node, file: &Path, errors: &mut Vec<LoadError>) -> Node {
    attached(root, file, 0, errors)
}

/// The files that [`with_templates`] would read.
pub(super) fn files(root: &Node, file: &Path, errors: &mut Vec<LoadError>) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let resources = root.get("Resources").and_then(|node| node.entries().ok());
    for entry in resources.unwrap_or_default() {
        let Some(path) = template_of(&entry.node, file) else {
            continue;
        };
        if let Some(root) = parsed(&path, errors)
            && all.len() < 100
        {
            all.extend(files(&root, &path, errors));
        }
        all.push(path);
    }
    all
}

fn attached(root: Node, file: &Path, depth: usize, errors: &mut Vec<LoadError>) -> Node {
    let Value::Map(entries) = &root.value else {
        return root;
    };
    let has_nested = root.get("Resources").is_some_and(|resources| {
        let entries = resources.entries().unwrap_or_default();
        entries.iter().any(|entry| location(&entry.node).is_some())
    });
    if !has_nested || depth >= DEPTH {
        return root;
    }
    let mut made = entries.clone();
    for section in made.iter_mut().filter(|entry| entry.key == "Resources") {
        if let Value::Map(resources) = &mut section.node.value {
            for entry in resources {
                attach(&mut entry.node, file, depth, errors);
            }
        }
    }
    root.with(Value::Map(made))
}

/// Adds its template to a resource that is a nested stack.
fn attach(resource: &mut Node, file: &Path, depth: usize, errors: &mut Vec<LoadError>) {
    let Some(path) = template_of(resource, file) else {
        return;
    };
    let Some(root) = parsed(&path, errors) else {
        return;
    };
    let root = include::included(root, &path, errors);
    let node = attached(root, &path, depth + 1, errors);
    let place = resource.place.clone();
    if let Value::Map(entries) = &mut resource.value {
        entries.push(Entry {
            key: NESTED_TEMPLATE.to_owned(),
            place,
            node,
        });
    }
}

fn parsed(path: &Path, errors: &mut Vec<LoadError>) -> Option<Node> {
    let text = read(path).map_err(|error| errors.push(error)).ok()?;
    let parsed = Node::parse(&path.display().to_string(), &text);
    parsed.map_err(|problem| errors.push(problem.into())).ok()
}

/// Where a nested stack's template is on AWS.
fn location(resource: &Node) -> Option<&Node> {
    let kind = resource.get("Type")?.text().ok()?;
    let (_, property) = NESTED.iter().find(|(of, _)| *of == kind)?;
    resource.get("Properties")?.get(property)
}

/// The file with the template of a nested stack, where there is one.
fn template_of(resource: &Node, file: &Path) -> Option<PathBuf> {
    let location = location(resource)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let asset = resource
        .get("Metadata")
        .and_then(|node| node.get("aws:asset:path"));
    let named = asset
        .and_then(|node| node.text().ok())
        .map(ToOwned::to_owned);
    let text = last_text(location)?;
    let name = text.rsplit('/').next()?.to_owned();
    let candidates = [
        named.map(|path| folder.join(path)),
        (!text.contains("://")).then(|| folder.join(&text)),
        asset_file(folder, &name),
        Some(folder.join(&name)),
    ];
    let found = candidates.into_iter().flatten().find(|path| path.is_file());
    found.filter(|path| path != file)
}

/// The last text of a function's arguments: of a URL that is joined from parts, the file's name.
fn last_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::List(nodes) => nodes.iter().rev().find_map(last_text),
        Value::Map(entries) => entries
            .iter()
            .rev()
            .find_map(|entry| last_text(&entry.node)),
        _ => None,
    }
}

/// The file of an asset of CDK, which is called after its digest on AWS: the lists of assets beside
/// the template say which file it is.
fn asset_file(folder: &Path, name: &str) -> Option<PathBuf> {
    let digest = name.split('.').next().filter(|digest| digest.len() >= 32)?;
    let lists = std::fs::read_dir(folder).ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let is_list = path.to_str()?.ends_with(".assets.json");
        is_list.then_some(path)
    });
    for list in lists {
        let text = read(&list).ok()?;
        let root = Node::parse("assets", &text).ok()?;
        let source = root
            .get("files")
            .and_then(|files| files.get(digest)?.get("source")?.get("path"));
        let path = source.and_then(|path| path.text().ok());
        if let Some(path) = path.filter(|path| is_within(path)) {
            return Some(folder.join(path));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the only resource of `template` got its template, which is in the file `name`.
    fn is_found(name: &str, template: &str, more: &[(&str, &str)]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(
            folder.path().join(name),
            "Resources: {Q: {Type: AWS::SQS::Queue}}",
        )
        .unwrap();
        for (name, text) in more {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let file = folder.path().join("main.yaml");
        let root = Node::parse("main.yaml", template).unwrap();
        let mut errors = Vec::new();
        let count = files(&root, &file, &mut errors).len();
        let root = with_templates(root, &file, &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        let nested = root
            .get("Resources")
            .unwrap()
            .get("N")
            .unwrap()
            .get(NESTED_TEMPLATE)
            .is_some();
        assert_eq!(count, usize::from(nested));
        nested
    }

    #[test]
    fn templates_are_found_by_path_by_name_and_by_asset() {
        let plain = "Resources: {N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./sub/a.yaml}}}";
        assert!(is_found("sub/a.yaml", plain, &[]));
        let bucket = "Resources: {N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Sub 'https://${B}.s3.amazonaws.com/x/a.yaml'}}}";
        assert!(is_found("a.yaml", bucket, &[]));
        assert!(!is_found("b.yaml", bucket, &[]));
        let sam = "Resources: {N: {Type: AWS::Serverless::Application, Properties: {Location: sub/a.yaml}}}";
        assert!(is_found("sub/a.yaml", sam, &[]));
        let digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        let url = format!(
            r#"{{"Fn::Join":["",["https://s3.",{{"Ref":"AWS::Region"}},"/bucket/{digest}.json"]]}}"#
        );
        let cdk = |metadata: &str| {
            format!(
                r#"{{"Resources":{{"N":{{"Type":"AWS::CloudFormation::Stack","Properties":{{"TemplateURL":{url}}}{metadata}}}}}}}"#
            )
        };
        assert!(is_found(
            "N.nested.template.json",
            &cdk(r#","Metadata":{"aws:asset:path":"N.nested.template.json"}"#),
            &[]
        ));
        let list = format!(
            r#"{{"files":{{"{digest}":{{"source":{{"path":"N.nested.template.json"}}}}}}}}"#
        );
        assert!(is_found(
            "N.nested.template.json",
            &cdk(""),
            &[("App.assets.json", &list)]
        ));
    }
}
