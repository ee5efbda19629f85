//! Door: who wants execution logs, and where they go.

use std::sync::atomic::{AtomicBool, Ordering};

use kit::lock::Mutex;
use kit::time::Timestamp;

use super::demand::{Demand, Execution, KeptLog, Wish};
use super::recording::Recording;
use crate::access_log::AccessLog;
use crate::api::LoggingLevel;
use crate::gateway_responses::Fault;
use crate::method_request::Request;
use crate::method_response::MethodResponse;
use crate::stage::Route;

/// The execution logs of a gateway.
#[derive(Debug, Default)]
pub(crate) struct ExecutionLogs {
    /// Whether any wish waits: the only thing that most requests look at.
    is_waiting: AtomicBool,
    demand: Mutex<Demand>,
    /// `--execution-log`
    destination: Option<AccessLog>,
}

impl ExecutionLogs {
    /// Logs of stages go to `destination`.
    pub(crate) fn new(destination: Option<AccessLog>) -> ExecutionLogs {
        ExecutionLogs {
            destination,
            ..ExecutionLogs::default()
        }
    }

    /// The file, where there is one.
    pub(crate) fn destination(&self) -> Option<&AccessLog> {
        self.destination.as_ref()
    }

    /// Begins to record a request, if somebody wants that.
    pub(crate) fn begin(&self, route: &Route<'_>, request: &Request) -> (Recording, WantedBy) {
        let wanted = WantedBy {
            by_operator: self.is_waiting.load(Ordering::Relaxed) && self.takes(route, request),
            by_stage: self.level(route, request),
        };
        if !wanted.by_operator && wanted.by_stage == LoggingLevel::Off {
            return (Recording::default(), wanted);
        }
        let has_data = wanted.by_operator || {
            let (method, methods) = (route.asked(&request.method), &route.stage.methods);
            let traced = methods.get(method, |setting| setting.data_trace);
            traced.unwrap_or_default()
        };
        (Recording::of(&request.request_id, has_data), wanted)
    }

    fn takes(&self, route: &Route<'_>, request: &Request) -> bool {
        let execution = Execution {
            request_id: &request.request_id,
            verb: request.method.as_str(),
            resource: &route.resource.path,
            stage: &route.stage.name,
        };
        let mut demand = self.demand.lock();
        let takes = demand.takes(&execution, Timestamp::now());
        self.is_waiting
            .store(demand.is_waiting(), Ordering::Relaxed);
        takes
    }

    /// `LoggingLevel`, where there is a file for it.
    fn level(&self, route: &Route<'_>, request: &Request) -> LoggingLevel {
        if self.destination.is_none() || route.stage.methods.0.is_empty() {
            return LoggingLevel::Off;
        }
        let (method, methods) = (route.asked(&request.method), &route.stage.methods);
        let level = methods.get(method, |setting| setting.logging);
        level.unwrap_or_default()
    }

    /// Hands on what was recorded of a request that got this response.
    pub(crate) fn end(
        &self,
        recording: Recording,
        wanted: WantedBy,
        request: &Request,
        response: &Result<MethodResponse, Fault>,
    ) {
        let Some(lines) = recording.finish() else {
            return;
        };
        let is_for_stage = match wanted.by_stage {
            LoggingLevel::Off => false,
            LoggingLevel::Error => response.is_err(),
            LoggingLevel::Info => true,
        };
        if let Some(destination) = self.destination.as_ref().filter(|_| is_for_stage) {
            let time = request.time();
            let lines = lines.iter().map(|line| format!("[{time}] {line}\n"));
            destination.write(&lines.collect::<String>());
        }
        if wanted.by_operator {
            let request_id = request.request_id.clone();
            self.demand.lock().keep(KeptLog { request_id, lines });
        }
    }

    /// Records the requests of this wish; false when too many wishes wait.
    pub(super) fn wish(&self, wish: Wish) -> bool {
        let is_added = self.demand.lock().add(wish, Timestamp::now());
        self.is_waiting.fetch_or(is_added, Ordering::Relaxed);
        is_added
    }

    /// The lines of the logs that are kept: all, or that of one request.
    pub(super) fn kept(&self, request_id: Option<&str>) -> Vec<String> {
        let kept = self.demand.lock().kept(request_id);
        kept.into_iter().flat_map(|kept| kept.lines).collect()
    }
}

/// Who wants the log of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct WantedBy {
    by_operator: bool,
    by_stage: LoggingLevel,
}
