//! Execution: takes events through enrichment and target, and reports how each of them ended.
//!
//! An execution is what AWS calls it: one batch of events, its stages, and the invocations in them.
//! A delivery to an API destination passes through four files: `executor` (one message, or a batch)
//! → `stages` (enrichment, then target) → `delivery` (once for each event, or many in one request)
//! → `api_destination`.
//!
//! The room sends requests and writes the execution log. Which message comes when, and what a
//! failure means for it, is decided in `flow`; what is sent is planned in `targets`.

pub(crate) mod api_destination;
pub(crate) mod aws;
mod decompress;
pub(crate) mod delivery;
pub(crate) mod enrichment;
pub(crate) mod entries;
pub(crate) mod executor;
mod invocation;
pub(crate) mod invoke;
mod queue;
mod reply_head;
pub(crate) mod rest_api;
pub(crate) mod stages;
pub(crate) mod tally;
pub(crate) mod token_cache;
mod transformation;
pub(crate) mod unfinished;
