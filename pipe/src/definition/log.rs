//! `LogConfiguration` of a pipe.

use kit::document::{Node, OrCollect as _, Problem};

use super::declared::DeclaredResource;
use crate::execution_log::{LogConfiguration, LogLevel};

/// Reads `LogConfiguration`.
pub(super) fn read_log(
    pipe: &DeclaredResource<'_>,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<LogConfiguration> {
    let mut fields = node
        .fields(format!("{}: LogConfiguration", pipe.label))
        .or_collect(problems)?;
    let level = fields
        .required("Level")
        .and_then(read_level)
        .or_collect(problems);
    // The log of the process takes the place of these destinations.
    fields.ignore(&[
        "CloudwatchLogsLogDestination",
        "FirehoseLogDestination",
        "S3LogDestination",
    ]);
    let data = fields
        .optional("IncludeExecutionData")
        .map(Node::list)
        .transpose()
        .or_collect(problems);
    let data = data.flatten().unwrap_or_default();
    let is_wrong = |entry: &&Node| entry.text() != Ok("ALL");
    problems.extend(data.iter().filter(is_wrong).map(|entry| {
        let message = "invalid IncludeExecutionData: expected ALL";
        entry.text().err().unwrap_or_else(|| entry.problem(message))
    }));
    problems.extend(fields.finish());
    Some(LogConfiguration {
        level: level?,
        execution_data: !data.is_empty(),
    })
}

fn read_level(node: &Node) -> Result<LogLevel, Problem> {
    match node.text()? {
        "OFF" => Ok(LogLevel::Off),
        "ERROR" => Ok(LogLevel::Error),
        "INFO" => Ok(LogLevel::Info),
        "TRACE" => Ok(LogLevel::Trace),
        other => Err(node.problem(format!(
            "invalid Level {other}: expected OFF, ERROR, INFO or TRACE"
        ))),
    }
}
