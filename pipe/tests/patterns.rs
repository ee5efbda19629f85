//! Every recorded verdict in `patterns/cases.jsonl`: see the README beside it for where they come
//! from.

use pipe::pattern::Pattern;
use serde_json::Value;

/// A JSON value, or a string that holds the raw text where the text itself matters.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn verdict(case: &Value) -> &'static str {
    let event = serde_json::from_str(&text(&case["event"])).expect("events are JSON");
    match Pattern::parse(&text(&case["pattern"])) {
        Err(_) => "invalid",
        Ok(pattern) if pattern.matches(&event) => "match",
        Ok(_) => "nomatch",
    }
}

#[test]
fn every_recorded_verdict() {
    let cases: Vec<Value> = include_str!("patterns/cases.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("one JSON object a line"))
        .collect();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| verdict(case) != case["expected"])
        .map(|case| {
            format!(
                "{}: {} instead of {}",
                case["name"],
                verdict(case),
                case["expected"]
            )
        })
        .collect();
    assert!(cases.len() >= 489, "only {} cases were read", cases.len());
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
