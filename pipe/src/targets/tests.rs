//! Calls as they leave: what is filled, merged, overridden and refused.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method};
use kit::call::Call;
use serde_json::json;

use super::connection::{Auth, Connection, ConnectionParameters};
use super::*;
use crate::event::Event;

fn destination(endpoint: &str, method: Method, invocation: ConnectionParameters) -> Destination {
    let auth = Auth::api_key(HeaderName::from_static("x-key"), &"secret".into()).unwrap();
    Destination {
        name: "d".into(),
        method,
        endpoint: Endpoint::parse(endpoint).unwrap(),
        rate: 300,
        connection: Arc::new(Connection {
            name: "c".into(),
            auth,
            invocation,
        }),
    }
}

#[track_caller]
fn planned(
    destination: Destination,
    parameters: HttpParameters,
    body: &str,
    token: Option<HeaderValue>,
) -> Result<Call, PlanError> {
    let invocation = HttpTarget {
        destination: Arc::new(destination),
        parameters,
    };
    let draft = plan(&invocation, &event(), "m-1", body.into())?;
    draft.authorize(&invocation.destination.connection, token)
}

fn dynamic(text: &str) -> DynamicValue {
    DynamicValue::parse(text).unwrap()
}

fn event() -> Event {
    Event::from_record(
        json!({"messageId": "m-1", "body": r#"{"id":"a/b é","n":7,"up":"..","nil":null,"key":"k","nl":"a\nb","blank":" "}"#}),
    )
}

fn header_of(name: &'static str, value: &str) -> (HeaderName, DynamicValue) {
    (HeaderName::from_static(name), dynamic(value))
}

#[test]
fn a_call_is_what_aws_would_send() {
    let destination = destination(
        "https://x.example/in?v=1",
        Method::POST,
        ConnectionParameters::default(),
    );
    let call = planned(destination, HttpParameters::default(), "{}", None).unwrap();
    let headers: Vec<String> = call
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    assert_eq!(
        headers,
        [
            "content-type: application/json; charset=utf-8",
            "webhook-id: m-1",
            "user-agent: Amazon/EventBridge/ApiDestinations",
            "range: bytes=0-1048575",
            "accept-encoding: gzip,deflate",
            "x-key: secret",
        ]
    );
    assert_eq!(
        (call.url.as_str(), call.body.as_ref()),
        ("https://x.example/in?v=1", b"{}".as_ref())
    );
}

#[test]
fn stars_are_filled_and_queries_merged() {
    let parameters = HttpParameters {
        path: vec![dynamic("$.body.id"), dynamic("$.body.n")],
        query: vec![
            (dynamic("q"), dynamic("$.body.id")),
            (dynamic("none"), dynamic("$.body.gone")),
            (dynamic("nil"), dynamic("$.body.nil")),
            (dynamic("both"), dynamic("pipe")),
            (dynamic("$.body.key"), dynamic("7")),
            (dynamic("$.body.gone"), dynamic("7")),
        ],
        ..HttpParameters::default()
    };
    let fixed = ConnectionParameters {
        query: vec![("both".into(), "connection".into())],
        ..ConnectionParameters::default()
    };
    let destination = destination("https://x.example/*/in-*?v=*", Method::GET, fixed);
    assert_eq!(destination.endpoint.wildcards(), 2);
    let call = planned(destination, parameters, "{}", None).unwrap();
    let expected =
        "https://x.example/a%2Fb%20%C3%A9/in-7?v=*&q=a%2Fb+%C3%A9&none=&nil=&k=7&both=connection";
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
    let fixed = ConnectionParameters {
        headers: vec![(
            HeaderName::from_static("x-both"),
            HeaderValue::from_static("connection"),
        )],
        body: vec![("k".into(), "connection".into())],
        ..ConnectionParameters::default()
    };
    let destination = destination("http://x.example/", Method::PUT, fixed);
    let body = r#"{"a":1.0,"k":"pipe"}"#;
    let token = Some(HeaderValue::from_static("Bearer t"));
    let call = planned(destination, parameters, body, token).unwrap();
    assert_eq!(call.headers["content-type"], "text/plain");
    assert_eq!(
        (&call.headers["x-both"], &call.headers["x-n"]),
        (&"connection".parse().unwrap(), &"7".parse().unwrap())
    );
    assert_eq!(
        (&call.headers["x-none"], &call.headers["authorization"]),
        (&"".parse().unwrap(), &"Bearer t".parse().unwrap())
    );
    assert_eq!(call.body, r#"{"a":1.0,"k":"connection"}"#);
}

#[test]
fn body_parameters_need_an_object_to_go_into() {
    let fixed = ConnectionParameters {
        body: vec![("k".into(), "v".into())],
        ..ConnectionParameters::default()
    };
    let destination = destination("http://x.example/", Method::PUT, fixed);
    let refused = planned(destination, HttpParameters::default(), "text", None)
        .unwrap_err()
        .to_string();
    assert!(
        refused.ends_with("the body is not a JSON object"),
        "{refused}"
    );
}

#[test]
fn what_is_shown_of_a_call_holds_nothing_of_the_connection_and_no_key() {
    let fixed = ConnectionParameters {
        query: vec![("c".into(), "hidden".into())],
        body: vec![("k".into(), "hidden".into())],
        ..ConnectionParameters::default()
    };
    let parameters = HttpParameters {
        headers: vec![
            header_of("authorization", "hidden"),
            header_of("x-n", "$.body.n"),
        ],
        query: vec![(dynamic("q"), dynamic("$.body.n"))],
        ..HttpParameters::default()
    };
    let destination = Arc::new(destination(
        "https://x.example/in?code=hidden",
        Method::POST,
        fixed,
    ));
    let shown = plan(
        &HttpTarget {
            destination,
            parameters,
        },
        &event(),
        "m-1",
        "{}".into(),
    )
    .unwrap()
    .describe();
    assert!(
        shown.starts_with("POST https://x.example/in?…&q=7\n"),
        "{shown}"
    );
    assert!(
        shown.contains("x-n: 7\n") && shown.ends_with("\n\n{}"),
        "{shown}"
    );
    assert!(
        !shown.contains("hidden") && !shown.contains("secret"),
        "{shown}"
    );
}

#[test]
fn what_cannot_be_sent_is_said() {
    let reason = |path: &str, name: &'static str, value: &str| {
        let parameters = HttpParameters {
            path: vec![dynamic(path)],
            headers: vec![header_of(name, value)],
            query: Vec::new(),
        };
        let destination = destination(
            "https://x.example/*",
            Method::POST,
            ConnectionParameters::default(),
        );
        planned(destination, parameters, "", None)
            .unwrap_err()
            .to_string()
    };
    assert!(
        reason("$.body.gone", "x-a", "1").ends_with("the event has no value for a path parameter")
    );
    for path in ["$.body.up", "$.body.blank", ""] {
        assert!(
            reason(path, "x-a", "1").ends_with("a path parameter is `.`, `..` or blank"),
            "{path}"
        );
    }
    assert!(
        reason("$.body.n", "x-a", "$.body.nl")
            .ends_with("the value for header x-a contains a control character")
    );
}

#[test]
fn endpoints_and_dynamic_values_are_checked_at_load() {
    for text in [
        "x.example/in",
        "ftp://x.example",
        "https://u:p@x.example/",
        "https://x.example/#f",
    ] {
        assert!(Endpoint::parse(text).is_err(), "{text}");
    }
    for text in [
        "https://*/x",
        "https://*.example/x",
        "https://x.*/",
        "http://*:80/",
    ] {
        assert!(
            Endpoint::parse(text)
                .unwrap_err()
                .contains("not in its host"),
            "{text}"
        );
    }
    assert_eq!(
        Endpoint::parse("https://x.example:80/*/in/*?a=b")
            .unwrap()
            .wildcards(),
        2
    );
    assert_eq!(
        DynamicValue::parse("id-$.x"),
        Ok(DynamicValue::Literal("id-$.x".into()))
    );
    assert!(DynamicValue::parse("$.a['b']").is_err());
}

#[test]
fn lists_are_split_by_number_and_size() {
    let apart = |sizes: &[usize], most, largest| split(sizes.iter().copied(), most, largest);
    assert_eq!(
        apart(&[100, 100, 100, 300, 1], 10, 256),
        [0..2, 2..3, 3..4, 4..5]
    );
    assert_eq!(apart(&[1; 5], 2, 100), [0..2, 2..4, 4..5]);
    assert!(apart(&[], 2, 100).is_empty());
}
