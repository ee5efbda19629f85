//! Files that people give as a definition and that are none: what to give in their place. Pure.

use std::path::Path;

use crate::document::{Node, Place, Problem};

const TERRAFORM: &str = "this is Terraform's own language: give what Terraform makes of it. \
    `terraform plan -out plan.tfplan && terraform show -json plan.tfplan > plan.json` (or `terraform show -json > \
    state.json` for what is deployed; `tofu` has the same commands), then --definition plan.json";
const STATE: &str = "this is Terraform's own state file: give what Terraform makes of it. `terraform show -json > \
    state.json`, then --definition state.json";
const PLAN: &str = "this looks like a plan file of Terraform, which only Terraform reads: `terraform show -json \
    plan.tfplan > plan.json`, then --definition plan.json";
const SERVERLESS: &str = "this is the Serverless Framework's own file: give what it makes of it. `serverless \
    package`, then --definition .serverless";
const SAM_SETTINGS: &str = "these are settings of the `sam` command: give the template, as --definition \
    template.yaml, or after `sam build` the folder, as --definition .aws-sam/build";
const CDK_SETTINGS: &str = "this says how a CDK application is run: give what it makes. `npx cdk synth`, then \
    --definition cdk.out";
const PROGRAM: &str = "this is a program: give what it makes. For a CDK application, `npx cdk synth`, then \
    --definition cdk.out";
const PULUMI: &str = "this is a program of Pulumi, which makes no template: give what is deployed, as `tidegate \
    import` or `aws apigateway get-export` and `aws pipes describe-pipe` print it";

const CREATED: &str = "this is what `create-pipe`, `update-pipe` or `start-pipe` print, without the pipe's source and \
    target: give what `aws pipes describe-pipe --name NAME` prints";

/// Names and endings of files that are no definitions, with what to do. An ending has a dot.
const BY_NAME: [(&[&str], &str); 7] = [
    (
        &[".tf", ".tofu", ".tftpl", ".tfvars", ".tf.json", ".hcl"],
        TERRAFORM,
    ),
    (&[".tfstate", ".tfstate.backup"], STATE),
    (&[".tfplan"], PLAN),
    (
        &[
            "serverless.yml",
            "serverless.yaml",
            "serverless.json",
            "serverless.ts",
            "serverless.js",
        ],
        SERVERLESS,
    ),
    (
        &["samconfig.toml", "samconfig.yaml", "samconfig.yml"],
        SAM_SETTINGS,
    ),
    (&["cdk.json", "cdk.context.json"], CDK_SETTINGS),
    (&["pulumi.yaml", "pulumi.yml"], PULUMI),
];

/// Endings of programs.
const PROGRAMS: [&str; 8] = [".ts", ".js", ".mjs", ".py", ".go", ".java", ".cs", ".rb"];

/// What to give in place of a file of this name.
pub(super) fn by_name(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?.to_lowercase();
    let is_named = |known: &&str| match known.starts_with('.') {
        true => name.ends_with(known),
        false => name == **known,
    };
    let known = BY_NAME
        .iter()
        .find(|(names, _)| names.iter().any(&is_named));
    let program = || PROGRAMS.iter().any(is_named).then_some(PROGRAM);
    known.map(|(_, told)| *told).or_else(program)
}

/// What to give in place of a file that is no text.
pub(super) fn bytes(bytes: &[u8]) -> &'static str {
    match bytes.starts_with(b"PK\x03\x04") {
        true => PLAN,
        false => "the file is not UTF-8 text, and so no definition",
    }
}

/// What to give in place of a text that is neither YAML nor JSON.
pub(super) fn by_text(text: &str) -> Option<&'static str> {
    const BLOCKS: [&str; 7] = [
        "resource",
        "data",
        "module",
        "variable",
        "provider",
        "output",
        "terraform",
    ];
    let is_block = |line: &str| {
        let mut words = line.split_whitespace();
        let named = words.next().is_some_and(|word| BLOCKS.contains(&word));
        named && line.trim_end().ends_with('{')
    };
    text.lines().any(is_block).then_some(TERRAFORM)
}

/// Whether a document is surely a definition, whatever its file is called.
pub(super) fn is_definition(root: &Node) -> bool {
    const KEYS: [&str; 4] = [
        "AWSTemplateFormatVersion",
        "Resources",
        "openapi",
        "swagger",
    ];
    KEYS.iter().any(|key| root.get(key).is_some())
}

/// What to give in place of a document of another tool.
pub(super) fn by_content(root: &Node) -> Option<&'static str> {
    let has = |key: &str| root.get(key).is_some();
    let all = |keys: &[&str]| keys.iter().all(|key| has(key));
    if all(&["lineage", "serial", "terraform_version"]) {
        return Some(STATE);
    }
    if all(&["service", "provider"]) && (has("functions") || has("resources") || has("plugins")) {
        return Some(SERVERLESS);
    }
    if all(&["Arn", "Name", "CurrentState", "DesiredState"]) && !has("Source") {
        return Some(CREATED);
    }
    if has("app") && (has("context") || has("watch")) {
        return Some(CDK_SETTINGS);
    }
    if all(&["resource"]) && !has("Resources") && !has("openapi") {
        return Some(TERRAFORM);
    }
    None
}

/// A problem at the beginning of a file.
pub(super) fn problem(path: &Path, message: &str) -> Problem {
    let place = Place {
        file: path.display().to_string().into(),
        line: 1,
        column: 1,
    };
    place.problem(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_file_is_answered_with_the_command_that_exports() {
        for (name, told) in [
            ("main.tf", "terraform show -json"),
            ("modules/api/openapi.yaml.tftpl", "terraform show -json"),
            ("main.tf.json", "terraform show -json"),
            ("terraform.tfstate", "terraform show -json > state.json"),
            ("plan.tfplan", "terraform show -json plan.tfplan"),
            ("serverless.yml", "--definition .serverless"),
            ("samconfig.toml", "--definition .aws-sam/build"),
            ("cdk.json", "cdk synth"),
            ("lib/stack.ts", "cdk synth"),
        ] {
            let found = by_name(Path::new(name)).unwrap_or_default();
            assert!(found.contains(told), "{name}: {found}");
        }
        for name in [
            "template.yaml",
            "plan.json",
            "my.openapi.json",
            "tf",
            "cdk.json.yaml",
        ] {
            assert_eq!(by_name(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn content_tells_where_the_name_does_not() {
        for (text, told) in [
            (
                "service: a\nprovider: {name: aws}\nfunctions: {}",
                Some(SERVERLESS),
            ),
            (
                r#"{"version":4,"terraform_version":"1","serial":1,"lineage":"x","resources":[]}"#,
                Some(STATE),
            ),
            (
                r#"{"app":"npx ts-node bin/a.ts","context":{}}"#,
                Some(CDK_SETTINGS),
            ),
            ("Resources: {}", None),
            ("openapi: 3.0.0", None),
        ] {
            assert_eq!(by_content(&Node::parse("f", text).unwrap()), told, "{text}");
        }
        assert_eq!(
            by_text("# x\nresource \"aws_sqs_queue\" \"q\" {\n  name = \"q\"\n}"),
            Some(TERRAFORM)
        );
        assert_eq!(by_text("a: [1, 2"), None);
        assert_eq!(
            [bytes(b"PK\x03\x04"), bytes(b"\xff")].map(|told| told == PLAN),
            [true, false]
        );
    }
}
