//! The quoting rules as a table (`docs/aws/pipes.md#quoting`), and what is refused.

use super::*;
use serde_json::json;

const BODY: &str = r#"{"id":7,"big":12345678901234567890.10,"name":"A \"B\"","tags":["x","y"],"o":{"k":"v"},"nil":null,"n":[1,2],"ok":true}"#;

fn event() -> Event {
    Event::from_record(json!({"messageId": "m-1", "body": BODY, "eventSource": "aws:sqs"}))
}

fn render(template: &str) -> Result<String, String> {
    let names = ReservedVariables {
        source_arn: "arn:q".into(),
        ..ReservedVariables::default()
    };
    let transform = Transform::parse(template).map_err(|error| error.to_string())?;
    transform
        .render(&event(), &names, "2024-05-06T07:08:10Z")
        .map_err(|error| error.to_string())
}

#[test]
fn values_by_place() {
    let cases = [
        (r#"{"id":<$.body.id>}"#, r#"{"id":7}"#),
        (r#"{"id":"<$.body.id>"}"#, r#"{"id":"7"}"#),
        (
            r#"{"big":<$.body.big>}"#,
            r#"{"big":12345678901234567890.10}"#,
        ),
        (
            r#"{"t":<$.body.tags[1]>, "all": <$.body.tags[*]>}"#,
            r#"{"t":"y", "all": ["x","y"]}"#,
        ),
        (
            r#"{"o":<$.body.o>,"n":<$.body.nope>}"#,
            r#"{"o":{"k":"v"},"n":""}"#,
        ),
        (
            r#"{"name":<$.body.name>,"nil":<$.body.nil>}"#,
            r#"{"name":"A \"B\"","nil":null}"#,
        ),
        (
            r#"{"ok":"<$.body.ok>","nil":"<$.body.nil>","gone":"<$.body.gone>"}"#,
            r#"{"ok":"true","nil":"null","gone":""}"#,
        ),
        (r#"{"n":"<$.body.n>"}"#, r#"{"n":"[1,2]"}"#),
        (r#""o is <$.body.o>""#, r#""o is {k:v}""#),
        (
            r#""<$.body.tags> items, <$.body.gone>.""#,
            r#""[x,y] items, .""#,
        ),
        ("<$.body.o>", r#"{"k":"v"}"#),
        ("<$.messageId>", "m-1"),
        (" <$.body.name>\n", " A \"B\"\n"),
        ("<$.body.id>", "7"),
        ("<aws.pipes.source-arn>", "arn:q"),
        ("<$.body.gone>", r#""""#),
        ("Hello <$.body.id>, <b> < c", "Hello 7, <b> < c"),
        (r#""Hello""#, r#""Hello""#),
        (
            r#"{"src":<aws.pipes.source-arn>,"e":"<aws.pipes.enrichment-arn>"}"#,
            r#"{"src":"arn:q","e":""}"#,
        ),
        (
            r#"["at <aws.pipes.event.ingestion-time>"]"#,
            r#"["at 2024-05-06T07:08:10Z"]"#,
        ),
        (
            r#"{"Input":"{\"id\":\"<$.body.id>\"}"}"#,
            r#"{"Input":"{\"id\":\"7\"}"}"#,
        ),
    ];
    for (template, expected) in cases {
        assert_eq!(render(template).as_deref(), Ok(expected), "{template}");
    }
}

/// CDK's integration test of an SQS target (aws-pipes-targets-alpha, integ.sqs.ts), which runs on
/// AWS.
#[test]
fn a_body_of_text_alone_goes_out_without_quotes() {
    let bare = Transform::parse("<$.body>").unwrap();
    for body in ["9f1f2f4e-text", "say \"hi\"\n", "", " x "] {
        let event = Event::from_record(json!({ "body": body }));
        assert_eq!(
            bare.render(&event, &ReservedVariables::default(), "")
                .unwrap(),
            body
        );
        assert_eq!(
            bare.render_json(&event, &ReservedVariables::default(), "")
                .unwrap(),
            json!(body).to_string()
        );
    }
    let event = Event::from_record(json!({"body": "\"in quotes\""}));
    assert_eq!(
        bare.render(&event, &ReservedVariables::default(), "")
            .unwrap(),
        "\"in quotes\"",
        "the JSON that was sent"
    );
    let embedded = Transform::parse(r#"{"body": <$.body>}"#).unwrap();
    let event = Event::from_record(json!({"body": "text"}));
    assert_eq!(
        embedded
            .render(&event, &ReservedVariables::default(), "")
            .unwrap(),
        r#"{"body": "text"}"#
    );
}

#[test]
fn a_value_glued_to_a_number_is_looked_at() {
    assert_eq!(
        render(r#"{"n":-<$.body.id>}"#).as_deref(),
        Ok(r#"{"n":-7}"#)
    );
    assert!(
        render(r#"{"n":-<$.body.tags>}"#)
            .unwrap_err()
            .contains("gives invalid JSON for this event")
    );
}

#[test]
fn a_whole_body_that_is_json_goes_out_as_it_was_sent() {
    let body = "{ \"n\": 1E3,\n\t\"e\": \"\\u00e9 & + % 한국어 🙂\", \"n\": 2 }";
    let event = Event::from_record(json!({ "body": format!(" {body}\n") }));
    let transform = Transform::parse(r#"{"body": <$.body>}"#).unwrap();
    assert_eq!(
        transform
            .render(&event, &ReservedVariables::default(), "")
            .unwrap(),
        format!("{{\"body\": {body}}}")
    );
}

#[test]
fn the_event_with_its_body_as_text_and_as_json() {
    let text = render(r#"{"e":<aws.pipes.event>}"#).unwrap();
    assert!(text.contains(r#""body":"{\"id\":7"#), "{text}");
    let parsed = render(r#"{"e":<aws.pipes.event.json>}"#).unwrap();
    assert!(
        parsed.contains(r#""body":{"id":7,"big":12345678901234567890.10"#),
        "{parsed}"
    );
    let plain = Event::from_record(json!({"body": "no json"}));
    let transform = Transform::parse(r#"{"e":<aws.pipes.event.json>}"#).unwrap();
    assert_eq!(
        transform
            .render(&plain, &ReservedVariables::default(), "")
            .unwrap(),
        r#"{"e":""}"#
    );
}

#[test]
fn what_aws_would_not_deliver_is_an_error_that_names_the_placeholder() {
    let cases = [
        (
            r#"{"o":"<$.body.o>"}"#,
            "<$.body.o> is within a string, and its value is an object",
        ),
        (
            r#"{"t":"a/<$.body.tags>"}"#,
            "<$.body.tags> is within a string, and its value is a list",
        ),
        (
            r#"{"n":"<$.body.name>"}"#,
            "<$.body.name> is within a string, and its value contains a quote or a backslash",
        ),
    ];
    for (template, reason) in cases {
        let error = render(template).unwrap_err();
        assert_eq!(
            error,
            format!("the input template gives invalid JSON for this event: {reason}")
        );
    }
}

#[test]
fn a_value_cannot_change_the_shape_of_the_body() {
    let template = Transform::parse(r#"{"name": "<$.body.name>", "role": "user"}"#).unwrap();
    let render = |name: &str| {
        let event = Event::from_record(json!({"body": json!({ "name": name }).to_string()}));
        template
            .render(&event, &ReservedVariables::default(), "")
            .map_err(|error| error.to_string())
    };
    for name in [
        r#"a","admin":"1"#,
        r#"a", "role": "admin", "x": ""#,
        "a\\",
        "a\nb",
        "a\0",
        r#"a\u12"#,
        "\"",
    ] {
        let reason = render(name).unwrap_err();
        assert!(
            reason.contains("<$.body.name> is within a string") && !reason.contains("admin"),
            "{reason}"
        );
    }
    for (name, kept) in [
        ("Ada", "Ada"),
        (r#"A \"B\""#, r#"A \"B\""#),
        ("{}", "{}"),
        (r"\\", r"\\"),
        ("한 🙂", "한 🙂"),
    ] {
        assert_eq!(
            render(name),
            Ok(format!(r#"{{"name": "{kept}", "role": "user"}}"#))
        );
    }
}

#[test]
fn refused_when_configured() {
    let cases = [
        (
            "{\"a\":\n <$.a['b']>}",
            "line 2, column 2: invalid path \"$.a['b']\"",
        ),
        (
            r#"{"a":<aws.pipes.nope>}"#,
            "line 1, column 6: unknown variable <aws.pipes.nope>",
        ),
        (
            r#"{"a":<aws.events.event>}"#,
            "unknown variable <aws.events.event>",
        ),
        (r#"{"a":<$.a"#, "the placeholder has no `>`"),
        (r#"{<$.a>:1}"#, "cannot become valid JSON"),
        (r#"{"a":1,}"#, "cannot become valid JSON"),
        (&"x".repeat(8193), "more than 8192 characters"),
    ];
    for (template, message) in cases {
        let error = render(template).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
    assert!(
        Transform::parse(&"é".repeat(8192)).is_ok(),
        "the limit counts characters"
    );
}

#[test]
fn the_ingestion_time_is_iso_8601() {
    let at = Timestamp::from_millis(1_710_062_102_999);
    assert_eq!(ingestion_time(at), "2024-03-10T09:15:02Z");
}
