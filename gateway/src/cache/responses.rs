//! Door: the cached responses of all stages, behind a lock.

use kit::lock::Mutex;
use kit::time::Timestamp;

use super::entries::{Entries, Entry};
use super::key;
use super::plan::CachePlan;
use crate::method_response::MethodResponse;

/// The longest body that is cached, in bytes: `docs/aws/api-gateway.md#cache`.
const LONGEST_BODY: usize = 1_048_576;

const TRACE: &str = "x-amzn-trace-id";

/// The responses of all stages.
#[derive(Debug)]
pub(crate) struct ResponseCache(Mutex<Entries>);

impl ResponseCache {
    /// A cache that takes so many bytes.
    pub(crate) fn new(memory: usize) -> ResponseCache {
        ResponseCache(Mutex::new(Entries::new(memory)))
    }

    /// The response for a request that arrived with this trace id, if there is one.
    pub(crate) fn get(
        &self,
        plan: &CachePlan,
        now: Timestamp,
        trace_id: &str,
    ) -> Option<(MethodResponse, bool)> {
        if !plan.looks_up {
            return None;
        }
        let found = self.0.lock().get(&plan.key, now)?;
        let mut response = found.response.clone();
        if found.is_traced {
            response
                .headers
                .push((TRACE.to_owned(), trace_id.to_owned()));
        }
        Some((response, found.is_encoded))
    }

    /// Keeps a response. The trace id of its own request is not part of it.
    pub(crate) fn put(
        &self,
        plan: &CachePlan,
        now: Timestamp,
        (response, is_encoded): (&MethodResponse, bool),
        trace_id: &str,
    ) {
        if response.body.len() > LONGEST_BODY {
            return;
        }
        let mut kept = response.clone();
        let is_own = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case(TRACE) && value == trace_id
        };
        let is_traced = kept.headers.iter().any(is_own);
        kept.headers.retain(|header| !is_own(header));
        let entry = Entry {
            response: kept,
            is_traced,
            is_encoded,
        };
        self.0
            .lock()
            .put(plan.key.clone(), entry, now + plan.ttl, now);
    }

    /// Forgets the responses of a stage of an API, or of all.
    pub(crate) fn flush(&self, stage: Option<(&str, &str)>) -> usize {
        let prefix = stage.map(|(api, stage)| key::prefix(api, stage));
        self.0.lock().flush(prefix.as_deref())
    }
}
