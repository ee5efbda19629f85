//! `tidegate lint` as a user runs it.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

fn tidegate(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.env("AWS_REGION", "eu-west-1");
    command.args(args).stdin(Stdio::null()).output().unwrap()
}

fn lint(args: &[&str]) -> Output {
    tidegate(&[&["lint"], args].concat())
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The rules that find something in a definition, and the exit code.
fn found(definition: &str) -> (Vec<String>, Option<i32>) {
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "definition.yaml", definition);
    let output = lint(&["--json", &file]);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{output:?}\n{definition}"));
    let findings = report["findings"].as_array().unwrap().iter();
    let rules = findings.map(|finding| finding["rule"].as_str().unwrap().to_owned());
    (rules.collect(), output.status.code())
}

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let file = folder.path().join(name);
    fs::write(&file, text).unwrap();
    file.display().to_string()
}

fn docs() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lint.md");
    fs::read_to_string(file).unwrap()
}

/// The sections of docs/lint.md: the rule, its severity, and its examples.
fn sections(document: &str) -> Vec<(&str, &str, Vec<&str>)> {
    let sections = document.split("\n## ").skip(1).map(|section| {
        let (rule, rest) = section.split_once("\n\n").unwrap();
        let severity = rest.split('.').next().unwrap();
        let examples = rest.split("```yaml\n").skip(1);
        let examples = examples
            .map(|rest| rest.split_once("```").unwrap().0)
            .collect();
        (rule, severity, examples)
    });
    sections.collect()
}

#[test]
fn every_rule_is_documented_and_its_examples_do_what_they_say() {
    let document = docs();
    let mut wrong = Vec::new();
    for (rule, severity, examples) in sections(&document) {
        let [fails, passes] = examples[..] else {
            panic!("{rule} must have an example that fails and one that passes")
        };
        let (rules, code) = found(fails);
        let expected = match (rule, severity) {
            ("syntax", _) => 2,
            (_, "Error") => 1,
            _ => 0,
        };
        if !rules.iter().any(|own| own == rule) || code < Some(expected) {
            wrong.push(format!(
                "{rule}: must fail, found {rules:?}, exit code {code:?}:\n{fails}"
            ));
        }
        let (rules, code) = found(passes);
        if rules.iter().any(|own| own == rule) || code != Some(0) {
            wrong.push(format!(
                "{rule}: must pass, found {rules:?}, exit code {code:?}:\n{passes}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_document_has_the_rules_of_the_program() {
    let output = lint(&["--format", "sarif"]);
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    let rules: Vec<(&str, &str)> = rules
        .iter()
        .map(|rule| {
            let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
            (rule["id"].as_str().unwrap(), level)
        })
        .collect();
    let document = docs();
    let lower = |severity: &str| severity.to_lowercase();
    let sections = sections(&document).into_iter();
    let documented: Vec<(&str, String)> = sections
        .map(|(rule, severity, _)| (rule, lower(severity)))
        .collect();
    for (rule, level) in &rules {
        assert!(
            documented.contains(&(*rule, (*level).to_owned())),
            "{rule} {level}"
        );
    }
    assert_eq!(rules.len(), documented.len());
}

#[test]
fn our_own_template_is_clean() {
    let output = lint(&[]);
    assert_eq!(output.status.code(), Some(0));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let output = lint(&[&file.display().to_string()]);
    assert_eq!(text(&output), "nothing found\n");
}

const LOSSY: &str = "Resources:
  Api:  # the first
    Type: AWS::ApiGateway::RestApi\r
    Properties:
      Name: orders
      Body:
        openapi: 3.0.1
        info: {title: orders, version: \"1\"}
        paths:
          /orders:
            post:
              responses: {\"200\": {description: ok}, \"500\": {description: no}}
              x-amazon-apigateway-integration:
                type: aws
                httpMethod: POST
                uri: !Sub 'arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/orders'
                credentials: arn:aws:iam::123456789012:role/send
                passthroughBehavior: never
                requestParameters: {integration.request.header.Content-Type: \"'application/x-www-form-urlencoded'\"}
                requestTemplates:
                  application/json: |-
                    #set($id = $input.json('$.id'))
                    Action=SendMessage&MessageBody=$input.body&MessageAttribute.1.Name=id&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=$id
                responses:
                  2\\d{2}: {statusCode: \"200\"}
                  default: {statusCode: \"500\"}
";

#[test]
fn a_fix_changes_nothing_but_the_template() {
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "lossy.yaml", LOSSY);
    let output = lint(&["--fix", &file]);
    let shown = text(&output);
    assert!(shown.contains("2 references corrected"), "{shown}");
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let expected = LOSSY
        .replace(
            "MessageBody=$input.body&",
            "MessageBody=$util.urlEncode($input.body)&",
        )
        .replace("StringValue=$id", "StringValue=$util.urlEncode($id)");
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    // What is right already stays as it is.
    lint(&["--fix", &file]);
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn a_loss_is_proved() {
    let folder = TempDir::new().unwrap();
    let output = lint(&[&write(&folder, "lossy.yaml", LOSSY)]);
    let shown = text(&output);
    for line in [
        ":23:52: error: POST /orders of orders: the application/json template puts $input.body into the form as it is [form-unencoded]",
        "  the message lands in another queue, other",
        "  the message is delayed by 900 seconds",
    ] {
        let has = shown
            .lines()
            .any(|found| found.ends_with(line.trim_start()));
        assert!(has, "{line}\n{shown}");
    }
}

#[test]
fn suppressions_turn_rules_off_where_they_stand() {
    let open = |text: &str| found(text).0.contains(&"queue-unread".to_owned());
    let plain = "Resources:\n  Orders: {Type: AWS::SQS::Queue}";
    assert!(open(plain));
    assert!(!open(&format!(
        "{plain} # tidegate-lint-disable queue-unread"
    )));
    assert!(!open(
        "Resources:\n  # tidegate-lint-disable open-api, queue-unread\n  Orders: {Type: AWS::SQS::Queue}"
    ));
    assert!(open(
        "# tidegate-lint-disable queue-unread\nResources:\n  Orders: {Type: AWS::SQS::Queue}"
    ));
    let json = |rules: Value| {
        json!({"Resources": {"Orders": {"Type": "AWS::SQS::Queue", "Metadata": {"tidegate-lint-disable": rules}}}}).to_string()
    };
    assert!(!open(&json(json!(["queue-unread"]))));
    assert!(open(&json(json!(["open-api"]))));
}

#[test]
fn annotations_for_github() {
    let folder = TempDir::new().unwrap();
    let file = write(
        &folder,
        "a,b.yaml",
        "Resources:\n  Orders: {Type: AWS::SQS::Queue}",
    );
    let shown = text(&lint(&["--format", "github", &file]));
    let name = file.replace(',', "%2C");
    let expected = format!(
        "::warning file={name},line=2,col=3,endColumn=9,title=queue-unread::Orders (AWS::SQS::Queue): nothing in this definition reads the queue%0Ahelp: "
    );
    assert!(shown.starts_with(&expected), "{shown}");
    assert_eq!(shown.lines().count(), 1);
}

/// The schema stands in `tests/sarif`. API Gateway's models are of the same draft, so that a model
/// checks the log.
#[test]
fn sarif_fits_its_schema() {
    let folder = TempDir::new().unwrap();
    let lossy = write(&folder, "lossy #1.yaml", LOSSY);
    let broken = write(&folder, "broken.yaml", "Resources: {");
    let log = lint(&["--format", "sarif", &lossy, &broken]);
    assert_eq!(log.status.code(), Some(2));
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sarif/sarif-2.1.0-rtm.5.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let refusal = |log: &str| refusal(&folder, &schema, log);
    let shown = text(&log);
    assert_eq!(refusal(&shown), Value::Null, "{shown}");
    let parsed: Value = serde_json::from_str(&shown).unwrap();
    let results = parsed["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() >= 3, "{shown}");
    // The check does check.
    for (from, to) in [
        ("\"level\": \"error\"", "\"level\": \"bad\""),
        ("\"version\": \"2.1.0\"", "\"version\": \"2\""),
        ("\"startLine\"", "\"line\""),
    ] {
        assert_ne!(refusal(&shown.replacen(from, to, 1)), Value::Null, "{from}");
    }
}

/// What a model with this schema refuses of a document.
fn refusal(folder: &TempDir, schema: &Value, log: &str) -> Value {
    let definition = json!({"Resources": {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "logs"}},
        "Log": {"Type": "AWS::ApiGateway::Model", "Properties": {
            "RestApiId": {"Ref": "Api"}, "Name": "Log", "ContentType": "application/json", "Schema": schema,
        }},
        "Check": {"Type": "AWS::ApiGateway::RequestValidator", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ValidateRequestBody": true,
        }},
        "Post": {"Type": "AWS::ApiGateway::Method", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            "HttpMethod": "POST", "AuthorizationType": "NONE",
            "RequestValidatorId": {"Ref": "Check"}, "RequestModels": {"application/json": {"Ref": "Log"}},
            "Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"},
                "IntegrationResponses": [{"StatusCode": 200}]},
            "MethodResponses": [{"StatusCode": 200}],
        }},
        "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Post",
            "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "v1"}},
    }});
    let definition = write(folder, "model.json", &definition.to_string());
    let body = write(folder, "log.json", log);
    let args = [
        "invoke",
        "--definition",
        &definition,
        "--path",
        "/",
        "--body",
        &body,
    ];
    let args = [
        &args[..],
        &["-H", "Content-Type: application/json", "--json"],
    ]
    .concat();
    let output = tidegate(&args);
    let shown: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert!(shown["route"].is_object(), "{shown}");
    shown["refusal"].clone()
}

#[test]
fn watch_checks_again_when_a_file_changes() {
    let folder = TempDir::new().unwrap();
    let file = write(
        &folder,
        "watched.yaml",
        "Resources:\n  Orders: {Type: AWS::SQS::Queue}",
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.args(["lint", "--watch", "--format", "github", &file]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert!(next().contains("title=queue-unread"));
    fs::write(&file, "Resources: {").unwrap();
    assert!(next().contains("title=syntax"));
    fs::write(&file, "Resources:\n  Parcels: {Type: AWS::SQS::Queue}").unwrap();
    assert!(next().contains("::Parcels"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_cannot_be_read_ends_with_2() {
    let output = lint(&["/nowhere/template.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("cannot read /nowhere/template.yaml"),
        "{error}"
    );
    assert_eq!(lint(&["--format", "xml"]).status.code(), Some(2));
    assert_eq!(lint(&["--fix", "--watch"]).status.code(), Some(2));
}

#[test]
fn no_definition_of_the_tests_makes_it_panic() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/definitions");
    let mut seen = 0;
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "yaml") {
            continue;
        }
        let file = path.display().to_string();
        let output = lint(&[&file]);
        assert!(
            output.status.code().is_some_and(|code| code < 2),
            "{file}: {output:?}"
        );
        seen += 1;
    }
    assert!(seen > 3);
}
