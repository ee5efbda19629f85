//! Records of messages, paths into them, and the events of answers.

use super::path::Path;
use super::*;

fn message() -> Message {
    let attribute = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let tenant = MessageAttribute {
        data_type: "String".into(),
        string_value: Some("a".into()),
        binary_value: None,
    };
    Message {
        message_id: "7d0c".into(),
        receipt_handle: "AQEB".into(),
        body: "{\"id\": 7, \"big\": 12345678901234567890.10}".into(),
        attributes: vec![
            attribute("SenderId", "AROA:s"),
            attribute("SentTimestamp", "1767000000000"),
            attribute("ApproximateFirstReceiveTimestamp", "1767000000010"),
            attribute("ApproximateReceiveCount", "3"),
        ],
        message_attributes: vec![("tenant".into(), tenant)],
        md5_of_message_attributes: Some("d1".into()),
        md5_of_body: "d2".into(),
    }
}

#[test]
fn a_record_has_the_fields_and_the_order_of_aws() {
    let event = Event::from_message(message(), "arn:aws:sqs:eu-west-1:123456789012:orders");
    let expected = concat!(
        r#"{"messageId":"7d0c","receiptHandle":"AQEB","body":"{\"id\": 7, \"big\": 12345678901234567890.10}","#,
        r#""attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1767000000000","SenderId":"AROA:s","#,
        r#""ApproximateFirstReceiveTimestamp":"1767000000010"},"messageAttributes":{"tenant":{"stringValue":"a","#,
        r#""stringListValues":[],"binaryListValues":[],"dataType":"String"}},"md5OfMessageAttributes":"d1","#,
        r#""md5OfBody":"d2","eventSource":"aws:sqs","#,
        r#""eventSourceARN":"arn:aws:sqs:eu-west-1:123456789012:orders","awsRegion":"eu-west-1"}"#,
    );
    assert_eq!(event.value().to_string(), expected);
    assert_eq!(message().receive_count(), 3);
}

#[test]
fn paths_look_into_a_body_that_is_json_and_numbers_keep_their_text() {
    let event = Event::from_message(message(), "arn:aws:sqs:eu-west-1:123456789012:orders");
    let find = |path| {
        event
            .find(&Path::parse(path).unwrap())
            .map(|value| value.to_string())
    };
    assert_eq!(find("$.body.big").unwrap(), "12345678901234567890.10");
    assert_eq!(
        find("$.body").unwrap(),
        r#"{"id":7,"big":12345678901234567890.10}"#
    );
    assert_eq!(find("$.attributes.SenderId").unwrap(), "\"AROA:s\"");
    assert_eq!(find("$.body.none"), None);
    assert!(
        find("$").unwrap().contains(r#""body":"{\"id\": 7"#),
        "the whole event keeps the body as text"
    );
}

#[test]
fn a_body_of_text_stays_text() {
    let text = Event::from_message(
        Message {
            body: "plain".into(),
            ..message()
        },
        "arn",
    );
    assert_eq!(
        text.find(&Path::parse("$.body").unwrap()).unwrap().as_str(),
        Some("plain")
    );
    assert_eq!(text.find(&Path::parse("$.body.x").unwrap()), None);
    assert_eq!(text.decoded(), None);
}

#[test]
fn an_answer_is_a_list_of_events_one_event_or_none() {
    let texts = |answer: &str| {
        Event::from_answer(answer.as_bytes())
            .iter()
            .map(Event::text)
            .collect::<Vec<_>>()
            .join(" | ")
    };
    for empty in ["", " \n", "\"\"", "{}", "[]"] {
        assert_eq!(texts(empty), "", "{empty:?}");
    }
    assert_eq!(texts("[{}]"), "{}");
    assert_eq!(texts(r#"[{"a":1.0}, 2]"#), r#"{"a":1.0} | 2"#);
    assert_eq!(
        (texts("null"), texts(r#""a""#), texts("plain")),
        ("null".into(), r#""a""#.into(), "plain".into())
    );
    assert_eq!(Event::from_answer(b"plain")[0].decoded(), None);
    assert_eq!(Event::from_answer(b"[{}]").len(), 1);
}
