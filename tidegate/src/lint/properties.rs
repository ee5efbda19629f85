//! No text makes the readers or the rules panic: definitions of every form, damaged, go through all
//! of kit's, gateway's, pipe's and provisioning's readers and every rule, and every report of what
//! was found is made.
//!
//! `PROPTEST_CASES=20000 cargo test -p tidegate --lib lint::properties` looks for longer.

mod damage;
mod seeds;

use std::path::Path;

use clap::Parser;
use kit::cloudformation::Account;
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use super::args::{Args, Format};
use super::{check, fix, report};
use damage::Damage;
use seeds::{Seed, folders, seeds};

/// As many as `PROPTEST_CASES` says, else few: a case takes milliseconds.
fn cases() -> u32 {
    let given = std::env::var("PROPTEST_CASES").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(40)
}

/// What stands in the place of what is cut out.
const LETTERS: &str = "[\\[\\]{}\"':,#!&*$|>\\-a-zA-Z0-9. \n]{0,8}";

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    args: Args,
}

/// Reads a file or a folder as `tidegate lint --fix` does.
fn lint(path: &Path) {
    let words = ["lint".as_ref(), path.as_os_str()];
    let Command { args } = Command::try_parse_from(words).unwrap();
    let account = Account {
        region: "eu-west-1".to_owned(),
        account_id: "123456789012".to_owned(),
        stack_name: "tidegate".to_owned(),
    };
    // What cannot be read is an error, and no finding.
    let Ok(checked) = check(&args, &account) else {
        return;
    };
    for format in [Format::Text, Format::Json, Format::Sarif, Format::Github] {
        let text = report::of(format, &checked);
        // Where nothing is found, there is no annotation.
        assert!(format == Format::Github || !text.is_empty());
    }
    let fixed = fix::apply(&args, &account, &checked);
    assert!(
        fixed.is_ok() || path.is_dir(),
        "{fixed:?}",
        fixed = fixed.err()
    );
}

/// Writes a text under a seed's name, and reads it.
fn lint_text(seed: &Seed, text: &str) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(&seed.name);
    std::fs::write(&path, text).unwrap();
    lint(&path);
}

#[test]
fn the_seeds_are_of_every_form_and_are_read() {
    let texts: Vec<&str> = seeds().iter().map(|seed| seed.text.as_str()).collect();
    for form in [
        "AWS::ApiGateway::Method",
        "AWS::Serverless::Api",
        "AWS::ApiGatewayV2::Integration",
        "AWS::Pipes::Pipe",
        "planned_values",
        "\"openapi\"",
        "ApiDestinationArn",
        "QueueArn",
        "resourceMethods",
    ] {
        assert!(texts.iter().any(|text| text.contains(form)), "{form}");
    }
    assert!(folders().len() >= 2);
    for seed in seeds() {
        lint_text(seed, &seed.text);
    }
}

#[test]
fn what_is_nested_without_end_is_read_or_refused() {
    let deep = 60_000;
    let name = "deep.yaml".to_owned();
    let seed = Seed {
        name,
        text: String::new(),
    };
    for text in [
        "[".repeat(deep),
        format!("{}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("{}1{}", "{a: ".repeat(deep), "}".repeat(deep)),
        format!(
            "Resources: {{Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {}x{}}}}}}}",
            "{\"Fn::Sub\": ".repeat(90),
            "}".repeat(90)
        ),
        format!(
            "openapi: 3.0.1\npaths: {{/a: {{get: {}1{}}}}}",
            "[".repeat(90),
            "]".repeat(90)
        ),
        "a:\n".to_owned()
            + &(0..300)
                .map(|n| " ".repeat(n) + "- b:\n")
                .collect::<String>(),
        "&a [*a, *a]".to_owned(),
        "a: &a [1]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nResources: *c".to_owned(),
        "\u{feff}Resources: {}".to_owned(),
        "\0".to_owned(),
    ] {
        lint_text(&seed, &text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Members left out, moved, renamed, doubled, of other types, within functions.
    #[test]
    fn documents_with_other_members(
        at in any::<prop::sample::Index>(),
        damages in vec(any::<Damage>(), 1..6),
    ) {
        let seed = at.get(seeds());
        lint_text(seed, &damage::of_document(&seed.text, &damages));
    }

    /// Texts with parts cut out, doubled or replaced.
    #[test]
    fn texts_with_other_letters(
        at in any::<prop::sample::Index>(),
        cuts in vec((any::<prop::sample::Index>(), 0_usize..80, LETTERS), 1..5),
    ) {
        let seed = at.get(seeds());
        lint_text(seed, &damage::of_text(&seed.text, &cuts));
    }

    /// Folders of CDK and the Serverless Framework with one file that is damaged.
    #[test]
    fn folders_with_a_damaged_file(
        at in any::<prop::sample::Index>(),
        which in any::<prop::sample::Index>(),
        damages in vec(any::<Damage>(), 1..4),
    ) {
        let seed = at.get(folders());
        let folder = TempDir::new().unwrap();
        let damaged = which.index(seed.files.len());
        for (number, file) in seed.files.iter().enumerate() {
            let text = match number == damaged {
                true => damage::of_document(&file.text, &damages),
                false => file.text.clone(),
            };
            std::fs::write(folder.path().join(&file.name), text).unwrap();
        }
        lint(folder.path());
    }

    /// Any text at all.
    #[test]
    fn arbitrary_text(text in any::<String>(), name in "[a-z]{1,3}\\.(yaml|json|tf|ts|toml)") {
        lint_text(&Seed { name, text: String::new() }, &text);
    }
}
