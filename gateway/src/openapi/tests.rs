//! Documents, to resources and problems.

use kit::document::{Node, Problem};

use super::*;
use crate::api::{DefaultEndpoint, Verb};

fn read(text: &str) -> Result<(Document, Vec<String>), Problem> {
    let mut problems = Vec::new();
    let document = Document::read(&Node::parse("api.yaml", text)?, &mut problems)?;
    Ok((document, problems.iter().map(ToString::to_string).collect()))
}

const MOCK: &str = "x-amazon-apigateway-integration: {type: mock, requestTemplates: {application/json: '{\"statusCode\": 200}'}, responses: {default: {statusCode: 200}}}";

#[test]
fn paths_methods_and_the_stage_are_read() {
    let text = format!(
        "openapi: 3.0.1\ninfo: {{title: t}}\nservers: [{{url: 'https://x/{{basePath}}', variables: {{basePath: {{default: /prod}}}}}}]\n\
             paths:\n  /a/{{id}}:\n    options:\n      responses: {{'200': {{description: ok}}}}\n      {MOCK}\n    x-amazon-apigateway-any-method:\n      {MOCK}\n  /empty: {{}}\n"
    );
    let (document, problems) = read(&text).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        (document.title.as_str(), document.base_path.stage()),
        ("t", Some("prod"))
    );
    assert_eq!(document.resources.len(), 1);
    let verbs: Vec<_> = document.resources[0]
        .methods
        .iter()
        .map(|(verb, _)| verb.clone())
        .collect();
    assert_eq!(verbs, [Verb::One(http::Method::OPTIONS), Verb::Any]);
}

#[test]
fn what_is_not_supported_is_reported_with_its_place() {
    let text = format!(
        "openapi: 3.0.1\nx-amazon-apigateway-policy: {{}}\nx-mine: 1\npaths:\n  /a:\n    post:\n      security: [{{key: []}}]\n      nonsense: 1\n      {MOCK}\n"
    );
    let (_, problems) = read(&text).unwrap();
    assert_eq!(
        problems,
        [
            "api.yaml:2:29: the resource policy cannot be applied: Statement must be an object or a list of objects",
            "api.yaml:7:19: post /a: the document declares no security scheme key",
            "api.yaml:8:7: post /a: nonsense is unknown",
        ]
    );
}

/// The access of the methods of `/a`, by verb: `get` has no `security` of its own, `put` an empty
/// one, `post` one that names nobody.
fn access(root: &str) -> Vec<bool> {
    let text = format!(
        "{root}\npaths:\n  /a:\n    get: {{{MOCK}}}\n    put: {{security: [], {MOCK}}}\n    post: {{security: [{{}}], {MOCK}}}\n"
    );
    let (document, _) = read(&text).unwrap();
    let methods = document.resources[0].methods.iter();
    methods
        .map(|(_, method)| matches!(method.access, crate::api::Access::Open))
        .collect()
}

#[test]
fn security_of_the_root_applies_to_every_operation_without_its_own() {
    for root in ["openapi: 3.0.1", "swagger: '2.0'"] {
        assert_eq!(access(root), [true, true, true], "{root}");
        let guarded = access(&format!("{root}\nsecurity: [{{guard: []}}]"));
        assert_eq!(guarded, [false, true, true], "{root}");
        let malformed = access(&format!("{root}\nsecurity: guard"));
        assert_eq!(malformed, [false, true, true], "{root}");
    }
}

#[test]
fn every_operation_is_reported_by_itself() {
    let text = format!(
        "openapi: 3.0.1\npaths:\n  /a:\n    get: {{}}\n    post:\n      x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, uri: 'arn:aws:apigateway:eu-west-1:firehose:path/x'}}\n    put:\n      x-amazon-apigateway-integration: {{type: aws, httpMethod: POST, uri: nonsense}}\n    x-amazon-apigateway-any-methods: {{}}\n  x-note: 1\n  /b:\n    get:\n      {MOCK}\n"
    );
    let (document, problems) = read(&text).unwrap();
    assert_eq!(
        problems,
        [
            "api.yaml:4:10: get /a: No integration defined for method",
            "api.yaml:8:75: put /a: Invalid ARN specified in the request",
            "api.yaml:6:47: post /a: Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations (Firehose streams are not supported here)",
            "api.yaml:9:5: path /a: x-amazon-apigateway-any-methods is unknown; did you mean x-amazon-apigateway-any-method?",
        ]
    );
    let methods: Vec<_> = document
        .resources
        .iter()
        .map(|resource| resource.methods.len())
        .collect();
    assert_eq!(
        methods,
        [2, 1],
        "what is not supported keeps its place, what is wrong does not"
    );
    assert_eq!(
        document.resources[0].methods[1].1.integration.backend,
        crate::api::Backend::Unsupported
    );
}

#[test]
fn a_literal_path_that_cannot_be_read_is_found_at_load() {
    let mock = MOCK.replace(
        "{\"statusCode\": 200}",
        "$input.json(\"$.a[\")$s.split(\"(\")",
    );
    let text = format!("openapi: 3.0.1\npaths:\n  /a:\n    get:\n      {mock}\n");
    let (_, problems) = read(&text).unwrap();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(
        problems[0].contains(":1:8: invalid JSON path `$.a[`, column 5: ")
            && problems[0].contains("| $input.json(")
    );
    assert!(
        problems[1].contains("invalid regular expression `(`"),
        "{}",
        problems[1]
    );
}

#[test]
fn a_swagger_export_is_read() {
    let text = format!(
        "swagger: '2.0'\ninfo: {{title: t}}\nhost: a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com\nbasePath: /prod\nschemes: [https]\n\
             x-amazon-apigateway-endpoint-configuration: {{disableExecuteApiEndpoint: true}}\n\
             parameters: {{p: {{}}}}\nresponses: {{r: {{}}}}\ndefinitions: {{}}\npaths:\n  /a:\n    get:\n      responses: {{'200': {{}}, x-note: {{}}}}\n      {MOCK}\n"
    );
    let (document, problems) = read(&text).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        (document.base_path.stage(), document.endpoint),
        (Some("prod"), DefaultEndpoint::Disabled)
    );
}
