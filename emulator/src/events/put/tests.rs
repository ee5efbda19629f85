use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::action::{Caller, Cooldowns};
use crate::endpoint::Strategy;
use crate::engine::Attributes;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_123);

fn caller() -> Caller {
    Caller {
        region: "eu-west-1".into(),
        names_region: true,
        account: "111122223333".into(),
        base: "http://localhost:4566".into(),
        strategy: Strategy::Dynamic,
        trace_header: None,
        cooldowns: Cooldowns::AsAws,
    }
}

/// An engine with queues: name, and the bus that it reads.
fn engine(queues: &[(&str, &str)]) -> Engine {
    let mut engine = Engine::new([0; 16]);
    for (name, bus) in queues {
        let arn = caller().own(name);
        let tags = BTreeMap::from([(BUS_TAG.to_owned(), (*bus).to_owned())]);
        _ = engine.create_queue(NOW, arn, Attributes::new(false), tags);
    }
    engine
}

/// The answer to these entries, as JSON.
fn put(engine: &mut Engine, entries: &Value) -> Value {
    let body = json!({"Entries": entries}).to_string();
    let put = read("PutEvents", body.as_bytes()).expect("within the limits");
    let mut results = Results::default();
    for entry in put.entries {
        let ready = entry.ready(NOW, &caller());
        results.add(ready.and_then(|event| event.store(engine, NOW, "111122223333")));
    }
    serde_json::to_value(&results).unwrap()
}

fn counts(engine: &Engine) -> Vec<(String, usize)> {
    let counts = engine.queues().map(|queue| {
        let name = queue.definition.arn.name.clone();
        (name, queue.counts().ready)
    });
    counts.collect()
}

#[test]
fn an_event_is_stored_for_every_rule_of_its_bus_and_for_no_other_queue() {
    let mut engine = engine(&[
        ("tidegate-rule-a", "orders"),
        ("tidegate-rule-b", "orders"),
        ("tidegate-rule-c", "default"),
        ("plain", "orders"),
    ]);
    let answer = put(
        &mut engine,
        &json!([
            {"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": "orders"},
            {"Source": "s", "DetailType": "t", "Detail": "{}"},
            {"Source": "s", "DetailType": "t", "Detail": "{}",
             "EventBusName": "arn:aws:events:eu-west-1:111122223333:event-bus/orders"},
            {"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": "payments"},
        ]),
    );
    assert_eq!(answer["FailedEntryCount"], 1);
    let error = &answer["Entries"][3]["ErrorCode"];
    assert_eq!(error, "ResourceNotFoundException");
    assert!(answer["Entries"][0]["EventId"].is_string());
    let expected = [
        ("plain", 0),
        ("tidegate-rule-a", 2),
        ("tidegate-rule-b", 2),
        ("tidegate-rule-c", 1),
    ];
    assert_eq!(
        counts(&engine),
        expected.map(|(name, count)| (name.to_owned(), count))
    );
}

#[test]
fn an_event_has_the_envelope_of_eventbridge() {
    let body = json!({"Entries": [{
        "Source": "shop", "DetailType": "Order \"paid\"", "Detail": " {\"n\": 1.10, \"é\": \"\\u0000\"} ",
        "Resources": ["r"], "Time": 1_500_000_000.9, "EventBusName": "", "Other": 1
    }]});
    let put = read("PutEvents", body.to_string().as_bytes()).unwrap();
    let event = put.entries[0].clone().ready(NOW, &caller()).unwrap();
    let expected = format!(
        r#"{{"version":"0","id":"{}","detail-type":"Order \"paid\"","source":"shop","account":"111122223333","time":"2017-07-14T02:40:00Z","region":"eu-west-1","resources":["r"],"detail":{{"n": 1.10, "é": "\u0000"}}}}"#,
        event.id
    );
    assert_eq!(event.body, expected);
    assert_eq!(event.bus.name, "default");
    let shown = |time: Value| {
        let entry =
            json!({"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}", "Time": time}]});
        let put = read("PutEvents", entry.to_string().as_bytes()).unwrap();
        let event = put.entries[0].clone().ready(NOW, &caller());
        event.map(|event| serde_json::from_str::<Value>(&event.body).unwrap()["time"].clone())
    };
    assert_eq!(shown(Value::Null).unwrap(), "2023-11-14T22:13:20Z");
    assert_eq!(
        shown(json!("2024-02-03T04:05:06+01:00")).unwrap(),
        "2024-02-03T03:05:06Z"
    );
    for wrong in [json!("soon"), json!(1e300), json!([])] {
        assert_eq!(shown(wrong).unwrap_err().code, "InvalidArgument");
    }
}

/// Recorded: `docs/aws/events.md#putevents`.
#[test]
fn entries_are_refused_one_by_one() {
    let mut engine = engine(&[("tidegate-rule-a", "default")]);
    let good = json!({"Source": "s", "DetailType": "t", "Detail": "{\"a\":1}"});
    let with = |name: &str, value: Value| {
        let mut entry = good.clone();
        entry[name] = value;
        entry
    };
    let answer = put(
        &mut engine,
        &json!([
            with("Source", Value::Null),
            with("DetailType", json!("")),
            with("Detail", Value::Null),
            with("Detail", json!("{\"a\":")),
            with("Detail", json!("[1]")),
            with("Detail", json!("\"text\"")),
            with("Source", json!("aws.s3")),
            good,
        ]),
    );
    let required = "InvalidArgument";
    let expected = [
        required,
        required,
        required,
        "MalformedDetail",
        "MalformedDetail",
        "MalformedDetail",
        "NotAuthorizedForSourceException",
    ];
    for (place, code) in expected.iter().enumerate() {
        assert_eq!(answer["Entries"][place]["ErrorCode"], *code, "{place}");
    }
    assert_eq!(
        answer["Entries"][0]["ErrorMessage"],
        "Parameter Source is not valid. Reason: Source is a required argument."
    );
    assert_eq!(answer["FailedEntryCount"], 7);
    assert!(answer["Entries"][7]["EventId"].is_string());
    assert_eq!(counts(&engine), [("tidegate-rule-a".to_owned(), 1)]);
}

#[test]
fn a_request_has_its_limits() {
    let entry = |detail: usize| {
        let filler = "x".repeat(detail - r#"{"a":""}"#.len());
        json!({"Source": "s", "DetailType": "t", "Detail": format!(r#"{{"a":"{filler}"}}"#)})
    };
    let refused = |entries: Vec<Value>| {
        let body = json!({"Entries": entries}).to_string();
        read("PutEvents", body.as_bytes())
            .err()
            .map(|fault| fault.to_string())
    };
    assert_eq!(refused(vec![entry(LARGEST - 2)]), None);
    let over = "Total size of the entries in the request is over the limit.";
    assert_eq!(refused(vec![entry(LARGEST - 1)]).as_deref(), Some(over));
    assert!(
        refused(Vec::new())
            .unwrap()
            .contains("greater than or equal to 1")
    );
    assert!(
        refused(vec![entry(9); 11])
            .unwrap()
            .contains("less than or equal to 10")
    );
    assert_eq!(
        read("PutEvents", b"{").unwrap_err().code().0,
        "SerializationException"
    );
    assert_eq!(
        read("PutRule", b"{}").unwrap_err().code(),
        ("InternalFailure", 501)
    );
}
