use serde_json::json;

use super::super::{ReservedVariables, Transform};
use super::*;
use crate::event::Event;

fn event() -> Event {
    let event = json!({
        "version": "0", "id": "e-1", "detail-type": "Order", "source": "shop", "resources": [],
        "detail": {
            "userId": "0a78", "payload": {"acc_id": "0a78", "sf_id": "baz"}, "listsingle": ["HIGH"],
            "listmulti": ["ACTIVE", "INACTIVE"], "valid": true
        }
    });
    Event::from_record(event)
}

fn names() -> ReservedVariables {
    ReservedVariables {
        pipe_arn: "arn:rule".into(),
        pipe_name: "orders".into(),
        ..ReservedVariables::default()
    }
}

fn paths() -> InputPaths {
    let of_detail = [
        "userId",
        "payload",
        "listsingle",
        "listmulti",
        "valid",
        "missing",
    ];
    let paths = of_detail.iter().map(|name| {
        let path = Path::parse(&format!("$.detail.{name}")).unwrap();
        ((*name).to_owned(), path)
    });
    paths.collect()
}

/// `None` when nothing is delivered.
fn rendered(template: &str) -> Option<String> {
    let template = Transform::of_rule(template, &paths()).unwrap();
    template
        .render(&event(), &names(), "2024-01-01T00:00:00Z")
        .ok()
}

/// Recorded: `docs/aws/events.md#input-transformation`.
#[test]
fn templates_give_what_was_recorded() {
    for (template, expected) in [
        (r#"{"id": <userId>}"#, Some(r#"{"id": "0a78"}"#)),
        (r#"{"id": "<userId>"}"#, Some(r#"{"id": "0a78"}"#)),
        (
            r#"{"path":"users/<userId>","bod":<payload>}"#,
            Some(r#"{"path":"users/0a78","bod":{"acc_id":"0a78","sf_id":"baz"}}"#),
        ),
        (
            r#"{"bod":[<userId>,"hardcoded"]}"#,
            Some(r#"{"bod":["0a78","hardcoded"]}"#),
        ),
        (r#"{"l":<listsingle>}"#, Some(r#"{"l":["HIGH"]}"#)),
        (
            r#""Payload of <payload> with <userId>""#,
            Some(r#""Payload of {acc_id:0a78,sf_id:baz} with 0a78""#),
        ),
        (
            r#""<listmulti> items""#,
            Some(r#""[ACTIVE,INACTIVE] items""#),
        ),
        (r#""<missing> system""#, Some(r#"" system""#)),
        (r#"{"command": <missing>}"#, Some(r#"{"command": ""}"#)),
        (r#""Command is <valid>!""#, Some(r#""Command is true!""#)),
        (r#"{"payload":"<payload>"}"#, None),
        (r#"{"l":"<listsingle>"}"#, None),
        (r#"{"x":"a/<payload>"}"#, None),
    ] {
        assert_eq!(rendered(template).as_deref(), expected, "{template}");
    }
}

#[test]
fn the_variables_of_eventbridge() {
    let template = r#"{"a": <aws.events.rule-arn>, "n": <aws.events.rule-name>, "t": <aws.events.event.ingestion-time>}"#;
    assert_eq!(
        rendered(template).unwrap(),
        r#"{"a": "arn:rule", "n": "orders", "t": "2024-01-01T00:00:00Z"}"#
    );
    let short: Value = serde_json::from_str(&rendered("<aws.events.event>").unwrap()).unwrap();
    assert_eq!(
        short,
        json!({"version": "0", "id": "e-1", "detailType": "Order", "source": "shop", "resources": []})
    );
    assert_eq!(rendered("<aws.events.event.json>").unwrap(), event().text());
    assert_eq!(rendered("<userId>").as_deref(), Some(r#""0a78""#));
}

#[test]
fn a_word_in_angle_brackets_is_a_variable_or_a_mistake() {
    let told = |template: &str| {
        let parsed = Transform::of_rule(template, &paths());
        parsed.map(drop).unwrap_err().to_string()
    };
    assert!(told("<nope>").contains("invalid placeholder <nope>"));
    assert!(told(r#"{"a": <aws.pipes.event>}"#).contains("<aws.pipes.event>"));
    assert!(Transform::of_rule("a < b > c", &paths()).is_ok());
    assert!(is_reserved("AWS.x") && !is_reserved("aws"));
}

#[test]
fn constants_and_parts() {
    let none = ReservedVariables::default();
    let constant = Transform::constant(r#"{"a": "<b>"}"#);
    assert_eq!(
        constant.render(&event(), &none, "").unwrap(),
        r#"{"a": "<b>"}"#
    );
    let part = |path: &str| {
        let part = Transform::part(Path::parse(path).unwrap());
        part.render(&event(), &none, "").unwrap()
    };
    assert_eq!(part("$.detail.listsingle"), r#"["HIGH"]"#);
    assert_eq!(part("$.detail.payload.sf_id"), r#""baz""#);
    assert_eq!(part("$.detail-type"), r#""Order""#);
}
