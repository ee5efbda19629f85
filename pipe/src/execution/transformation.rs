//! The transformation of an event: an input template makes a body of it, with the records of that
//! in the execution log.

use kit::time::Timestamp;

use super::tally::SourcedEvent;
use crate::event::Event;
use crate::execution_log::{ExecutionLog, ExecutionStep, Stage, StageStep};
use crate::flow::Verdict;
use crate::transform::{BodyFormat, ReservedVariables, Transform, body};

/// The body that `template` makes of an event; without a template, the event itself.
pub(super) fn transform(
    template: Option<&Transform>,
    names: &ReservedVariables,
    stage: Stage,
    event: &Event,
    format: BodyFormat,
    log: &ExecutionLog<'_>,
) -> Result<String, Verdict> {
    let step = |step| ExecutionStep::Of(stage, step);
    // Without a template there is no transformation, and no record of one.
    let is_transformed = template.is_some();
    if is_transformed {
        log.record_payload(step(StageStep::TransformationStarted), || event.text());
    }
    // EventBridge shows when the bus took the event, a pipe when its stage got it.
    let at = event.taken_at().unwrap_or_else(Timestamp::wall);
    let body = body(template, format, event, names, at).map_err(|reason| {
        let reason = reason.to_string();
        log.record_failure(step(StageStep::TransformationFailed), &reason);
        Verdict::Unsendable {
            reason: reason.into(),
        }
    })?;
    if is_transformed {
        log.record_payload(step(StageStep::TransformationSucceeded), || body.clone());
    }
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
