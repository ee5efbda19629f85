//! What holds for every pattern, template and event, tried on arbitrary ones.

use pipe::event::Event;
use pipe::event::filter::Filter;
use pipe::event::path::Path;
use pipe::pattern::Pattern;
use pipe::transform::{ReservedVariables, Transform};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Names are few, so that patterns and events meet.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[abc]",
        "[ab]\\.[ab]",
        Just("body".to_owned()),
        Just("$or".to_owned())
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-20i64..20).prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no such number", |n| n.is_finite())
            .prop_map(|n| json!(n)),
        "\\PC{0,6}".prop_map(Value::from),
        "[\"\\\\\\n<>$.ab]{0,6}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::vec((name(), value()), 1..5)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

/// An operator that is often right and sometimes not.
fn operator() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("prefix"),
        Just("suffix"),
        Just("equals-ignore-case"),
        Just("wildcard"),
        Just("cidr"),
        Just("exists"),
        Just("numeric"),
        Just("anything-but")
    ];
    let operand = prop_oneof![
        3 => "[ab*\\\\]{0,4}".prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-5i64..5).prop_map(|n| json!([">", n, "<=", n + 3])),
        1 => value(),
    ];
    (key, operand)
        .prop_map(|(key, operand)| Value::Object(Map::from_iter([(key.to_owned(), operand)])))
}

fn pattern() -> impl Strategy<Value = Value> {
    let list = prop::collection::vec(prop_oneof![scalar(), operator()], 1..4).prop_map(Value::from);
    let tree = list.prop_recursive(3, 16, 3, |inner| {
        prop::collection::vec((name(), inner), 1..4)
            .prop_map(|fields| Value::Object(fields.into_iter().collect()))
    });
    prop::collection::vec((name(), tree), 1..4)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

proptest! {
    #[test]
    fn patterns_judge_every_event_and_give_a_reason_exactly_when_it_does_not_match(
        pattern in pattern(), event in object(),
    ) {
        if let Ok(pattern) = Pattern::parse(&pattern.to_string()) {
            prop_assert_eq!(pattern.misses(&event).is_empty(), pattern.matches(&event));
        }
    }

    #[test]
    fn an_event_of_scalars_matches_itself_and_not_its_opposite(event in prop::collection::vec(("[a-f]", scalar()), 1..5)) {
        let event: Map<String, Value> = event.into_iter().collect();
        let lists = |list: fn(&Value) -> Value| event.iter().map(|(key, value)| (key.clone(), list(value))).collect::<Map<_, _>>();
        let same = Pattern::parse(&Value::Object(lists(|value| json!([value]))).to_string()).unwrap();
        let absent = Pattern::parse(&Value::Object(lists(|_| json!([{"exists": false}]))).to_string()).unwrap();
        let event = Value::Object(event);
        prop_assert!(same.matches(&event));
        prop_assert!(!absent.matches(&event));
        let nothing = json!({});
        prop_assert!(absent.matches(&nothing));
    }

    #[test]
    fn no_text_makes_a_pattern_or_a_filter_panic(text in "[\\[\\]{}\",:$or0-9a-e.\\\\*-]{0,60}", body in "\\PC{0,40}") {
        let event = Event::from_record(json!({"body": body}));
        let mut filter = Filter::default();
        if filter.add(&text).is_ok() {
            prop_assert_eq!(filter.misses(&event).is_empty(), filter.passes(&event));
        }
    }

    #[test]
    fn a_value_in_its_own_place_arrives_as_it_is(value in value()) {
        let event = Event::from_record(json!({"body": json!({"v": value}).to_string()}));
        let template = Transform::parse(r#"{"a": [<$.body.v>], "whole": <$.body>}"#).unwrap();
        let output: Value = serde_json::from_str(&template.render(&event, &ReservedVariables::default(), "").unwrap()).unwrap();
        prop_assert_eq!(&output["a"][0], &value);
        prop_assert_eq!(&output["whole"]["v"], &value);
    }

    #[test]
    fn a_json_template_gives_json_or_an_error(value in value()) {
        let event = Event::from_record(json!({"body": json!({"v": value}).to_string()}));
        let template = Transform::parse(r#"{"in": "<$.body.v>", "long": "a <$.body.v> b"}"#).unwrap();
        if let Ok(output) = template.render(&event, &ReservedVariables::default(), "") {
            prop_assert!(serde_json::from_str::<Value>(&output).is_ok(), "{}", output);
        }
    }

    #[test]
    fn no_text_makes_a_template_panic(text in "[{}\\[\\]\"\\\\<>$.a:,1]{0,50}", tail in "\\PC{0,10}") {
        if let Ok(template) = Transform::parse(&format!("{text}{tail}")) {
            let event = Event::from_record(json!({"a": [1, {"a": "\""}], "body": "text"}));
            let _ = template.render(&event, &ReservedVariables::default(), "");
        }
    }

    #[test]
    fn a_path_prints_as_it_was_read(text in "\\$(\\.[a-c/_-]{1,3}(\\[[0-9*]\\])?){0,4}") {
        let path = Path::parse(&text).unwrap();
        prop_assert_eq!(path.to_string(), text);
        let _ = path.find(&json!({"a": [{"b": 1}], "b": {"c": []}}));
    }
}
