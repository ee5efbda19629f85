//! HTTP APIs as templates declare them.

use super::{load, load_with};
use crate::api::{Access, Apis, Backend, PayloadFormat, Verb};
use crate::stage::{NoRoute, route};

const TEMPLATE: &str = r#"
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: n, ProtocolType: HTTP}}
  Send:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: "1.0"
      RequestParameters: {QueueUrl: !Ref Queue, MessageBody: $request.body}
  Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: "POST /p/{id}", Target: !Sub "integrations/${Send}"}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true}}
"#;

/// The path of the resource that answers a request.
fn found(apis: &Apis, verb: &str, path: &str) -> Result<String, NoRoute> {
    let route = route(apis, "h", &verb.parse().unwrap(), path);
    route.map(|route| route.resource.path.clone())
}

#[test]
fn routes_lead_to_a_service_by_subtype() {
    let apis = load(TEMPLATE).unwrap();
    assert_eq!(found(&apis, "POST", "/p/1").as_deref(), Ok("/p/{id}"));
    assert_eq!(found(&apis, "GET", "/p/1"), Err(NoRoute::NotFound));
    let (_, method) = &apis.apis[0].resources[0].methods[0];
    let Backend::Subtype(uri) = &method.integration.backend else {
        panic!("{:?}", method.integration);
    };
    assert_eq!(
        (uri.service.as_str(), uri.region.as_str()),
        ("sqs", "eu-west-1")
    );
}

#[test]
fn the_default_route_takes_the_rest_and_named_stages_have_their_path() {
    let rest = r#"  Rest: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${Send}"}}
"#;
    let named = TEMPLATE.replace("StageName: $default", "StageName: v1");
    let apis = load(&(named + rest)).unwrap();
    assert_eq!(
        found(&apis, "GET", "/v1/anything/else").as_deref(),
        Ok("$default")
    );
    assert_eq!(found(&apis, "POST", "/v1/p/2").as_deref(), Ok("/p/{id}"));
}

#[test]
fn a_body_is_read_with_its_components() {
    let template = r##"
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: live
      DefinitionBody:
        openapi: 3.0.1
        info: {title: titled}
        paths:
          /a: {post: {x-amazon-apigateway-integration: {$ref: "#/components/x-amazon-apigateway-integrations/send"}}}
          /$default: {x-amazon-apigateway-any-method: {x-amazon-apigateway-integration: {type: http_proxy, uri: "https://a.example/{proxy}", httpMethod: ANY, payloadFormatVersion: "1.0"}}}
        components:
          x-amazon-apigateway-integrations:
            send: {type: aws_proxy, integrationSubtype: SQS-SendMessage, payloadFormatVersion: "1.0", credentials: "arn:aws:iam::123456789012:role/r", requestParameters: {QueueUrl: !Ref Queue, MessageBody: $request.body.a}}
"##;
    let apis = load(template).unwrap();
    assert_eq!(
        (
            apis.apis[0].name.as_str(),
            apis.apis[0].stages[0].name.as_str()
        ),
        ("titled", "live")
    );
    assert_eq!(found(&apis, "POST", "/live/a").as_deref(), Ok("/a"));
    assert_eq!(found(&apis, "PUT", "/live/b").as_deref(), Ok("$default"));
}

#[test]
fn what_is_wrong_or_not_supported_is_told_and_guards_stay_shut() {
    for (from, to, told) in [
        (
            "SQS-SendMessage",
            "SQS-Send",
            "SQS-Send is not supported: expected SQS-SendMessage",
        ),
        (
            "MessageBody: $request.body",
            "Body: x",
            "RequestParameters: Body is unknown",
        ),
        (
            "MessageBody: $request.body",
            "MessageBody: $request.bdy",
            "$request.bdy: expected",
        ),
        ("POST /p/{id}", "POST p", "POST p is no route key"),
        (
            "${Send}",
            "x",
            "Target integrations/x is no integration of this API",
        ),
        (
            "ProtocolType: HTTP",
            "ProtocolType: WEBSOCKET",
            "WebSocket APIs are not supported",
        ),
        (
            "ProtocolType: HTTP",
            "ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ['*'], AllowCredentials: true}",
            "credentials cannot be allowed for the origin *",
        ),
        (
            "IntegrationSubtype: SQS-SendMessage",
            "IntegrationUri: arn",
            "invalid IntegrationUri: expected the ARN of a function",
        ),
    ] {
        let error = load(&TEMPLATE.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(told), "{to}: {error}");
    }
    let guarded = TEMPLATE.replace(
        "RouteKey: ",
        "AuthorizationType: JWT, AuthorizerId: a, RouteKey: ",
    );
    assert!(
        load(&guarded)
            .unwrap_err()
            .to_string()
            .contains("AuthorizerId a is not an authorizer of this API")
    );
    let apis = load_with(&guarded, true).unwrap();
    let (verb, method) = &apis.apis[0].resources[0].methods[0];
    assert_eq!(*verb, Verb::One(http::Method::POST));
    assert!(
        matches!(method.access, Access::Closed),
        "{:?}",
        method.access
    );
}

/// Who may call `POST /a` of a SAM API with this `Auth`, and what is said of it.
fn by_sam(auth: &str, security: &str) -> Result<Access, String> {
    let template = format!(
        r#"
Resources:
  Queue: {{Type: AWS::SQS::Queue}}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth: {auth}
      CorsConfiguration: true
      DefinitionBody:
        openapi: 3.0.1
        paths:
          /a: {{post: {{{security}x-amazon-apigateway-integration: {{type: aws_proxy, integrationSubtype: SQS-SendMessage, payloadFormatVersion: "1.0", requestParameters: {{QueueUrl: !Ref Queue, MessageBody: $request.body}}}}}}}}
"#
    );
    let mut apis = load(&template).map_err(|error| error.to_string())?;
    let mut api = apis.apis.remove(0);
    assert_eq!(api.cors.unwrap().origins, ["*"]);
    Ok(api.resources.remove(0).methods.remove(0).1.access)
}

#[test]
fn the_auth_of_sam_guards_every_operation_that_says_nothing() {
    const JWT: &str = "Jwt: {AuthorizationScopes: [s], IdentitySource: $request.header.Authorization, JwtConfiguration: {issuer: 'https://a.example', audience: [b]}}";
    const FUNCTION: &str = "Fn: {FunctionArn: 'arn:aws:lambda:eu-west-1:1:function:f', AuthorizerPayloadFormatVersion: '2.0', EnableSimpleResponses: true, Identity: {Headers: [X-A], ReauthorizeEvery: 60}}";
    let both = format!("Authorizers: {{{JWT}, {FUNCTION}}}");
    let named = |access: Access| match access {
        Access::Authorizer { authorizer, scopes } => (authorizer.name.clone(), scopes),
        other => panic!("{other:?}"),
    };
    let jwt = by_sam(&format!("{{DefaultAuthorizer: Jwt, {both}}}"), "").unwrap();
    assert_eq!(named(jwt), ("Jwt".to_owned(), vec!["s".to_owned()]));
    let own = "security: [{Fn: []}], ";
    let function = by_sam(&format!("{{DefaultAuthorizer: Jwt, {both}}}"), own).unwrap();
    assert_eq!(named(function), ("Fn".to_owned(), Vec::new()));
    let open = by_sam(
        &format!("{{DefaultAuthorizer: Jwt, {both}}}"),
        "security: [], ",
    )
    .unwrap();
    assert!(matches!(open, Access::Open), "{open:?}");
    let iam = by_sam(
        "{EnableIamAuthorizer: true, DefaultAuthorizer: AWS_IAM}",
        "",
    )
    .unwrap();
    assert!(matches!(iam, Access::Iam), "{iam:?}");
    for (auth, told) in [
        (
            "{DefaultAuthorizer: Jwt}",
            "DefaultAuthorizer Jwt is not in Authorizers",
        ),
        (
            "{Authorizers: {A: {}}}",
            "expected either JwtConfiguration or FunctionArn",
        ),
        (
            "{Authorizers: {A: {FunctionArn: 'arn:aws:lambda:eu-west-1:1:function:f'}}}",
            "authorizerPayloadFormatVersion is missing",
        ),
        ("{AddDefault: true}", "AddDefault is unknown"),
    ] {
        let error = by_sam(auth, "security: [{A: []}], ").unwrap_err();
        assert!(error.contains(told), "{auth}: {error}");
    }
}

#[test]
fn events_of_functions_are_routes() {
    let template = r#"
Transform: AWS::Serverless-2016-10-31
Globals: {HttpApi: {Auth: {Authorizers: {Jwt: {AuthorizationScopes: [s], JwtConfiguration: {issuer: "https://a.example", audience: [b]}}}}}}
Resources:
  Own: {Type: AWS::Serverless::HttpApi, Properties: {StageName: v1, DefinitionBody: {openapi: 3.0.1, paths: {/a: {get: {x-amazon-apigateway-integration: {type: http_proxy, uri: "https://a.example", httpMethod: GET, payloadFormatVersion: "1.0"}}}}}}}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        One: {Type: HttpApi, Properties: {ApiId: !Ref Own, Path: /a, Method: POST, PayloadFormatVersion: "1.0", TimeoutInMillis: 5000}}
        Two: {Type: HttpApi, Properties: {ApiId: !Ref Own, Path: /b, Method: any, Auth: {Authorizer: Jwt}}}
        Rest: {Type: HttpApi}
"#;
    let apis = load(template).unwrap();
    let names: Vec<_> = apis.apis.iter().map(|api| api.resources.len()).collect();
    assert_eq!(names, [2, 1]);
    assert_eq!(found(&apis, "GET", "/v1/a").as_deref(), Ok("/a"));
    let host = |path: &str, verb: &str| {
        let route = route(&apis, "h", &verb.parse().unwrap(), path).unwrap();
        let integration = &route.method.integration;
        let Backend::LambdaProxy(uri) = &integration.backend else {
            panic!("{integration:?}");
        };
        assert!(format!("{uri:?}").contains("function:"), "{uri:?}");
        let format = integration.payload_format;
        (
            route.key(),
            format,
            integration.timeout.as_secs(),
            route.method.access.clone(),
        )
    };
    let (key, format, timeout, access) = host("/v1/a", "POST");
    assert_eq!(
        (key.as_str(), format, timeout),
        ("POST /a", Some(PayloadFormat::One), 5)
    );
    assert!(matches!(access, Access::Open), "{access:?}");
    let (key, format, _, access) = host("/v1/b", "DELETE");
    assert_eq!((key.as_str(), format), ("ANY /b", Some(PayloadFormat::Two)));
    let Access::Authorizer { scopes, .. } = access else {
        panic!("{access:?}");
    };
    assert_eq!(scopes, ["s"]);
    assert_eq!(host("/anything", "GET").0, "$default");
    let twice = template.replace("Path: /b, Method: any", "Path: /a, Method: post");
    let error = load(&twice).unwrap_err().to_string();
    assert!(
        error.contains("another event has this path and method already"),
        "{error}"
    );
    let orphan = template.replace(
        "Two: {Type: HttpApi, Properties: {ApiId: !Ref Own",
        "Two: {Type: HttpApi, Properties: {ApiId: other",
    );
    let error = load(&orphan).unwrap_err().to_string();
    assert!(
        error.contains("ApiId is not an API of this template"),
        "{error}"
    );
}
