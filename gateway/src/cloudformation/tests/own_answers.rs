//! Gateway responses and CORS of templates.

use super::load;
use crate::api::{Apis, ResponseType};

const MOCK: &str = "{x-amazon-apigateway-integration: {type: mock}}";

fn sam(more: &str) -> Apis {
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties:\n      StageName: prod\n      {more}\n      DefinitionBody: {{openapi: 3.0.1, paths: {{/a: {{get: {MOCK}, post: {MOCK}}}, /b: {{options: {MOCK}}}}}}}\n"
    );
    load(&template).unwrap()
}

#[test]
fn gateway_responses_stand_as_resources_of_their_own() {
    let template = format!(
        "Resources:\n  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Body: {{openapi: 3.0.1, x-amazon-apigateway-gateway-responses: {{THROTTLED: {{statusCode: 420}}, UNAUTHORIZED: {{statusCode: 402}}}}, paths: {{/a: {{get: {MOCK}}}}}}}}}}}\n  R: {{Type: AWS::ApiGateway::GatewayResponse, Properties: {{RestApiId: !Ref Api, ResponseType: THROTTLED, StatusCode: \"503\", ResponseParameters: {{gatewayresponse.header.A: \"'b'\"}}, ResponseTemplates: {{text/plain: t}}}}}}\n"
    );
    let apis = load(&template).unwrap();
    let responses = &apis.apis[0].gateway_responses;
    let throttled = responses.of(ResponseType::Throttled).unwrap();
    assert_eq!(throttled.status, Some(503));
    assert_eq!((throttled.headers.len(), throttled.templates.len()), (1, 1));
    let unauthorized = responses.of(ResponseType::Unauthorized).unwrap();
    assert_eq!(unauthorized.status, Some(402));
}

#[test]
fn sam_names_headers_without_their_prefix() {
    let apis = sam(
        "GatewayResponses: {DEFAULT_4XX: {StatusCode: 418, ResponseParameters: {Headers: {X-A: \"'a'\", X-B: context.requestId}, Paths: {p: \"'p'\"}}, ResponseTemplates: {text/plain: t}}}",
    );
    let responses = &apis.apis[0].gateway_responses;
    let denied = responses.of(ResponseType::AccessDenied).unwrap();
    let names: Vec<&str> = denied
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!((denied.status, names), (Some(418), vec!["X-A", "X-B"]));
}

#[test]
fn sams_cors_gives_an_options_method_to_paths_without_one() {
    let apis = sam(
        "Cors: {AllowOrigin: \"'https://a.example'\", AllowHeaders: \"'X-A'\", MaxAge: \"'600'\", AllowCredentials: true}",
    );
    let headers = |path: &str| {
        let resource = apis.apis[0]
            .resources
            .iter()
            .find(|resource| resource.path == path)
            .unwrap();
        let method = resource.method(&http::Method::OPTIONS).unwrap();
        let responses = method.integration.responses.iter();
        let headers = responses.flat_map(|response| &response.headers);
        headers
            .map(|(name, source)| format!("{name} {source:?}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        headers("/a"),
        [
            r#"Access-Control-Allow-Origin Static("https://a.example")"#,
            r#"Access-Control-Allow-Headers Static("X-A")"#,
            r#"Access-Control-Allow-Methods Static("GET,OPTIONS,POST")"#,
            r#"Access-Control-Max-Age Static("600")"#,
            r#"Access-Control-Allow-Credentials Static("true")"#,
        ]
    );
    assert_eq!(headers("/b"), [""; 0]);
    assert_eq!(
        sam("Cors: \"'*'\"").apis[0].resources[0].methods.len(),
        3,
        "an origin alone is enough"
    );
}
