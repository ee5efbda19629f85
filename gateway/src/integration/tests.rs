//! Requests through integrations as a definition declares them: the call that is planned, the
//! response that is chosen.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use indexmap::IndexMap;
use kit::document::Node;
use kit::time::Timestamp;

use super::*;
use crate::api::{Api, Apis, Stage};
use crate::openapi::Document;
use crate::request::parse_query;

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
        path: given.path.into(),
        query: parse_query(given.query),
        headers: given.headers.iter().map(header).collect(),
        body: Bytes::from_static(given.body.as_bytes()),
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        received: Timestamp::from_millis(0),
        request_id: "request".into(),
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
    }];
    let api = Api {
        id: "abc".into(),
        name: String::new(),
        stages,
        endpoint: document.endpoint,
        resources: document.resources,
    };
    Apis {
        apis: vec![api],
        ..Apis::default()
    }
}

/// Runs one exchange; the only lines that know how.
fn exchange<T>(integration: &str, given: &Given, work: impl FnOnce(&mut Exchange<'_>) -> T) -> T {
    let (apis, request) = (apis(integration), request(given));
    let route = crate::route::route(&apis, "localhost", &request.method, &request.path).unwrap();
    work(&mut Exchange::new(&route, &request, "123456789012"))
}

fn call(integration: &str, given: &Given) -> Result<Call, Fault> {
    exchange(integration, given, |exchange| match exchange.plan()? {
        Plan::Call(call) => Ok(call),
        Plan::Reply(reply) => panic!("a reply was planned: {reply:?}"),
    })
}

/// Plans, and then lets this reply come back.
fn response(
    integration: &str,
    given: &Given,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Response, Fault> {
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
        exchange.plan()?;
        exchange.respond(&reply)
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

#[test]
fn the_call_is_what_api_gateway_would_send() {
    let call = call(SQS, &POST).unwrap();
    assert_eq!(
        (call.method.as_str(), call.url.as_str()),
        (
            "POST",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
        )
    );
    assert_eq!(
        call.body,
        "Action=SendMessage&MessageBody=%7B%22id%22%3A7%2C%22who%22%3A%22Ada%22%7D"
    );
    let headers: Vec<_> = call
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    assert_eq!(
        headers,
        [
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("user-agent", "AmazonAPIGateway_abc"),
            (
                "x-amzn-trace-id",
                "Root=1-00000000-000000000000000000000000"
            ),
        ]
    );
}

/// An S3 integration whose bucket is fixed, and whose key is the client's.
const S3: &str = r#"type: aws
httpMethod: ANY
uri: arn:aws:apigateway:eu-west-1:s3:path/my-bucket/{key}
requestParameters: {integration.request.path.key: method.request.path.p}
"#;

#[test]
fn path_parameters_fill_the_uri_and_cannot_leave_it() {
    let url =
        |path: &'static str| call(S3, &Given { path, ..POST }).map(|call| call.url.to_string());
    assert_eq!(
        url("/e/a%20b/%C3%A9%3F").unwrap(),
        "https://s3.eu-west-1.amazonaws.com/my-bucket/a%20b/%C3%A9%3F"
    );
    assert_eq!(
        url("/e/..a/.b").unwrap(),
        "https://s3.eu-west-1.amazonaws.com/my-bucket/..a/.b"
    );
    for path in [
        "/e/..%2Fother%2Fx",
        "/e/%2e%2e/other",
        "/e/a/../b",
        "/e/a/%2E",
        "/e/..",
    ] {
        assert_eq!(url(path), Err(Fault::InvalidPath), "{path}");
    }
    // Decoded once only: this is a key that holds percent signs.
    assert_eq!(
        url("/e/%252e%252e").unwrap(),
        "https://s3.eu-west-1.amazonaws.com/my-bucket/%252e%252e"
    );
}

#[test]
fn actions_go_into_the_query_with_what_is_mapped_there() {
    let action = r#"type: aws
httpMethod: POST
uri: arn:aws:apigateway:eu-west-1:sqs:action/SendMessage&DelaySeconds={p}
requestParameters:
  integration.request.path.p: method.request.path.p
  integration.request.querystring.MessageBody: method.request.body.who
  integration.request.querystring.QueueUrl: "'https://q'"
  integration.request.querystring.Absent: method.request.querystring.absent
  integration.request.querystring.All: method.request.multivaluequerystring.x
  integration.request.header.X-Stage: stageVariables.queue
  integration.request.header.X-Id: context.requestId
"#;
    let call = call(
        action,
        &Given {
            path: "/e/3",
            query: "x=1&x=2",
            ..POST
        },
    )
    .unwrap();
    let query =
        "Action=SendMessage&DelaySeconds=3&MessageBody=Ada&QueueUrl=https%3A%2F%2Fq&All=1&All=2";
    assert_eq!(
        call.url.as_str(),
        format!("https://sqs.eu-west-1.amazonaws.com/?{query}")
    );
    assert_eq!(
        (&call.headers["x-stage"], &call.headers["x-id"]),
        (&"orders".parse().unwrap(), &"request".parse().unwrap())
    );
}

#[test]
fn bodies_are_rendered_passed_or_refused_by_type() {
    let types = |templates: &str, behavior: &str| {
        let integration = format!(
            "type: aws\nhttpMethod: POST\nuri: arn:aws:apigateway:r:sqs:path/q\npassthroughBehavior: {behavior}\n{templates}"
        );
        call(
            &integration,
            &Given {
                headers: &[("content-type", "text/plain; charset=utf-8")],
                body: "raw",
                ..POST
            },
        )
        .map(|call| String::from_utf8(call.body.to_vec()).unwrap())
    };
    let json = "requestTemplates: {application/json: j}";
    assert_eq!(types("", "when_no_match").unwrap(), "raw");
    assert_eq!(types("", "when_no_templates").unwrap(), "raw");
    assert_eq!(types("", "never"), Err(Fault::UnsupportedMediaType));
    assert_eq!(types(json, "when_no_match").unwrap(), "raw");
    assert_eq!(
        types(json, "when_no_templates"),
        Err(Fault::UnsupportedMediaType)
    );
    assert_eq!(
        types("requestTemplates: {text/plain: '<$input.body>'}", "never").unwrap(),
        "<raw>"
    );
    assert_eq!(
        types(
            "requestTemplates: {$default: d, application/json: j}",
            "never"
        )
        .unwrap(),
        "d"
    );
    assert_eq!(
        types("requestTemplates: {text/plain: ''}", "never").unwrap(),
        "raw",
        "an empty template passes through"
    );
}

#[test]
fn overrides_win_over_mappings_and_reserved_headers_fail() {
    let overriding = |line: &str| {
        format!(
            "type: aws\nhttpMethod: POST\nuri: arn:aws:apigateway:r:sqs:path/{{q}}\nrequestParameters: {{integration.request.path.q: method.request.path.p, integration.request.header.X: \"'mapped'\"}}\nrequestTemplates:\n  application/json: |\n    {line}\n"
        )
    };
    let override_all = "#set($context.requestOverride.header.x = 'set')#set($context.requestOverride.path.q = 'b/c')#set($context.requestOverride.querystring.y = '1 2')";
    let call_of = |line: &str| call(&overriding(line), &POST);
    let planned = call_of(override_all).unwrap();
    assert_eq!(
        (planned.url.as_str(), planned.headers["x"].to_str().unwrap()),
        ("https://sqs.r.amazonaws.com/b/c?y=1+2", "set")
    );
    assert_eq!(
        call_of("#set($context.requestOverride.header.Authorization = 'x')"),
        Err(Fault::ConfigurationError)
    );
    assert_eq!(
        call_of("#set($context.requestOverride.path.q = '../x')"),
        Err(Fault::InvalidPath)
    );
}

#[test]
fn json_that_cannot_be_read_has_no_values() {
    let integration = "type: aws\nhttpMethod: POST\nuri: arn:aws:apigateway:r:sqs:path/q\nrequestParameters: {integration.request.header.X: method.request.body.a}\n";
    let header = |body: &'static str| {
        call(integration, &Given { body, ..POST }).map(|call| {
            call.headers
                .get("x")
                .map(|x| x.to_str().unwrap().to_owned())
        })
    };
    assert_eq!(
        header(r#"{"a":{"b":1}}"#).unwrap().as_deref(),
        Some(r#"{"b":1}"#)
    );
    assert_eq!(
        (header(r#"{"a":null}"#).unwrap(), header("text").unwrap()),
        (None, None)
    );
    assert_eq!(header(r#"{"a":"#), Err(Fault::InvalidJson));
}

#[test]
fn headers_that_belong_to_the_connection_are_not_mapped() {
    let integration = "type: aws\nhttpMethod: POST\nuri: arn:aws:apigateway:r:sqs:path/q\nrequestParameters: {integration.request.header.A: method.request.header.TE, integration.request.header.B: method.request.multivalueheader.X}\n";
    let call = call(
        integration,
        &Given {
            headers: &[("te", "trailers"), ("x", "1"), ("x", "2")],
            ..POST
        },
    )
    .unwrap();
    assert_eq!(
        (call.headers.get("a"), call.headers["b"].to_str().unwrap()),
        (None, "1,2")
    );
}

const PATTERNS: &str = r#"responses:
  '2\d{2}': {statusCode: 202, responseTemplates: {application/json: "{\"id\":$input.json('$.id')}", text/plain: t}}
  '4\d{2}': {statusCode: 400, responseParameters: {method.response.header.X-Code: integration.response.header.x-code, method.response.header.Date: integration.response.body.when, method.response.header.Content-Type: "'text/x'"}}
"#;

#[test]
fn the_integration_response_is_chosen_by_status() {
    let integration = format!("{SQS}{PATTERNS}");
    let ok = response(&integration, &POST, 201, &[], r#"{"id":"m"}"#).unwrap();
    assert_eq!(
        (ok.status.as_u16(), ok.body.as_ref()),
        (202, br#"{"id":"m"}"#.as_slice())
    );
    let trace = "Root=1-00000000-000000000000000000000000";
    let headers = [
        ("Content-Type", "application/json"),
        ("X-Amzn-Trace-Id", trace),
    ];
    assert_eq!(
        ok.headers,
        headers.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    let plain = Given {
        headers: &[("accept", "text/plain;q=1, */*")],
        ..POST
    };
    assert_eq!(
        response(&integration, &plain, 200, &[], "").unwrap().body,
        "t"
    );

    let refused = response(
        &integration,
        &POST,
        404,
        &[("x-code", "c")],
        r#"{"when":"now"}"#,
    )
    .unwrap();
    let headers: Vec<_> = refused
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        headers[..3],
        [
            ("X-Code", "c"),
            ("x-amzn-Remapped-Date", "now"),
            ("Content-Type", "text/x")
        ]
    );
    assert_eq!(
        (refused.status.as_u16(), refused.body.as_ref()),
        (400, br#"{"when":"now"}"#.as_slice())
    );
    assert_eq!(
        response(&integration, &POST, 500, &[], ""),
        Err(Fault::ConfigurationError),
        "no default"
    );
}

#[test]
fn a_refusal_by_sqs_is_never_told_as_success() {
    let mapped = response(&format!("{SQS}{DEFAULT_200}"), &POST, 500, &[], "");
    assert_eq!(mapped, Err(Fault::ConfigurationError), "by a mapping");
    let in_request = SQS.replace(
        "Action=",
        "#set($context.responseOverride.status = 202)Action=",
    );
    let error = "responses: {default: {statusCode: 500}}\n";
    let overridden = response(&format!("{in_request}{error}"), &POST, 403, &[], "");
    assert_eq!(
        overridden,
        Err(Fault::ConfigurationError),
        "by the request template"
    );
    let template = "responses: {default: {statusCode: 500, responseTemplates: {application/json: '#set($context.responseOverride.status = 200)'}}}\n";
    let overridden = response(&format!("{SQS}{template}"), &POST, 403, &[], "");
    assert_eq!(
        overridden,
        Err(Fault::ConfigurationError),
        "by the response template"
    );
    let kinder = response(
        &format!("{}{error}", in_request.replace("202", "444")),
        &POST,
        403,
        &[],
        "",
    )
    .unwrap();
    assert_eq!(
        kinder.status, 444,
        "another error is the definition's choice"
    );
    assert_eq!(
        response(&format!("{in_request}{error}"), &POST, 200, &[], "")
            .unwrap()
            .status,
        202
    );
}

#[test]
fn other_services_are_mapped_as_they_are() {
    let reply = response(&format!("{S3}{DEFAULT_200}"), &POST, 404, &[], "gone").unwrap();
    assert_eq!(
        (reply.status.as_u16(), reply.body.as_ref()),
        (200, b"gone".as_slice())
    );
}

/// Recorded: `docs/aws/api-gateway.md#mock`.
#[test]
fn a_mock_answers_with_its_templates_status() {
    let mock = |template: &str, given: &Given| {
        let integration = format!(
            "type: mock\nrequestTemplates: {{application/json: \"{template}\"}}\nresponses: {{default: {{statusCode: 204}}, '404': {{statusCode: 404}}}}\n"
        );
        response_of_mock(&integration, given)
    };
    assert_eq!(mock("{statusCode: 200}", &POST), Ok(204));
    assert_eq!(mock("{'statusCode': 404,}", &POST), Ok(404));
    for wrong in [r#"{\"statusCode\": \"200\"}"#, "{statusCode: 200", ""] {
        assert_eq!(
            mock(wrong, &POST),
            Err(Fault::ConfigurationError),
            "{wrong}"
        );
    }
    let body = Given {
        headers: &[("content-type", "text/plain")],
        body: r#"{"statusCode": 404}"#,
        ..POST
    };
    assert_eq!(
        mock("{statusCode: 200}", &body),
        Err(Fault::ConfigurationError),
        "a client does not choose the status"
    );
}

fn response_of_mock(integration: &str, given: &Given) -> Result<u16, Fault> {
    exchange(integration, given, |exchange| match exchange.plan()? {
        Plan::Reply(reply) => Ok(exchange.respond(&reply)?.status.as_u16()),
        Plan::Call(call) => panic!("a call was planned: {call:?}"),
    })
}
