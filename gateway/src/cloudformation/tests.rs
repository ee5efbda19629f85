//! Templates, to APIs and problems.

mod access;
mod closed;
mod guards;
mod http_apis;
mod own_answers;
mod problems;
mod sam_events;

use kit::cloudformation::Account;
use kit::definition::{DefinitionArgs, LoadError};

use crate::api::{Apis, DefaultEndpoint};

fn account() -> Account {
    Account {
        region: "eu-west-1".into(),
        account_id: "123456789012".into(),
        stack_name: "tidegate".into(),
    }
}

fn load(template: &str) -> Result<Apis, LoadError> {
    load_with(template, false)
}

fn load_with(template: &str, lenient: bool) -> Result<Apis, LoadError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.yaml");
    std::fs::write(&file, template).unwrap();
    let args = DefinitionArgs {
        files: vec![file],
        lenient,
        ..DefinitionArgs::default()
    };
    Apis::load(&args.load(&account())?, None)
}

#[test]
fn the_built_in_definition_is_served() {
    let apis = Apis::load(&DefinitionArgs::default().load(&account()).unwrap(), None).unwrap();
    let api = &apis.apis[0];
    assert_eq!(
        (api.name.as_str(), api.stages[0].name.as_str()),
        ("event-api-gw", "default")
    );
    let mapping = &apis.domains["sub-gw.leedonggyu.com"][0];
    assert_eq!(
        (mapping.base_path.as_str(), mapping.stage.as_deref()),
        ("", Some("default"))
    );
    let route = crate::stage::route(
        &apis,
        "sub-gw.leedonggyu.com",
        &http::Method::POST,
        "/events/sub",
    )
    .unwrap();
    assert_eq!(route.path["proxy"], "sub");
}

const PARTS: &str = r#"
Resources:
  Proxy: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !Ref Events, PathPart: "{proxy+}"}}
  Events: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: events}}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: parts}}
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Proxy
      HttpMethod: POST
      AuthorizationType: NONE
      MethodResponses: [{StatusCode: 200}, {StatusCode: "400"}]
      Integration:
        Type: AWS
        IntegrationHttpMethod: POST
        Uri: !Sub "arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/orders"
        RequestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
        RequestTemplates: {application/json: "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"}
        IntegrationResponses:
          - {StatusCode: 200}
          - {StatusCode: 400, SelectionPattern: '4\d{2}', ResponseTemplates: {application/json: "{}"}}
  Deployment: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api, StageName: prod}}
"#;

#[test]
fn an_api_in_parts_is_put_together() {
    let apis = load(PARTS).unwrap();
    let route =
        crate::stage::route(&apis, "localhost", &http::Method::POST, "/prod/events/a/b").unwrap();
    assert_eq!(
        (route.resource.path.as_str(), route.path["proxy"].as_str()),
        ("/events/{proxy+}", "a/b")
    );
    assert_eq!(route.method.statuses, [200, 400]);
    let statuses: Vec<_> = route
        .method
        .integration
        .responses
        .iter()
        .map(|r| (r.status, r.pattern.is_some()))
        .collect();
    assert_eq!(statuses, [(400, true), (200, false)]);
}

#[track_caller]
fn refused(template: &str, message: &str) {
    let error = load(template).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

#[test]
fn leniency_serves_the_rest_and_a_500_where_something_is_missing() {
    let two = PARTS.replace(
            "  Deployment:",
            "  Users: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: users}}\n  Get: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !Ref Users, HttpMethod: GET, Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: 'arn:aws:apigateway:eu-west-1:firehose:path/x'}}}\n  Put: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !Ref Users, HttpMethod: PUT, Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: 'arn:aws:apigateway:eu-west-1:firehose:path/x'}}}\n  Deployment:",
        );
    let reported = load(&two).unwrap_err().to_string();
    assert_eq!(
        reported
            .lines()
            .filter(|line| line.contains("are not supported"))
            .count(),
        2,
        "{reported}"
    );
    let apis = load_with(&two, true).unwrap();
    let find = |verb, path| crate::stage::route(&apis, "localhost", &verb, path).unwrap();
    assert_eq!(
        find(http::Method::POST, "/events/a").resource.path,
        "/events/{proxy+}"
    );
    assert_eq!(
        find(http::Method::GET, "/users").method.integration.backend,
        crate::api::Backend::Unsupported
    );
}

const BODY: &str = r#"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Parameters: {basepath: split}
      Body:
        swagger: "2.0"
        basePath: /prod/v1
        paths:
          /:
            get:
              x-amazon-apigateway-integration: {type: mock, responses: {default: {statusCode: 200}}}
          /events/{id}:
            post:
              x-amazon-apigateway-integration:
                type: aws
                httpMethod: POST
                uri: arn:${AWS::Partition}:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/orders
                responses: {default: {statusCode: 200}}
"#;

#[test]
fn a_body_has_its_variables_and_its_base_path() {
    let apis = load(BODY).unwrap();
    let paths: Vec<_> = apis.apis[0]
        .resources
        .iter()
        .map(|resource| resource.path.as_str())
        .collect();
    assert_eq!(
        (paths.as_slice(), apis.apis[0].stages[0].name.as_str()),
        (["/v1", "/v1/events/{id}"].as_slice(), "prod")
    );
    let route =
        crate::stage::route(&apis, "localhost", &http::Method::POST, "/prod/v1/events/7").unwrap();
    let crate::api::Backend::Aws(uri) = &route.method.integration.backend else {
        panic!("an AWS integration")
    };
    assert_eq!(
        (uri.region.as_str(), &uri.operation),
        (
            "eu-west-1",
            &crate::api::Operation::Path("/123456789012/orders".into())
        )
    );
    let paths = |mode: &str| {
        let apis = load(&BODY.replace("split", mode)).unwrap();
        apis.apis[0]
            .resources
            .iter()
            .map(|resource| resource.path.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(paths("prepend"), ["/prod/v1", "/prod/v1/events/{id}"]);
    assert_eq!(paths("ignore"), ["/", "/events/{id}"]);
    let root = load(&BODY.replace("/prod/v1", "/prod")).unwrap();
    assert_eq!(root.apis[0].resources[0].path, "/");
}

#[test]
fn stages_keep_their_variables_and_refuse_unsupported_settings() {
    let stage = |properties: &str| {
        let stage = format!(
            "  Deployment: {{Type: AWS::ApiGateway::Deployment, Properties: {{RestApiId: !Ref Api}}}}\n  Stage: {{Type: AWS::ApiGateway::Stage, Properties: {{RestApiId: !Ref Api, StageName: prod, {properties}}}}}"
        );
        format!("{}{stage}\n", &PARTS[..PARTS.find("  Deployment").unwrap()])
    };
    let harmless = "Variables: {q: orders}, MethodSettings: [{ResourcePath: '/*', HttpMethod: '*', LoggingLevel: INFO, MetricsEnabled: true, DataTraceEnabled: false, CachingEnabled: false, ThrottlingRateLimit: -1}], AccessLogSetting: {}, CacheClusterEnabled: false, TracingEnabled: true";
    assert_eq!(
        load(&stage(harmless)).unwrap().apis[0].stages[0].variables["q"],
        "orders"
    );
    refused(
        &stage("MethodSettings: [{CacheTtlInSeconds: 3601}]"),
        "3601 is out of range: expected 0 to 3600",
    );
    refused(
        &stage("MethodSettings: [{CachingEnabled: maybe}]"),
        "expected true or false",
    );
    let apis = load(&stage("MethodSettings: [{ThrottlingRateLimit: 10}]")).unwrap();
    let rate = apis.apis[0].stages[0].methods.0[0].throttling_rate;
    assert_eq!(rate, Some(10.0));
    refused(
        &stage("CanarySetting: {PercentTraffic: 101}"),
        "PercentTraffic must be a number from 0 to 100",
    );

    let described = PARTS.replace(
        "StageName: prod",
        "StageName: prod, StageDescription: {Variables: {q: dlq}, LoggingLevel: INFO}",
    );
    assert_eq!(
        load(&described).unwrap().apis[0].stages[0].variables["q"],
        "dlq"
    );
    let throttled = described.replace("LoggingLevel: INFO", "ThrottlingBurstLimit: 5");
    let apis = load(&throttled).unwrap();
    let burst = apis.apis[0].stages[0].methods.0[0].throttling_burst;
    assert_eq!(burst, Some(5));
}

#[test]
fn a_sam_api_has_its_domain_and_refuses_unsupported_settings() {
    let api = |more: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties:\n      StageName: prod\n      {more}\n      DefinitionBody: {{openapi: 3.0.1, paths: {{/a: {{get: {{x-amazon-apigateway-integration: {{type: mock}}}}}}}}}}\n"
        )
    };
    let apis = load(&api(
        "Domain: {DomainName: Sub.Example, CertificateArn: c, BasePath: [/v1, /v2/x]}",
    ))
    .unwrap();
    let find = |path| {
        crate::stage::route(&apis, "sub.example", &http::Method::GET, path)
            .map(|r| r.stage.name.clone())
    };
    assert_eq!(
        [find("/v1/a"), find("/v2/x/a")],
        ["prod", "prod"].map(|stage| Ok(stage.to_owned()))
    );
    assert!(find("/a").is_err());
    let apis = load(&api("Domain: {DomainName: sub.example, CertificateArn: c}")).unwrap();
    assert!(crate::stage::route(&apis, "sub.example", &http::Method::GET, "/a").is_ok());
    refused(
        &api("Domain: {DomainName: d, MutualTlsAuthentication: {}}"),
        "Domain: MutualTlsAuthentication: TruststoreUri is missing",
    );
    refused(
        &api("Cors: {AllowMethods: \"'GET'\"}"),
        "Cors: AllowOrigin is missing",
    );
}
