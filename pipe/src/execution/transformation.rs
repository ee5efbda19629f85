//! The transformation of an event: an input template makes a body of it, with the records of that
//! in the execution log.

use kit::time::Timestamp;

use super::tally::SourcedEvent;
use crate::event::Event;
use crate::execution_log::{ExecutionLog, ExecutionStep, Stage, StageStep};
use crate::flow::Verdict;
use crate::transform::{ReservedVariables, Transform, ingestion_time};

/// What a target or an enrichment accepts as a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFormat {
    /// Any text.
    Text,
    /// JSON only.
    Json,
}

/// The body that `template` makes of an event; without a template, the event itself.
pub(super) fn transform(
    template: Option<&Transform>,
    names: &ReservedVariables,
    stage: Stage,
    event: &Event,
    format: BodyFormat,
    log: &ExecutionLog<'_>,
) -> Result<String, Verdict> {
    let Some(template) = template else {
        return Ok(event.text());
    };
    let step = |step| ExecutionStep::Of(stage, step);
    log.record_payload(step(StageStep::TransformationStarted), || event.text());
    let time = ingestion_time(Timestamp::wall());
    let body = match format {
        BodyFormat::Text => template.render(event, names, &time),
        BodyFormat::Json => template.render_json(event, names, &time),
    };
    let body = body.map_err(|reason| {
        let reason = reason.to_string();
        log.record_failure(step(StageStep::TransformationFailed), &reason);
        Verdict::Unsendable {
            reason: reason.into(),
        }
    })?;
    log.record_payload(step(StageStep::TransformationSucceeded), || body.clone());
    Ok(body)
}

/// The bodies for the target, one result for each event.
pub(super) fn transform_all(
    template: Option<&Transform>,
    names: &ReservedVariables,
    events: &[SourcedEvent<'_>],
    format: BodyFormat,
    log: &ExecutionLog<'_>,
) -> Vec<Result<String, Verdict>> {
    events
        .iter()
        .map(|sourced| transform(template, names, Stage::Target, &sourced.event, format, log))
        .collect()
}
