//! Door: the logs of a gateway, and what its admin port shows.

use std::sync::Arc;

use axum::Router;

use super::Gateway;
use crate::access_log::{AccessLog, LogArgs};
use crate::cache::{self, ResponseCache};
use crate::execution_log::{self, ExecutionLogs};

impl Gateway {
    /// The same gateway with these settings of its logs, and so many MiB for cached responses.
    ///
    /// # Errors
    /// A log cannot be opened.
    pub(crate) fn with_logs(self, args: &LogArgs, cache_memory: u32) -> anyhow::Result<Gateway> {
        let bytes = cache_memory as usize * 1024 * 1024;
        Ok(self.with(args.access_log()?, args.execution_log()?, bytes))
    }

    /// The same gateway with these logs, and this memory for cached responses, in bytes.
    #[must_use]
    pub(crate) fn with(
        self,
        access_log: Option<AccessLog>,
        execution_log: Option<AccessLog>,
        cache_memory: usize,
    ) -> Gateway {
        Gateway {
            access_log,
            execution_logs: Arc::new(ExecutionLogs::new(execution_log)),
            cache: Arc::new(ResponseCache::new(cache_memory)),
            ..self
        }
    }

    /// What the admin port shows of it.
    pub(crate) fn admin_routes(&self) -> Router {
        execution_log::routes(self.execution_logs.clone()).merge(cache::routes(self.cache.clone()))
    }

    /// Opens log files again, which somebody may have moved away.
    pub(crate) fn reopen_logs(&self) {
        self.logs().for_each(AccessLog::reopen);
    }

    /// Waits a moment for what is not written yet.
    pub(crate) fn flush_logs(&self) {
        self.logs().for_each(AccessLog::flush);
    }

    fn logs(&self) -> impl Iterator<Item = &AccessLog> {
        let both = [self.access_log.as_ref(), self.execution_logs.destination()];
        both.into_iter().flatten()
    }
}
