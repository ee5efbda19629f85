//! One step of a stage: an event becomes a body; a reply becomes an enrichment's answer. The
//! journal is told.

use http::header;
use kit::call::Reply;
use kit::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::tally::Owned;
use crate::event::Event;
use crate::execution_log::{Journal, Moment, Stage, Step};
use crate::flow::Verdict;
use crate::targets::PlanError;
use crate::transform::{ReservedVariables, Transform};

/// What somebody takes as a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Any,
    /// JSON only.
    Json,
}

/// What an event becomes by a template, or the event itself without one.
pub fn shape(
    input: Option<&Transform>,
    names: &ReservedVariables,
    stage: Stage,
    event: &Event,
    form: Form,
    journal: &Journal<'_>,
) -> Result<String, Verdict> {
    let Some(input) = input else {
        return Ok(event.text());
    };
    journal.tell_of(Step::Of(stage, Moment::TransformationStarted), || {
        event.text()
    });
    let time = ingestion_time();
    let shaped = match form {
        Form::Any => input.render(event, names, &time),
        Form::Json => input.render_json(event, names, &time),
    };
    let shaped = shaped.map_err(|reason| {
        let reason = reason.to_string();
        journal.tell_failure(Step::Of(stage, Moment::TransformationFailed), &reason);
        Verdict::Unsendable {
            reason: reason.into(),
        }
    })?;
    journal.tell_of(Step::Of(stage, Moment::TransformationSucceeded), || {
        shaped.clone()
    });
    Ok(shaped)
}

/// The bodies for the target.
pub fn shape_all(
    input: Option<&Transform>,
    names: &ReservedVariables,
    events: &[Owned<'_>],
    form: Form,
    journal: &Journal<'_>,
) -> Vec<Result<String, Verdict>> {
    events
        .iter()
        .map(|owned| shape(input, names, Stage::Target, &owned.event, form, journal))
        .collect()
}

/// The verdict on an event that cannot become what its target takes: a customer error, in AWS's
/// terms.
pub fn unplannable(stage: Stage, error: &PlanError, journal: &Journal<'_>) -> Verdict {
    let reason = error.to_string();
    journal.tell_failure(Step::Of(stage, Moment::InvocationFailed), &reason);
    Verdict::Unsendable {
        reason: reason.into(),
    }
}

/// What an enrichment answered with over HTTP, if it can be read.
///
/// # Errors
/// It cannot; the text says why.
pub fn read_answer(reply: &Reply) -> Result<(), &'static str> {
    if !reply.complete {
        return Err("the enrichment answered with more than 6 MB");
    }
    match reply
        .headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.as_bytes().to_ascii_lowercase())
    {
        Some(encoding) if encoding != b"identity" => {
            Err("the enrichment answered with a compressed body, which it was not asked for")
        }
        _ => Ok(()),
    }
}

/// Now, in ISO 8601 with seconds, as the events of EventBridge have it.
pub fn ingestion_time() -> String {
    let seconds = i64::try_from(Timestamp::wall().as_secs()).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339)
        .expect("years of four digits can be written")
}
