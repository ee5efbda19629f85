//! Responses of EventBridge, of which PutEvents exists.

use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use kit::time::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::emulator::Emulator;
use super::response::{name_request, refuse_json, respond};
use crate::events::{self, EventsFault, Results};
use crate::fault::Fault;
use crate::protocol;

/// The content type of every answer.
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// Why a request is not answered with results.
enum Refused {
    ByEvents(EventsFault),
    ByEmulator(Fault),
}

impl Emulator {
    /// Answers EventBridge.
    pub(super) async fn events(&self, parts: &Parts, body: &[u8]) -> Response {
        let request_id = Uuid::new_v4().to_string();
        let mut response = match self.put_events(parts, body).await {
            Ok(results) => {
                let body = serde_json::to_string(&results).expect("results are plain data");
                respond(StatusCode::OK, CONTENT_TYPE, body)
            }
            Err(Refused::ByEmulator(fault)) => refuse_json(&fault),
            Err(Refused::ByEvents(fault)) => {
                let (code, status) = fault.code();
                let body = json!({"__type": code, "message": fault.to_string()}).to_string();
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
                respond(status, CONTENT_TYPE, body)
            }
        };
        name_request(&mut response, &request_id);
        ::metrics::counter!("emulator_events_requests_total", "status" => response.status().as_u16().to_string())
            .increment(1);
        response
    }

    async fn put_events(&self, parts: &Parts, body: &[u8]) -> Result<Results, Refused> {
        let now = Timestamp::wall();
        if let Some(known) = &self.credentials {
            let admitted = known.verify_for("events", parts, body, now);
            admitted.map_err(Refused::ByEmulator)?;
        }
        let target = protocol::header(&parts.headers, "x-amz-target").unwrap_or_default();
        let name = target.strip_prefix(events::TARGET).unwrap_or_default();
        let put = events::read(name, body).map_err(Refused::ByEvents)?;
        let stored = self.node.put_events(put, &self.caller(parts), now).await;
        stored.map_err(Refused::ByEmulator)
    }
}
