//! Every case in `templates/cases.jsonl`: see the README beside it for where they come from.

use pipe::event::Event;
use pipe::transform::{ReservedVariables, Transform};
use serde_json::Value;

fn names(variables: &Value) -> ReservedVariables {
    let name = |key: &str| variables[key].as_str().unwrap_or_default().to_owned();
    ReservedVariables {
        pipe_arn: name("aws.pipes.pipe-arn"),
        pipe_name: name("aws.pipes.pipe-name"),
        source_arn: name("aws.pipes.source-arn"),
        enrichment_arn: name("aws.pipes.enrichment-arn"),
        target_arn: name("aws.pipes.target-arn"),
    }
}

/// The output, or the way in which there is none: the words of the column `compare`.
fn output(case: &Value) -> Result<String, &'static str> {
    let transform =
        Transform::parse(case["template"].as_str().expect("a template")).map_err(|_| "error")?;
    let time = case["variables"]["aws.pipes.event.ingestion-time"]
        .as_str()
        .unwrap_or_default();
    let event = Event::from_record(case["event"].clone());
    transform
        .render(&event, &names(&case["variables"]), time)
        .map_err(|_| "not_delivered")
}

fn passes(case: &Value) -> bool {
    match (
        case["compare"].as_str().expect("how to compare"),
        output(case),
    ) {
        ("text", Ok(text)) => case["expected"] == text.as_str(),
        ("json", Ok(text)) => {
            serde_json::from_str::<Value>(&text).is_ok_and(|value| value == case["expected"])
        }
        (compare, Err(failure)) => compare == failure,
        _ => false,
    }
}

#[test]
fn every_case() {
    let cases: Vec<Value> = include_str!("templates/cases.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("one JSON object a line"))
        .collect();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| !passes(case))
        .map(|case| {
            format!(
                "{}: {:?} instead of {}",
                case["name"],
                output(case),
                case["expected"]
            )
        })
        .collect();
    assert!(cases.len() >= 15, "only {} cases were read", cases.len());
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
