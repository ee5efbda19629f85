//! `tidegate transform`: an event through an input template of EventBridge Pipes.
//!
//! The pipe transforms; this file reads, prints and chooses the exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use kit::console;
use pipe::event::Event;
use pipe::transform::{ReservedVariables, Transform};
use serde_json::{Value, json};

use crate::cases::{answer_lines, error, read};

/// Transform an event by an input template to the text that the target would receive
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 there is an output, 1 AWS would deliver nothing, 2 the template is refused or the \
                        input is unreadable.\nWith --jsonl: 0 every line was answered."
)]
pub(crate) struct Args {
    /// The input template; a line break at its end is not part of it
    #[arg(long, value_name = "FILE", required_unless_present = "jsonl")]
    template: Option<PathBuf>,
    /// The event, a JSON file: an SQS record as a pipe polls it, for example
    #[arg(long, value_name = "FILE", required_unless_present = "jsonl")]
    event: Option<PathBuf>,
    /// The value of a reserved variable, for example aws.pipes.pipe-name=orders. Repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    variable: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Read cases from standard input, one {"name", "template", "event", "variables"} a line, and
    /// answer one line each
    #[arg(long, conflicts_with_all = ["template", "event", "variable"])]
    jsonl: bool,
}

/// Runs the verb.
///
/// # Errors
/// A file or line that cannot be read, or a variable that pipes do not have.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if args.jsonl {
        answer_lines(std::io::stdin().lock(), console::output(), answer, error)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(template), Some(event)) = (&args.template, &args.event) else {
        bail!("--template and --event are needed");
    };
    let template = read(template)?;
    let event = serde_json::from_str(&read(event)?).with_context(|| event.display().to_string())?;
    let mut variables = Variables::default();
    for given in &args.variable {
        let (name, value) = given
            .split_once('=')
            .with_context(|| format!("invalid --variable {given}: expected NAME=VALUE"))?;
        variables.set(name, value)?;
    }
    let outcome = transform(
        template.strip_suffix('\n').unwrap_or(&template),
        event,
        &variables,
    );
    print(&outcome, args.json)?;
    Ok(outcome.exit_code())
}

/// What the reserved variables stand for.
#[derive(Debug, Default)]
struct Variables {
    names: ReservedVariables,
    ingestion_time: String,
}

impl Variables {
    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let slot = match name {
            "aws.pipes.pipe-arn" => &mut self.names.pipe_arn,
            "aws.pipes.pipe-name" => &mut self.names.pipe_name,
            "aws.pipes.source-arn" => &mut self.names.source_arn,
            "aws.pipes.enrichment-arn" => &mut self.names.enrichment_arn,
            "aws.pipes.target-arn" => &mut self.names.target_arn,
            "aws.pipes.event.ingestion-time" => &mut self.ingestion_time,
            _ => bail!(
                "unknown variable {name}: expected aws.pipes. and pipe-arn, pipe-name, source-arn, \
                 enrichment-arn, target-arn or event.ingestion-time"
            ),
        };
        value.clone_into(slot);
        Ok(())
    }

    fn from_case(variables: &Value) -> Result<Variables> {
        let mut read = Variables::default();
        let variables = match variables {
            Value::Null => return Ok(read),
            Value::Object(variables) => variables,
            _ => bail!("variables must be an object"),
        };
        for (name, value) in variables {
            read.set(
                name,
                value
                    .as_str()
                    .with_context(|| format!("the variable {name} must be text"))?,
            )?;
        }
        Ok(read)
    }
}

#[derive(Debug, PartialEq)]
enum Transformed {
    Output(String),
    Failed(String),
    Refused(String),
}

impl Transformed {
    fn to_json(&self) -> Value {
        match self {
            Transformed::Output(text) => json!({ "output": text }),
            Transformed::Failed(reason) | Transformed::Refused(reason) => {
                json!({ "error": reason })
            }
        }
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Transformed::Output(_) => 0,
            Transformed::Failed(_) => 1,
            Transformed::Refused(_) => 2,
        })
    }
}

fn transform(template: &str, event: Value, variables: &Variables) -> Transformed {
    let transform = match Transform::parse(template) {
        Ok(transform) => transform,
        Err(error) => return Transformed::Refused(error.to_string()),
    };
    match transform.render(
        &Event::from_record(event),
        &variables.names,
        &variables.ingestion_time,
    ) {
        Ok(output) => Transformed::Output(output),
        Err(error) => Transformed::Failed(error.to_string()),
    }
}

fn print(outcome: &Transformed, as_json: bool) -> Result<()> {
    match outcome {
        _ if as_json => console::print(format_args!("{}\n", outcome.to_json()))?,
        Transformed::Output(text) => console::print(format_args!("{text}\n"))?,
        Transformed::Failed(reason) | Transformed::Refused(reason) => console::error(reason),
    }
    Ok(())
}

fn answer(case: &mut Value) -> Result<Value> {
    let variables = Variables::from_case(&case["variables"])?;
    let event = case
        .get_mut("event")
        .context("the case has no event")?
        .take();
    let template = case["template"].as_str().context("template must be text")?;
    Ok(transform(template, event, &variables).to_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_answered_in_order() {
        let input = concat!(
            r#"{"name":"a","template":"{\"k\":<$.body.x>,\"p\":<aws.pipes.pipe-name>}","event":{"body":"{\"x\":1}"},"#,
            r#""variables":{"aws.pipes.pipe-name":"p1"}}"#,
            "\n",
            r#"{"name":"b","template":"<$.x[","event":{}}"#,
            "\n",
            r#"{"name":"c","template":5,"event":{}}"#,
            "\n",
            r#"{"name":"d","template":"x"}"#,
            "\n",
            r#"{"name":"e","template":"x","event":{},"variables":{"aws.pipes.pipe-name":1}}"#,
            "\n",
            r#"{"name":"f","template":"x","event":{},"variables":{"aws.pipes.nope":"1"}}"#,
            "\n",
            r#"{"name":"g","template":"x","event":{}}"#,
        );
        let mut output = Vec::new();
        answer_lines(input.as_bytes(), &mut output, answer, error).unwrap();
        let output = String::from_utf8(output).unwrap();
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(
            lines[0],
            r#"{"name":"a","output":"{\"k\":1,\"p\":\"p1\"}"}"#
        );
        assert!(
            lines[1].starts_with(r#"{"name":"b","error":"input template, line 1, column 1: "#),
            "{}",
            lines[1]
        );
        let because = |name: &str, why: &str| json!({"name": name, "error": why}).to_string();
        assert_eq!(lines[2], because("c", "line 3: template must be text"));
        assert_eq!(lines[3], because("d", "line 4: the case has no event"));
        assert_eq!(
            lines[4],
            because("e", "line 5: the variable aws.pipes.pipe-name must be text")
        );
        assert_eq!(
            lines[5],
            because(
                "f",
                "line 6: unknown variable aws.pipes.nope: expected aws.pipes. and pipe-arn, pipe-name, source-arn, enrichment-arn, target-arn or event.ingestion-time"
            )
        );
        assert_eq!(lines[6], r#"{"name":"g","output":"x"}"#);
    }

    #[test]
    fn what_aws_would_not_deliver_is_told_from_what_it_refuses() {
        let event = json!({"o": {"k": "v"}});
        let variables = Variables::default();
        assert!(matches!(
            transform(r#"{"a":"<$.o>"}"#, event.clone(), &variables),
            Transformed::Failed(_)
        ));
        assert!(matches!(
            transform("<aws.pipes.x>", event, &variables),
            Transformed::Refused(_)
        ));
        assert!(Variables::default().set("aws.pipes.event", "x").is_err());
    }
}
