//! How an enrichment is invoked, and what of its answer can be read.

use std::ops::Range;

use bytes::Bytes;
use http::header;
use kit::call::Reply;

use super::delivery::PerEvent;
use super::invocation::record_unplannable;
use super::invoke::Invoke;
use crate::event::Event;
use crate::execution_log::{ExecutionLog, Stage};
use crate::flow::{Cause, Verdict};
use crate::targets::check_json;

/// How an enrichment is invoked.
#[derive(Debug)]
pub(crate) enum EnrichmentCall {
    /// Once for each event: an API destination or a REST API.
    PerEvent(PerEvent),
    /// Once for the batch: a function or a state machine.
    Invoke(Invoke),
}

impl EnrichmentCall {
    /// The runs of bodies that go into one invocation each.
    pub(super) fn parts(&self, bodies: &[String]) -> Vec<Range<usize>> {
        match self {
            EnrichmentCall::PerEvent(_) => (0..bodies.len()).map(|at| at..at + 1).collect(),
            EnrichmentCall::Invoke(invoke) => invoke.program.parts(bodies),
        }
    }

    /// One invocation with the messages of these `ids` and `bodies`; `first` is the event of the
    /// first. Returns what the enrichment answers.
    pub(super) async fn invoke(
        &self,
        first: &Event,
        ids: &[&str],
        bodies: &[String],
        log: &ExecutionLog<'_>,
    ) -> Result<Bytes, Verdict> {
        match self {
            EnrichmentCall::PerEvent(per_event) => {
                // `parts` puts one event into each invocation.
                let id = ids.first().copied().unwrap_or_default();
                let reply = per_event
                    .invoke(first, id, bodies.concat(), Stage::Enrichment, log)
                    .await?;
                check_readable(&reply).map_err(|reason| Verdict::failed(reason, Cause::Message))?;
                Ok(reply.body)
            }
            EnrichmentCall::Invoke(invoke) => {
                if let Some(error) = bodies.iter().find_map(|body| check_json(body).err()) {
                    return Err(record_unplannable(Stage::Enrichment, &error, log));
                }
                invoke
                    .answer(bodies, log)
                    .await
                    .map_err(|refusal| refusal.verdict())
            }
        }
    }
}

/// Checks that the answer of an enrichment over HTTP is whole and not compressed.
///
/// # Errors
/// The answer cannot be read; the text says why.
fn check_readable(reply: &Reply) -> Result<(), &'static str> {
    if !reply.complete {
        return Err("the enrichment answered with more than 6 MB");
    }
    let encoding = reply
        .headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.as_bytes().to_ascii_lowercase());
    match encoding {
        Some(encoding) if encoding != b"identity" => {
            Err("the enrichment answered with a compressed body, although none was asked for")
        }
        _ => Ok(()),
    }
}
