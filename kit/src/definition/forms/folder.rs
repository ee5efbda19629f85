//! Door: which files of a folder are the definition. CDK, SAM and the Serverless Framework each
//! write a folder of a known form.

use std::path::{Path, PathBuf};

use super::assembly::{self, AssemblyStack, MANIFEST};
use super::given::Found;
use super::mistaken;
use crate::definition::error::LoadError;
use crate::definition::files::read;
use crate::document::Node;

/// What the Serverless Framework packages: the template, and where the stack's name is.
const SERVERLESS: &str = "cloudformation-template-update-stack.json";
const SERVERLESS_STATE: &str = "serverless-state.json";

/// What a template in a folder is called.
const TEMPLATES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

/// The folders that the tools write into a project, the one that is deployed first.
const WITHIN: [&str; 3] = ["cdk.out", ".serverless", ".aws-sam/build"];

/// How deep assemblies may lie in each other.
const DEPTH: usize = 5;

/// The files of a folder that are the definition; of several stacks of an assembly, the `wanted`.
///
/// # Errors
/// The folder has none, or several and it is not said which.
pub(super) fn found(folder: &Path, wanted: &[String]) -> Result<Vec<Found>, LoadError> {
    let manifest = folder.join(MANIFEST);
    if manifest.is_file() {
        let mut stacks = Vec::new();
        assembled(folder, 0, &mut stacks)?;
        if !stacks.is_empty() {
            return chosen(&manifest, &stacks, wanted);
        }
    }
    let serverless = folder.join(SERVERLESS);
    if serverless.is_file() {
        let stack_name = serverless_name(folder);
        return Ok(vec![found_file(serverless, stack_name)]);
    }
    let own_build = folder.ends_with(".aws-sam").then_some(&"build");
    let deeper: Vec<PathBuf> = WITHIN
        .iter()
        .chain(own_build)
        .map(|name| folder.join(name))
        .filter(|path| has_definition(path))
        .collect();
    match deeper.as_slice() {
        [] => {}
        [one] => return found(one, wanted),
        several => {
            let named = several.iter().map(|path| path.display().to_string());
            let named = named.collect::<Vec<_>>().join(", ");
            let message = format!("this folder has several definitions: give one of {named}");
            return Err(mistaken::problem(folder, &message).into());
        }
    }
    let template = TEMPLATES.iter().map(|name| folder.join(name));
    match template.into_iter().find(|path| path.is_file()) {
        Some(file) => Ok(vec![found_file(file, None)]),
        None => Err(mistaken::problem(folder, &nothing(folder)).into()),
    }
}

fn found_file(file: PathBuf, stack_name: Option<String>) -> Found {
    Found {
        file,
        stack_name,
        home: None,
    }
}

/// Whether a folder is one that a tool wrote.
fn has_definition(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).is_file();
    has(MANIFEST) || has(SERVERLESS) || TEMPLATES.iter().any(|name| has(name))
}

/// Adds the stacks of an assembly, and of those within it.
fn assembled(
    folder: &Path,
    depth: usize,
    stacks: &mut Vec<AssemblyStack>,
) -> Result<(), LoadError> {
    let manifest = folder.join(MANIFEST);
    let root = Node::parse(&manifest.display().to_string(), &read(&manifest)?)?;
    if !assembly::is_manifest(&root) {
        return Ok(());
    }
    let (own, within) = assembly::stacks(&root, folder)?;
    stacks.extend(own);
    if depth < DEPTH {
        for folder in within {
            assembled(&folder, depth + 1, stacks)?;
        }
    }
    Ok(())
}

/// The stacks that are wanted: by id, name or path, `*` for all of them; the only one otherwise.
fn chosen(
    manifest: &Path,
    stacks: &[AssemblyStack],
    wanted: &[String],
) -> Result<Vec<Found>, LoadError> {
    let shown = || {
        let names = stacks
            .iter()
            .filter_map(|stack| stack.names.last().cloned());
        names.collect::<Vec<_>>().join(", ")
    };
    if wanted.is_empty() {
        if let [stack] = stacks {
            return Ok(vec![stack.found.clone()]);
        }
        let message = format!(
            "there are several stacks: choose with --stack NAME or DEFINITION_STACK, repeatable, '*' for all: {}",
            shown()
        );
        return Err(mistaken::problem(manifest, &message).into());
    }
    let is_of = |stack: &AssemblyStack, name: &String| name == "*" || stack.names.contains(name);
    if let Some(name) = wanted
        .iter()
        .find(|name| !stacks.iter().any(|stack| is_of(stack, name)))
    {
        let message = format!("--stack {name}: no such stack: expected one of {}", shown());
        return Err(mistaken::problem(manifest, &message).into());
    }
    let kept = stacks
        .iter()
        .filter(|stack| wanted.iter().any(|name| is_of(stack, name)));
    Ok(kept.map(|stack| stack.found.clone()).collect())
}

/// The name of the stack that the Serverless Framework would deploy: `{service}-{stage}`.
fn serverless_name(folder: &Path) -> Option<String> {
    let file = folder.join(SERVERLESS_STATE);
    let root = Node::parse(SERVERLESS_STATE, &read(&file).ok()?).ok()?;
    let service = root.get("service")?;
    let provider = service.get("provider")?;
    let text = |node: Option<&Node>| Some(node?.text().ok()?.to_owned());
    let own = text(provider.get("stackName"));
    own.or_else(|| {
        let name = text(service.get("service"))?;
        let stage = text(provider.get("stage"))?;
        Some(format!("{name}-{stage}"))
    })
}

/// What to do about a folder in which nothing is a definition.
fn nothing(folder: &Path) -> String {
    let listed = std::fs::read_dir(folder).into_iter().flatten();
    let names =
        listed.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    let told = names
        .iter()
        .find_map(|name| mistaken::by_name(Path::new(name)).map(|told| (name, told)));
    if let Some((name, told)) = told {
        return format!("of this folder, {name} needs a step: {told}");
    }
    let found = match names.as_slice() {
        [] => "the folder is empty".to_owned(),
        names => format!("found {}", names[..names.len().min(5)].join(", ")),
    };
    let setting = crate::cli::written("--definition", "DEFINITION");
    format!(
        "no definition in this folder, which {setting} names: expected one that a tool writes \
         (cdk.out, .serverless, .aws-sam/build) or a template.yaml; {found}. A file is given by \
         its own name"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = r#"{"version": "36.0.0", "artifacts": {
        "Shop.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Shop.assets.json"}},
        "Shop": {"type": "aws:cloudformation:stack", "environment": "aws://123456789012/eu-west-1",
                 "properties": {"templateFile": "Shop.template.json", "stackName": "shop-dev"}, "displayName": "Shop"},
        "assembly-Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}},
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}}"#;
    const PROD: &str = r#"{"version": "36.0.0", "artifacts": {
        "ProdShop1A": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
                       "properties": {"templateFile": "ProdShop1A.template.json"}, "displayName": "Prod/Shop"}}}"#;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    /// The files that are found, or what is told, with the folder's own name left out.
    fn names(files: &[(&str, &str)], wanted: &[&str]) -> String {
        let folder = folder(files);
        let wanted: Vec<String> = wanted.iter().map(|&name| name.into()).collect();
        let shown = match found(folder.path(), &wanted) {
            Ok(found) => {
                let each = found.into_iter().map(|found| {
                    let name = found.stack_name.unwrap_or_default();
                    format!("{} {name}", found.file.display())
                });
                each.collect::<Vec<_>>().join("|")
            }
            Err(error) => error.to_string(),
        };
        shown.replace(&format!("{}", folder.path().display()), "D")
    }

    #[test]
    fn the_stacks_of_an_assembly_are_chosen_by_name() {
        let files = [
            ("manifest.json", APP),
            ("assembly-Prod/manifest.json", PROD),
        ];
        let told = names(&files, &[]);
        assert!(
            told.contains("--stack NAME") && told.ends_with("all: Shop, Prod/Shop"),
            "{told}"
        );
        for name in ["Prod/Shop", "ProdShop1A"] {
            assert_eq!(
                names(&files, &[name]),
                "D/assembly-Prod/ProdShop1A.template.json ProdShop1A"
            );
        }
        assert_eq!(
            names(&files, &["shop-dev"]),
            "D/Shop.template.json shop-dev"
        );
        assert_eq!(names(&files, &["*"]).matches('|').count(), 1);
        assert!(
            names(&files, &["Nope"]).contains("--stack Nope: no such stack: expected one of Shop")
        );
        let project = [("cdk.out/manifest.json", PROD)];
        assert_eq!(
            names(&project, &[]),
            "D/cdk.out/ProdShop1A.template.json ProdShop1A"
        );
        let found = found(folder(&files).path(), &["Shop".to_owned()]).unwrap();
        let home = found[0].home.clone().unwrap();
        assert_eq!(
            (home.account_id.as_deref(), home.region.as_deref()),
            (Some("123456789012"), Some("eu-west-1"))
        );
    }

    #[test]
    fn a_manifest_names_nothing_outside_of_its_folder() {
        let manifest = |kind: &str, name: &str, path: &str| {
            format!(
                r#"{{"version": "1", "artifacts": {{"S": {{"type": "{kind}", "properties": {{"{name}": "{path}"}}}}}}}}"#
            )
        };
        let stack = |path: &str| manifest("aws:cloudformation:stack", "templateFile", path);
        for path in ["../other/template.json", "/etc/passwd", "a/../../b.json"] {
            let told = names(&[("manifest.json", &stack(path))], &[]);
            let expected = format!(
                "{path} is not in the folder of this manifest, D: a manifest names files in its own folder only"
            );
            assert!(told.ends_with(&expected), "{told}");
        }
        let nested = manifest("cdk:cloud-assembly", "directoryName", "..");
        assert!(names(&[("manifest.json", &nested)], &[]).contains(".. is not in the folder"));
        assert_eq!(
            names(&[("manifest.json", &stack("./a/../b.json"))], &[]),
            "D/./a/../b.json S"
        );
    }

    #[test]
    fn folders_of_other_tools_are_known() {
        let state = r#"{"service": {"service": "orders", "provider": {"stage": "dev"}}}"#;
        let serverless = [
            (
                ".serverless/cloudformation-template-update-stack.json",
                "{}",
            ),
            (".serverless/serverless-state.json", state),
        ];
        assert_eq!(
            names(&serverless, &[]),
            "D/.serverless/cloudformation-template-update-stack.json orders-dev"
        );
        let sam = [
            (".aws-sam/build/template.yaml", "{}"),
            ("template.yaml", "{}"),
        ];
        assert_eq!(names(&sam, &[]), "D/.aws-sam/build/template.yaml ");
        assert_eq!(names(&sam[1..], &[]), "D/template.yaml ");
    }

    #[test]
    fn a_folder_without_a_definition_says_what_it_has() {
        assert!(names(&[("main.tf", "")], &[]).contains("main.tf needs a step"));
        assert!(names(&[("serverless.yml", "")], &[]).contains("serverless package"));
        assert!(names(&[("notes.txt", "")], &[]).contains("found notes.txt"));
        assert!(names(&[], &[]).contains("the folder is empty"));
        let both = [
            ("cdk.out/manifest.json", PROD),
            (
                ".serverless/cloudformation-template-update-stack.json",
                "{}",
            ),
        ];
        assert!(names(&both, &[]).contains("give one of D/cdk.out, D/.serverless"));
    }
}
