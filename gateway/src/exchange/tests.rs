//! Requests through integrations as a definition declares them: the call that is planned, the
//! response that is chosen.

mod endpoints;
mod functions;
mod payloads;
mod requests;
mod responses;
mod send_message;

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use indexmap::IndexMap;
use kit::call::{Call, Reply};
use kit::document::Node;
use kit::time::Timestamp;

use super::*;
use crate::api::{Api, Apis, Stage};
use crate::integration_request::{IntegrationRequest, build};
use crate::integration_response::respond;
use crate::method_request::parse_query;
use crate::method_response::MethodResponse;
use crate::openapi::Document;

/// What a client sends.
struct Given {
    method: &'static str,
    path: &'static str,
    query: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

const POST: Given = Given {
    method: "POST",
    path: "/e/a",
    query: "",
    headers: &[],
    body: r#"{"id":7,"who":"Ada"}"#,
};

fn request(given: &Given) -> Request {
    let header = |(name, value): &(&str, &str)| {
        (
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        )
    };
    Request {
        method: given.method.parse().unwrap(),
        sent_method: given.method.parse().unwrap(),
        raw_query: given.query.into(),
        path: given.path.into(),
        query: parse_query(given.query),
        headers: given.headers.iter().map(header).collect(),
        body: Bytes::from_static(given.body.as_bytes()),
        sent_body: None,
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        tls: None,
        received: Timestamp::from_millis(0),
        request_id: "request".into(),
        has_replaced_id: false,
        vpc_endpoint: None,
        extended_request_id: "extended".into(),
        trace_id: "Root=1-00000000-000000000000000000000000".into(),
    }
}

/// An API with one greedy resource, `/e/{p+}`, whose ANY method has this integration.
fn apis(integration: &str) -> Apis {
    let integration: String = integration
        .lines()
        .map(|line| format!("        {line}\n"))
        .collect();
    let text = format!(
        "openapi: 3.0.1\npaths:\n  /e/{{p+}}:\n    x-amazon-apigateway-any-method:\n      x-amazon-apigateway-integration:\n{integration}"
    );
    let mut problems = Vec::new();
    let document = Document::read(&Node::parse("t", &text).unwrap(), &mut problems).unwrap();
    assert_eq!(problems, []);
    let variables = IndexMap::from([("queue".to_owned(), "orders".to_owned())]);
    let stages = vec![Stage {
        name: "default".into(),
        deployment_id: "d".into(),
        variables,
        ..Stage::default()
    }];
    let api = Api {
        id: "abc".into(),
        name: String::new(),
        stages,
        endpoint: document.endpoint,
        resources: document.resources,
        encoding: document.encoding,
        is_closed: document.is_closed,
        gateway_responses: document.gateway_responses,
        ..Api::default()
    };
    Apis {
        apis: vec![api],
        ..Apis::default()
    }
}

/// Runs one exchange; the only lines that know how.
fn exchange<T>(integration: &str, given: &Given, work: impl FnOnce(&mut Exchange<'_>) -> T) -> T {
    let (apis, request) = (apis(integration), request(given));
    let route = crate::stage::route(&apis, "localhost", &request.method, &request.path).unwrap();
    work(&mut Exchange::new(&route, &request, "123456789012"))
}

fn call(integration: &str, given: &Given) -> Result<Call, Fault> {
    exchange(integration, given, |exchange| match build(exchange)? {
        IntegrationRequest::Call(call, _) | IntegrationRequest::Http(call, _) => Ok(call),
        IntegrationRequest::Mock(reply) => panic!("a reply was planned: {reply:?}"),
    })
}

/// Plans, and then lets this reply come back.
fn response(
    integration: &str,
    given: &Given,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<MethodResponse, Fault> {
    let header = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
    };
    let reply = Reply {
        status: StatusCode::from_u16(status).unwrap(),
        headers: headers.iter().map(header).collect::<HeaderMap>(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        complete: true,
    };
    exchange(integration, given, |exchange| {
        build(exchange)?;
        respond(exchange, &reply)
    })
}

const SQS: &str = r#"type: aws
httpMethod: POST
uri: arn:aws:apigateway:eu-west-1:sqs:path/123456789012/${stageVariables.queue}
requestTemplates: {application/json: "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"}
passthroughBehavior: never
requestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
"#;

const DEFAULT_200: &str = "responses: {default: {statusCode: 200}}\n";

/// An S3 integration whose bucket is fixed, and whose key is the client's.
const S3: &str = r#"type: aws
httpMethod: ANY
uri: arn:aws:apigateway:eu-west-1:s3:path/my-bucket/{key}
requestParameters: {integration.request.path.key: method.request.path.p}
"#;
