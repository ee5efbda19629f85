//! Calls as they leave: what is filled, merged, overridden and refused.

use super::*;
use crate::connection::Parameters;
use serde_json::json;

fn destination(endpoint: &str, method: Method, invocation: Parameters) -> Destination {
    let auth = Auth::api_key(HeaderName::from_static("x-key"), &"secret".into()).unwrap();
    Destination {
        arn: "arn".into(),
        name: "d".into(),
        method,
        endpoint: Endpoint::parse(endpoint).unwrap(),
        rate: 300,
        connection: Arc::new(Connection { name: "c".into(), auth, invocation }),
    }
}

fn dynamic(text: &str) -> Dynamic {
    Dynamic::parse(text).unwrap()
}

fn event() -> Event {
    Event::from_record(json!({"messageId": "m-1", "body": r#"{"id":"a/b é","n":7,"up":"..","nil":null,"nl":"a\nb"}"#}))
}

fn header_of(name: &'static str, value: &str) -> (HeaderName, Dynamic) {
    (HeaderName::from_static(name), dynamic(value))
}

#[test]
fn a_call_is_what_aws_would_send() {
    let call = plan(
        &destination("https://x.example/in?v=1", Method::POST, Parameters::default()),
        &HttpParameters::default(),
        &event(),
        "{}".into(),
        None,
    )
    .unwrap();
    let headers: Vec<String> =
        call.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    assert_eq!(
        headers,
        [
            "content-type: application/json; charset=utf-8",
            "webhook-id: m-1",
            "x-key: secret",
            "user-agent: Amazon/EventBridge/ApiDestinations",
            "range: bytes=0-1048575",
            "accept-encoding: gzip,deflate",
        ]
    );
    assert_eq!((call.url.as_str(), call.body.as_ref()), ("https://x.example/in?v=1", b"{}".as_ref()));
}

#[test]
fn stars_are_filled_and_queries_merged() {
    let parameters = HttpParameters {
        path: vec![dynamic("$.body.id"), dynamic("$.body.n")],
        query: vec![
            ("q".into(), dynamic("$.body.id")),
            ("none".into(), dynamic("$.body.gone")),
            ("nil".into(), dynamic("$.body.nil")),
            ("both".into(), dynamic("pipe")),
        ],
        ..HttpParameters::default()
    };
    let fixed = Parameters { query: vec![("both".into(), "connection".into())], ..Parameters::default() };
    let destination = destination("https://x.example/*/in-*?v=*", Method::GET, fixed);
    assert_eq!(destination.endpoint.wildcards(), 2);
    let call = plan(&destination, &parameters, &event(), "{}".into(), None).unwrap();
    let expected = "https://x.example/a%2Fb%20%C3%A9/in-7?v=*&q=a%2Fb+%C3%A9&both=connection";
    assert_eq!((call.url.as_str(), call.body.len()), (expected, 0));
}

#[test]
fn the_connection_wins_and_a_custom_content_type_stays() {
    let parameters = HttpParameters {
        headers: vec![
            header_of("content-type", "text/plain"),
            header_of("x-both", "pipe"),
            header_of("x-n", "$.body.n"),
            header_of("x-none", "$.body.gone"),
        ],
        ..HttpParameters::default()
    };
    let fixed = Parameters {
        headers: vec![(HeaderName::from_static("x-both"), HeaderValue::from_static("connection"))],
        body: vec![("k".into(), "connection".into())],
        ..Parameters::default()
    };
    let destination = destination("http://x.example/", Method::PUT, fixed);
    let body = r#"{"a":1.0,"k":"pipe"}"#;
    let token = Some(HeaderValue::from_static("Bearer t"));
    let call = plan(&destination, &parameters, &event(), body.into(), token).unwrap();
    assert_eq!(call.headers["content-type"], "text/plain");
    assert_eq!(
        (&call.headers["x-both"], &call.headers["x-n"]),
        (&"connection".parse().unwrap(), &"7".parse().unwrap())
    );
    assert_eq!((call.headers.get("x-none"), &call.headers["authorization"]), (None, &"Bearer t".parse().unwrap()));
    assert_eq!(call.body, r#"{"a":1.0,"k":"connection"}"#);
    assert!(plan(&destination, &parameters, &event(), "text".into(), None).is_err());
}

#[test]
fn what_cannot_be_sent_is_said() {
    let reason = |path: &str, name: &'static str, value: &str| {
        let parameters =
            HttpParameters { path: vec![dynamic(path)], headers: vec![header_of(name, value)], query: Vec::new() };
        let destination = destination("https://x.example/*", Method::POST, Parameters::default());
        plan(&destination, &parameters, &event(), String::new(), None).unwrap_err().to_string()
    };
    assert!(reason("$.body.gone", "x-a", "1").ends_with("the event has no value for a path parameter"));
    assert!(reason("$.body.up", "x-a", "1").ends_with("a path parameter is `.` or `..`"));
    assert!(reason("$.body.n", "x-a", "$.body.nl").ends_with("the value for header x-a holds a control character"));
}

#[test]
fn endpoints_and_dynamic_values_are_checked_at_load() {
    for text in ["x.example/in", "ftp://x.example", "https://u:p@x.example/", "https://x.example/#f"] {
        assert!(Endpoint::parse(text).is_err(), "{text}");
    }
    assert_eq!(Dynamic::parse("id-$.x"), Ok(Dynamic::Literal("id-$.x".into())));
    assert!(Dynamic::parse("$.a['b']").is_err());
}
