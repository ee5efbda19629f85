//! Templates that are refused, and why.

use super::*;

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    refused(
        "Resources: {Api: {Type: AWS::ApiGateway::RestApi}}",
        "Api (AWS::ApiGateway::RestApi): the API has no methods",
    );
    refused(
        &PARTS.replace("!Ref Events", "nowhere"),
        "Proxy (AWS::ApiGateway::Resource): ParentId is not a resource of this API",
    );
    refused(
        &PARTS.replace("AuthorizationType: NONE", "AuthorizationType: NOBODY"),
        "t.yaml:12:26: Post (AWS::ApiGateway::Method): authorization type NOBODY is not supported",
    );
    refused(
        &PARTS.replace("Type: AWS\n", "Type: AWS_PROXY\n"),
        "Integrations of type 'AWS_PROXY' currently only supports Lambda function",
    );
    refused(
        &PARTS.replace(
            "IntegrationHttpMethod:",
            "Nonsense: 1\n        IntegrationHttpMethod:",
        ),
        "integration: Nonsense is unknown",
    );
}

#[test]
fn unsupported_settings_of_an_api_are_refused() {
    let with = |property: &str| {
        PARTS.replace(
            "Properties: {Name: parts}",
            &format!("Properties: {{Name: parts, {property}}}"),
        )
    };
    refused(
        &with("Parameters: {basepath: sideways}"),
        "invalid basepath sideways: expected ignore, prepend or split",
    );
    let disabled = load(&with(
        "DisableExecuteApiEndpoint: true, EndpointConfiguration: {Types: [EDGE]}",
    ))
    .unwrap();
    assert_eq!(disabled.apis[0].endpoint, DefaultEndpoint::Disabled);
    let beside = |resource: &str| format!("{PARTS}{resource}\n");
    for (resource, message) in [
        (
            "  H: {Type: AWS::ApiGatewayV2::Api}",
            "H (AWS::ApiGatewayV2::Api): the API has no routes",
        ),
        (
            "  H: {Type: AWS::Serverless::WebSocketApi}",
            "H (AWS::Serverless::WebSocketApi): this resource type is not supported (WebSocket APIs)",
        ),
        (
            "  D: {Type: AWS::ApiGateway::DomainName, Properties: {DomainName: d, MutualTlsAuthentication: {}}}",
            "D (AWS::ApiGateway::DomainName): MutualTlsAuthentication: TruststoreUri is missing",
        ),
        (
            "  M: {Type: AWS::ApiGateway::BasePathMapping, Properties: {DomainName: d, RestApiId: other}}",
            "RestApiId is not an API of this template",
        ),
        (
            "  M: {Type: AWS::ApiGateway::BasePathMapping, Properties: {DomainName: d, RestApiId: !Ref Api, Stage: dev}}",
            "API parts has no stage dev",
        ),
    ] {
        refused(&beside(resource), message);
    }
    assert!(
        load(&beside(
            "  V: {Type: AWS::ApiGateway::RequestValidator, Properties: {RestApiId: !Ref Api}}\n  M: {Type: AWS::ApiGateway::Model, Properties: {RestApiId: !Ref Api}}"
        ))
        .is_ok()
    );
}

/// `PARTS` with a mistake in almost every property.
fn broken_parts() -> String {
    PARTS
        .replace("HttpMethod: POST\n", "HttpMethod: 'PO ST'\n")
        .replace("AuthorizationType: NONE", "AuthorizationType: [NONE]")
        .replace(
            "{StatusCode: 200}, {StatusCode: \"400\"}",
            "{StatusCode: 20}, {}",
        )
        .replace(
            "Uri: !Sub \"arn:aws:apigateway:",
            "Uri: !Sub \"urn:aws:apigateway:",
        )
        .replace(
            "integration.request.header.Content-Type: \"'",
            "wrong.Content-Type: a, integration.request.header.X: \"",
        )
        .replace("$util.urlEncode($input.body)", "#if(")
        .replace(
            "SelectionPattern: '4\\d{2}', ResponseTemplates: {application/json: \"{}\"}",
            "SelectionPattern: '(', ResponseTemplates: {application/json: \"#set(\"}",
        )
        .replace("!Ref Events", "nowhere")
        .replace("StageName: prod", "StageName: [prod], Nonsense: 1")
}

/// One problem of a method hides no other: not of the method, nor of other methods, nor of parts
/// that refer to them.
#[test]
fn everything_wrong_in_an_api_is_reported_at_once() {
    let text = broken_parts();
    let reported = load(&text).unwrap_err().to_string();
    let starts: Vec<&str> = reported
        .lines()
        .filter(|line| line.contains("t.yaml:"))
        .collect();
    for expected in [
        "Proxy (AWS::ApiGateway::Resource): ParentId is not a resource",
        "invalid HTTP method PO ST",
        "expected text, found a list",
        "20 is out of range: expected 100 to 599",
        "StatusCode is missing",
        "Invalid ARN specified in the request",
        "invalid mapping target wrong.Content-Type",
        "Invalid mapping expression specified: application/x-www-form-urlencoded'",
        "the mapping template for application/json is malformed",
        "invalid selection pattern (",
        "Nonsense is unknown",
    ] {
        assert!(
            starts.iter().any(|line| line.contains(expected)),
            "{expected} in {reported}"
        );
    }
    assert_eq!(
        reported
            .matches("the mapping template for application/json is malformed")
            .count(),
        2,
        "{reported}"
    );
    assert!(
        !reported.contains("ResourceId") && !reported.contains("has no methods"),
        "only what is wrong: {reported}"
    );
    let lines: Vec<usize> = starts
        .iter()
        .filter_map(|line| {
            line.split("t.yaml:")
                .nth(1)?
                .split(':')
                .next()?
                .parse()
                .ok()
        })
        .collect();
    assert!(lines.is_sorted(), "{lines:?}");
}

#[test]
fn parts_of_an_api_that_is_elsewhere_are_reported() {
    let text = format!(
        "{PARTS}  Other: {{Type: AWS::ApiGateway::Method, Properties: {{RestApiId: a1b2c3, ResourceId: r, HttpMethod: GET}}}}\n  Stage: {{Type: AWS::ApiGateway::Stage, Properties: {{StageName: s, RestApiId: a1b2c3}}}}\n"
    );
    refused(
        &text,
        "Other (AWS::ApiGateway::Method): RestApiId is not an API of this template, so it is not served",
    );
    refused(
        &text,
        "Stage (AWS::ApiGateway::Stage): RestApiId is not an API of this template, so it is not served",
    );
    assert!(load_with(&text, true).is_ok());
}
