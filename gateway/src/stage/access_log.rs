//! The line of the log about one request.
//!
//! Every stage has the same line today; AWS's `AccessLogSetting` chooses its destination and
//! format.

use std::time::Instant;

use http::Method;

/// What is known of a request when it has been answered.
#[derive(Debug)]
pub(crate) struct AccessLine<'a> {
    /// `$context.requestId`.
    pub request_id: &'a str,
    /// The client's method.
    pub method: &'a Method,
    /// The path of the resource; empty where there is none.
    pub resource: &'a str,
    /// The id of the message that the request became.
    pub message_id: Option<String>,
}

impl AccessLine<'_> {
    /// Writes the line. The ids of gateway and queue stand together, so that a message can be
    /// followed from its request on.
    pub(crate) fn write(self, status: u16, begun: Instant) {
        if !kit::hops::are_logged() {
            return;
        }
        let AccessLine {
            request_id,
            resource: route,
            message_id,
            ..
        } = self;
        let method = self.method.as_str();
        let ms = begun.elapsed().as_millis() as u64;
        match message_id {
            Some(message_id) => {
                tracing::info!(target: "gateway", request_id, message_id, method, route, status, ms, "queued");
            }
            None => {
                tracing::info!(target: "gateway", request_id, method, route, status, ms, "answered");
            }
        }
    }
}
