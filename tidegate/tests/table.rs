//! Every row of the table of properties does what it says: what runs is really read, what is
//! refused is refused, and what needs nothing changes nothing.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use gateway::api::Apis;
use kit::cloudformation::Account;
use kit::definition::{DefinitionArgs, LoadError};
use kit::document::{Node, Value};
use kit::send::AllowTargets;
use pipe::definition::PipeDefinitions;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const TABLE: &str = include_str!("../../kit/src/cloudformation/properties.txt");

/// One right resource of each type that runs, with what it needs.
const BASE: &str = include_str!("table/base.yaml");

/// Properties that run, and of which a value of the wrong type is no problem: what is no text, or
/// no list, counts as none, or the property is read only beside others than the base has.
const TAKES_ANYTHING: &[(&str, &str)] = &[
    ("AWS::ApiGateway::ApiKey", "CustomerId"),
    ("AWS::ApiGateway::Authorizer", "Name"),
    ("AWS::ApiGateway::DomainName", "EndpointConfiguration"),
    ("AWS::ApiGateway::Model", "ContentType"),
    ("AWS::ApiGateway::RestApi", "EndpointConfiguration"),
    ("AWS::ApiGateway::UsagePlan", "UsagePlanName"),
    ("AWS::ApiGateway::UsagePlanKey", "KeyType"),
    ("AWS::ApiGatewayV2::Api", "CredentialsArn"),
    ("AWS::ApiGatewayV2::Api", "ProtocolType"),
    ("AWS::ApiGatewayV2::Authorizer", "AuthorizerCredentialsArn"),
    (
        "AWS::ApiGatewayV2::Authorizer",
        "AuthorizerResultTtlInSeconds",
    ),
    ("AWS::ApiGatewayV2::Authorizer", "Name"),
    ("AWS::ApiGatewayV2::DomainName", "DomainNameConfigurations"),
    ("AWS::ApiGatewayV2::Integration", "ConnectionId"),
    ("AWS::ApiGatewayV2::Integration", "ConnectionType"),
    ("AWS::ApiGatewayV2::Integration", "IntegrationMethod"),
    ("AWS::ApiGatewayV2::Integration", "IntegrationUri"),
    ("AWS::ApiGatewayV2::Integration", "PayloadFormatVersion"),
    ("AWS::ApiGatewayV2::Integration", "ResponseParameters"),
    ("AWS::ApiGatewayV2::Integration", "TlsConfig"),
    ("AWS::Events::Rule", "Name"),
    // A rule without a target that runs here is not run, and not read.
    ("AWS::Events::Rule", "Targets"),
    ("AWS::Pipes::Pipe", "Tags"),
    ("AWS::Serverless::Api", "EndpointConfiguration"),
];

/// Properties that need nothing, and must have their type all the same.
const HAS_A_TYPE: &[(&str, &str)] = &[("AWS::Serverless::Api", "Models")];

/// What is done about a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Runs,
    Nothing,
    Refused,
}

/// A type with what is done about it, and about each of its properties.
type TypeRow = (&'static str, Rule, Vec<(&'static str, Rule)>);

/// The rows of the table.
fn table() -> Vec<TypeRow> {
    let rule = |word: &str| match word.trim_end_matches(':') {
        "runs" => Rule::Runs,
        "nothing" => Rule::Nothing,
        "refused" => Rule::Refused,
        other => panic!("{other}"),
    };
    let mut types: Vec<TypeRow> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let line = line.split_once(": ").map_or(line, |(line, _)| line);
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        match (line.starts_with(' '), types.last_mut()) {
            (true, Some((_, _, properties))) => {
                let of_line = rule(first);
                properties.extend(words.map(|name| (name, of_line)));
            }
            _ => types.push((first, rule(words.next().unwrap()), Vec::new())),
        }
    }
    types
}

/// The base, as JSON, by the types of its resources.
fn base() -> (Json, BTreeMap<String, String>) {
    let json = long(&Node::parse("base.yaml", BASE).unwrap());
    let resources = json["Resources"].as_object().unwrap();
    let mut names = BTreeMap::new();
    for (name, resource) in resources {
        let kind = resource["Type"].as_str().unwrap().to_owned();
        names.entry(kind).or_insert(name.clone());
    }
    (json, names)
}

/// A node as JSON, with functions in their long form.
fn long(node: &Node) -> Json {
    let plain = match &node.value {
        Value::List(nodes) => nodes.iter().map(long).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), long(&entry.node)))
            .collect(),
        _ => node.to_json(),
    };
    match node.tag.as_deref() {
        None => plain,
        Some(name @ ("Ref" | "Condition")) => json!({name: plain}),
        Some(name) => json!({format!("Fn::{name}"): plain}),
    }
}

/// Everything that any reader says about a template.
fn told(folder: &TempDir, template: &Json) -> Vec<String> {
    let file = folder.path().join("t.json");
    std::fs::write(&file, template.to_string()).unwrap();
    let args = DefinitionArgs {
        files: vec![file],
        ..DefinitionArgs::default()
    };
    let account = Account {
        region: "eu-west-1".to_owned(),
        account_id: "123456789012".to_owned(),
        stack_name: "tide".to_owned(),
    };
    let problems = match args.load(&account) {
        Ok(declarations) => {
            let mut problems = Vec::new();
            Apis::read(&declarations, None, &mut problems);
            PipeDefinitions::read(&declarations, &AllowTargets::anywhere(), &mut problems);
            tidegate::provision::read(&declarations, &mut problems);
            match declarations.check(problems) {
                Ok(_) => Vec::new(),
                Err(LoadError::Problems(problems)) => problems,
                Err(other) => panic!("{other}"),
            }
        }
        Err(LoadError::Problems(problems)) => problems,
        Err(other) => panic!("{other}"),
    };
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

/// The base with a property of one resource set to a value.
fn with(base: &Json, resource: &str, property: &str, value: Json) -> Json {
    let mut changed = base.clone();
    changed["Resources"][resource]["Properties"][property] = value;
    changed
}

#[test]
fn the_base_has_each_type_and_nothing_wrong() {
    let (json, names) = base();
    let folder = TempDir::new().unwrap();
    assert_eq!(told(&folder, &json), Vec::<String>::new());
    for (kind, rule, _) in table() {
        let has = names.contains_key(kind);
        assert!(has || rule != Rule::Runs, "{kind} is to stand in base.yaml");
    }
}

#[test]
fn each_property_does_what_its_row_says() {
    let (json, names) = base();
    let folder = TempDir::new().unwrap();
    let mut wrong = Vec::new();
    for (kind, rule, properties) in table() {
        let Some(resource) = names.get(kind).filter(|_| rule == Rule::Runs) else {
            continue;
        };
        for (property, rule) in properties {
            let odd = told(&folder, &with(&json, resource, property, json!([[{}]])));
            let is_refused = |told: &[String]| {
                let is_it = |text: &String| text.contains(property) && text.contains("supported");
                told.iter().any(is_it)
            };
            let is_right = match rule {
                Rule::Runs => !odd.is_empty() || TAKES_ANYTHING.contains(&(kind, property)),
                Rule::Nothing => odd.is_empty() != HAS_A_TYPE.contains(&(kind, property)),
                Rule::Refused => {
                    let text = || told(&folder, &with(&json, resource, property, json!("x")));
                    is_refused(&odd) || is_refused(&text())
                }
            };
            if !is_right {
                wrong.push(format!("{kind}.{property} ({rule:?}): {odd:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_type_that_is_refused_is_refused() {
    let (json, _) = base();
    let folder = TempDir::new().unwrap();
    for (kind, rule, _) in table() {
        let mut changed = json.clone();
        changed["Resources"]["More"] = json!({"Type": kind, "Properties": {}});
        let odd = told(&folder, &changed);
        match rule {
            Rule::Runs => {}
            Rule::Nothing => assert_eq!(odd, Vec::<String>::new(), "{kind}"),
            Rule::Refused => {
                let is_named = |text: &String| text.contains("More") || text.contains(kind);
                assert!(odd.iter().any(is_named), "{kind}: {odd:?}");
            }
        }
    }
}
