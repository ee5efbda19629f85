//! `tidegate match`: an event against an event pattern, and why it does not match.
//!
//! The pipe matches; this file reads, prints and chooses the exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use kit::console;
use pipe::event::Event;
use pipe::event::filter::Filter;
use pipe::pattern::{Mismatch, Pattern, PatternError};
use serde_json::{Value, json};

use crate::cases::{answer_lines, read};

/// Match an event against an event pattern: yes or no, and why
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 it matches, 1 it does not, 2 the pattern is refused or the input is unreadable.\n\
                        With --jsonl: 0 every line was answered."
)]
pub(crate) struct Args {
    /// The event pattern, a JSON file
    #[arg(long, value_name = "FILE", required_unless_present = "jsonl")]
    pattern: Option<PathBuf>,
    /// The event, a JSON file
    #[arg(long, value_name = "FILE", required_unless_present = "jsonl")]
    event: Option<PathBuf>,
    /// Read the event as an SQS record, and its body as the filter of a pipe does
    #[arg(long, conflicts_with = "jsonl")]
    record: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Read cases from standard input, one {"name", "pattern", "event"} a line, and answer one line
    /// each
    #[arg(long, conflicts_with_all = ["pattern", "event"])]
    jsonl: bool,
}

/// Runs the verb.
///
/// # Errors
/// A file or line that cannot be read.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if args.jsonl {
        answer_lines(std::io::stdin().lock(), console::output(), answer, broken)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(pattern), Some(event)) = (&args.pattern, &args.event) else {
        bail!("--pattern and --event are needed");
    };
    let pattern = read(pattern)?;
    let event = serde_json::from_str(&read(event)?).with_context(|| event.display().to_string())?;
    let result = if args.record {
        judge_record(&pattern, event)
    } else {
        judge(&pattern, &event)
    };
    let text = if args.json {
        result.to_json().to_string()
    } else {
        result.to_text()
    };
    console::print(format_args!("{text}\n"))?;
    Ok(result.exit_code())
}

#[derive(Debug, PartialEq)]
enum MatchResult {
    Match,
    /// Why, field by field.
    NoMatch(Vec<String>),
    Invalid(String),
}

fn judge(pattern: &str, event: &Value) -> MatchResult {
    match Pattern::parse(pattern) {
        Ok(pattern) => MatchResult::of(&pattern.misses(event), event),
        Err(refusal) => MatchResult::from(refusal),
    }
}

fn judge_record(pattern: &str, event: Value) -> MatchResult {
    let mut filter = Filter::default();
    match filter.add(pattern) {
        Ok(()) => {
            let event = Event::from_record(event);
            let seen = event.decoded().unwrap_or_else(|| event.value().clone());
            MatchResult::of(&filter.misses(&event), &seen)
        }
        Err(reason) => MatchResult::Invalid(reason),
    }
}

impl From<PatternError> for MatchResult {
    fn from(refusal: PatternError) -> MatchResult {
        MatchResult::Invalid(refusal.to_string())
    }
}

impl MatchResult {
    fn of(misses: &[Mismatch], event: &Value) -> MatchResult {
        let why = |miss: &Mismatch| match miss.field.as_str() {
            "" => miss.to_string(),
            _ => format!("{miss}: the event has {}", miss.found_in(event)),
        };
        match misses {
            [] => MatchResult::Match,
            misses => MatchResult::NoMatch(misses.iter().map(why).collect()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            MatchResult::Match => "match",
            MatchResult::NoMatch(_) => "nomatch",
            MatchResult::Invalid(_) => "invalid",
        }
    }

    fn to_json(&self) -> Value {
        let result = self.name();
        match self {
            MatchResult::Match => json!({ "result": result }),
            MatchResult::NoMatch(why) => json!({ "result": result, "why": why }),
            MatchResult::Invalid(reason) => json!({ "result": result, "why": [reason] }),
        }
    }

    fn to_text(&self) -> String {
        match self {
            MatchResult::Match => "match".into(),
            MatchResult::NoMatch(misses) => misses
                .iter()
                .fold("no match".into(), |text, miss| format!("{text}\n  {miss}")),
            MatchResult::Invalid(reason) => format!("invalid\n  {reason}"),
        }
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            MatchResult::Match => 0,
            MatchResult::NoMatch(_) => 1,
            MatchResult::Invalid(_) => 2,
        })
    }
}

fn answer(case: &mut Value) -> Result<Value> {
    let pattern = raw(case.get("pattern").context("the case has no pattern")?);
    let event: Value =
        serde_json::from_str(&raw(case.get("event").context("the case has no event")?))
            .context("the event is not valid JSON")?;
    if !event.is_object() {
        bail!("the event must be a JSON object");
    }
    Ok(json!({ "result": judge(&pattern, &event).name() }))
}

/// The answer to a case that cannot be read: invalid, as for a refused pattern, with the reason.
fn broken(why: &str) -> Value {
    json!({ "result": "invalid", "error": why })
}

/// A JSON value, or a string that holds the raw text where the text itself matters (repeated keys,
/// broken JSON).
fn raw(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_answered_in_order() {
        let input = concat!(
            r#"{"name":"a","pattern":{"x":[1]},"event":{"x":1.0}}"#,
            "\n\n",
            r#"{"name":"b","pattern":"{\"x\":[1],\"x\":[2]}","event":{"x":1}}"#,
            "\n",
            r#"{"name":"c","pattern":"{","event":{}}"#,
            "\n",
            r#"{"name":"d","pattern":{"x":[1]},"event":"{broken"}"#,
            "\n",
            r#"{"name":"e","pattern":{"x":[1]},"event":[1]}"#,
            "\n",
            r#"{"name":"f","event":{}}"#,
            "\n",
            r#"{"name":"g","pattern":{"x":[1]}}"#,
            "\n",
            r#"{"name":"h","pattern":{"x":[1]},"event":"{\"x\":1}"}"#,
        );
        let mut output = Vec::new();
        answer_lines(input.as_bytes(), &mut output, answer, broken).unwrap();
        let output = String::from_utf8(output).unwrap();
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines[0], r#"{"name":"a","result":"match"}"#);
        assert_eq!(lines[1], r#"{"name":"b","result":"nomatch"}"#);
        assert_eq!(lines[2], r#"{"name":"c","result":"invalid"}"#);
        let why =
            r#"{"name":"d","result":"invalid","error":"line 5: the event is not valid JSON: "#;
        assert!(lines[3].starts_with(why), "{}", lines[3]);
        assert_eq!(
            lines[4],
            r#"{"name":"e","result":"invalid","error":"line 6: the event must be a JSON object"}"#
        );
        assert_eq!(
            lines[5],
            r#"{"name":"f","result":"invalid","error":"line 7: the case has no pattern"}"#
        );
        assert_eq!(
            lines[6],
            r#"{"name":"g","result":"invalid","error":"line 8: the case has no event"}"#
        );
        assert_eq!(lines[7], r#"{"name":"h","result":"match"}"#);
    }

    #[test]
    fn the_reason_is_shown() {
        let result = judge(r#"{"a":[{"prefix":"x"}]}"#, &json!({"a": "y"}));
        assert_eq!(
            result.to_text(),
            "no match\n  a matches none of [{\"prefix\":\"x\"}]: the event has \"y\""
        );
        let record = json!({"body": "text", "eventSource": "aws:sqs"});
        assert_eq!(
            judge_record(r#"{"body":["text"]}"#, record.clone()),
            MatchResult::Match
        );
        assert!(
            judge_record(r#"{"body":{"k":["v"]}}"#, record)
                .to_text()
                .contains("this one is text")
        );
    }
}
