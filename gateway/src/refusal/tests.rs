//! Answers that nothing customises, and customised ones.

use std::net::{IpAddr, Ipv4Addr};

use axum::response::Response as HttpResponse;
use http::header::HeaderValue;
use indexmap::IndexMap;
use kit::document::Node;
use kit::time::Timestamp;

use super::*;
use crate::gateway_responses::Fault;
use crate::mapping::Context;
use crate::method_request::{Request, Sources, parse_query};
use crate::openapi::read_gateway_responses;
use crate::request_ids::RequestIds;

const IDS: RequestIds<'_> = RequestIds {
    request: "r",
    extended: "e=",
};

fn shown(response: &HttpResponse) -> Vec<(&str, &str)> {
    response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect()
}

#[test]
fn a_fault_from_before_the_api_was_known_has_no_ids() {
    let response = GatewayAnswer::of(&Fault::RequestTooLarge).into_http(IDS);
    assert_eq!(
        (response.status().as_u16(), shown(&response)),
        (413, vec![("content-type", "text/plain")])
    );
    let response = GatewayAnswer::of(&Fault::Throttled).into_http(IDS);
    let expected = [
        ("content-type", "application/json"),
        ("x-amzn-errortype", "TooManyRequestsException"),
        ("x-amzn-requestid", "r"),
        ("x-amz-apigw-id", "e="),
    ];
    assert_eq!(
        (response.status().as_u16(), shown(&response)),
        (429, expected.to_vec())
    );
}

/// Answers a request with `Accept: {accept}` and `X-Who: Ada` with a fault, customised so.
fn answer(custom: &str, fault: &Fault, accept: &str) -> GatewayAnswer {
    let mut problems = Vec::new();
    let node = Node::parse("t", custom).unwrap();
    let responses = read_gateway_responses(Some(&node), &mut problems);
    assert_eq!(problems, []);
    let mut headers = http::HeaderMap::new();
    headers.insert("x-who", HeaderValue::from_static("Ada"));
    headers.insert("accept", HeaderValue::from_str(accept).unwrap());
    let request = Request {
        method: http::Method::POST,
        sent_method: http::Method::POST,
        raw_query: String::new(),
        path: "/e/7".into(),
        query: parse_query("q=1&q=2"),
        headers,
        body: bytes::Bytes::new(),
        sent_body: None,
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        tls: None,
        received: Timestamp::from_millis(0),
        request_id: "request".into(),
        has_replaced_id: false,
        vpc_endpoint: None,
        extended_request_id: "extended".into(),
        trace_id: String::new(),
    };
    let fields = serde_json::json!({"requestId": "request", "identity": {"sourceIp": "127.0.0.1"}});
    let mut context = Context::new(fields.as_object().unwrap().clone());
    context.set_error(fault);
    let sources = Sources {
        request: &request,
        path: &IndexMap::from([("id".to_owned(), "7".to_owned())]),
        variables: &IndexMap::from([("env".to_owned(), "dev".to_owned())]),
        context: &context,
    };
    GatewayAnswer::customised(fault, &responses, &sources)
}

#[test]
fn a_template_shows_the_error_and_the_request() {
    let custom = r##"BAD_REQUEST_BODY:
  statusCode: "422"
  responseParameters:
    gatewayresponse.header.X-Static: "'a'"
    gatewayresponse.header.X-Message: context.error.messageString
    gatewayresponse.header.X-Type: context.error.responseType
    gatewayresponse.header.X-Who: method.request.header.x-who
    gatewayresponse.header.X-Q: method.request.querystring.q
    gatewayresponse.header.X-Env: stageVariables.env
    gatewayresponse.header.X-None: context.none
  responseTemplates:
    application/json: '{"m":$context.error.messageString,"d":"$context.error.validationErrorString","i":"$method.request.path.id/$method.request.querystring.q/$stageVariables.env","n":"$context.none","v":"#if($x)"}'
"##;
    let answer = answer(custom, &Fault::BadRequestBody("[no]".into()), "*/*");
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.body,
        r##"{"m":"Invalid request body","d":"[no]","i":"7/2/dev","n":"","v":"#if($x)"}"##
    );
    let headers: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    assert_eq!(
        headers,
        [
            "content-type: application/json",
            "x-amzn-errortype: BadRequestException",
            "X-Static: a",
            "X-Message: \"Invalid request body\"",
            "X-Type: BAD_REQUEST_BODY",
            "X-Who: Ada",
            "X-Q: 2",
            "X-Env: dev",
        ]
    );
}

#[test]
fn the_client_chooses_among_templates() {
    let custom = "DEFAULT_4XX: {responseTemplates: {text/html: <p>, application/json: j, application/xml: <x/>}}";
    for (accept, expected) in [
        ("application/xml;q=0.9", "application/xml <x/>"),
        ("image/png, text/html", "text/html <p>"),
        ("*/*", "application/json j"),
    ] {
        let answer = answer(custom, &Fault::QuotaExceeded, accept);
        let shown = format!("{} {}", answer.headers[0].1, answer.body);
        assert_eq!((shown.as_str(), answer.status.as_u16()), (expected, 429));
    }
}

#[test]
fn a_response_that_leaves_out_fields_has_their_defaults() {
    let custom = "DEFAULT_5XX: {statusCode: 503, responseParameters: {gatewayresponse.header.A: \"'*'\"}}\nINTEGRATION_TIMEOUT: {}";
    let failure = answer(custom, &Fault::IntegrationFailure, "*/*");
    assert_eq!(
        (failure.status.as_u16(), failure.body.as_str()),
        (
            503,
            r#"{"message": "Network error communicating with endpoint"}"#
        )
    );
    assert_eq!(failure.headers[2], ("A".to_owned(), "*".to_owned()));
    let timeout = answer(custom, &Fault::IntegrationTimeout, "*/*");
    assert_eq!(timeout, GatewayAnswer::of(&Fault::IntegrationTimeout));
    let early = answer(custom, &Fault::UriTooLong, "*/*");
    assert_eq!(early, GatewayAnswer::of(&Fault::UriTooLong));
}
