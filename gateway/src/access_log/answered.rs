//! What became of a request, as its line in the access log shows it.

use std::time::Duration;

use http::Method as Verb;
use serde_json::json;

use super::fields::LogFields;
use super::render::render;
use crate::api::{Api, Resource, Stage};
use crate::mapping::Context;
use crate::method_request::Request;
use crate::stage::Route;

/// Where a request was served.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served<'a> {
    /// The API.
    pub api: &'a Api,
    /// The stage.
    pub stage: &'a Stage,
    /// The resource; none where no resource has the path and the method.
    pub resource: Option<&'a Resource>,
}

impl<'a> Served<'a> {
    /// Where a route leads.
    pub(crate) fn by(route: &Route<'a>) -> Served<'a> {
        Served {
            api: route.api,
            stage: route.stage,
            resource: Some(route.resource),
        }
    }

    /// A stage that has no resource for the request.
    pub(crate) fn without_resource(api: &'a Api, stage: &'a Stage) -> Served<'a> {
        Served {
            api,
            stage,
            resource: None,
        }
    }
}

/// A request that has been answered.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    /// The request.
    pub request: &'a Request,
    /// Where it was served; `None` where no API or stage is for it.
    pub served: Option<Served<'a>>,
    /// `$context` as it was at the end, where the request reached a method.
    pub context: Option<&'a Context>,
    /// What only the access log has.
    pub fields: &'a LogFields,
    /// The status of the answer.
    pub status: u16,
    /// The bytes of its body.
    pub length: u64,
    /// From the request's head to the answer.
    pub latency: Duration,
    /// The id of the message that the request became.
    pub message_id: Option<&'a str>,
}

impl Answered<'_> {
    /// The line of the request: in the format of its stage, else in JSON.
    pub(crate) fn line(&self) -> String {
        let format = self
            .served
            .and_then(|served| served.stage.access_log.as_ref());
        match format {
            Some(format) => render(format, |name| self.value(name)),
            None => self.json(),
        }
    }

    /// The value of a variable: `docs/aws/api-gateway.md#access-log`.
    fn value(&self, name: &str) -> Option<String> {
        let request = self.request;
        Some(match name {
            "requestId" if request.has_replaced_id => {
                format!("{}_REPLACED_INVALID_REQUEST_ID", request.request_id)
            }
            "status" => self.status.to_string(),
            "responseLength" => self.length.to_string(),
            "responseLatency" => self.latency.as_millis().to_string(),
            "endpointType" => self.served?.api.endpoint_type.as_str().to_owned(),
            "xrayTraceId" => {
                // Without `TracingEnabled`, X-Ray has no trace.
                let is_traced = self.served?.stage.is_traced;
                return is_traced.then(|| request.trace_id.clone());
            }
            _ => {
                let own = self.fields.get(name).map(ToOwned::to_owned);
                let path: Vec<&str> = name.split('.').collect();
                return own
                    .or_else(|| self.context?.get(&path))
                    .or_else(|| self.of_request(name));
            }
        })
    }

    /// What is known of a request that reached no method.
    fn of_request(&self, name: &str) -> Option<String> {
        if self.context.is_some() {
            return None;
        }
        let request = self.request;
        let host = request.header("host").unwrap_or_default();
        Some(match name {
            "requestId" => request.request_id.clone(),
            "extendedRequestId" => request.extended_request_id.clone(),
            "httpMethod" => request.method.as_str().to_owned(),
            "identity.sourceIp" => request.source_ip.to_string(),
            "identity.userAgent" => request.header("user-agent")?.to_owned(),
            "requestTime" => request.time(),
            "requestTimeEpoch" => request.received.as_millis().to_string(),
            "protocol" => "HTTP/1.1".to_owned(),
            "path" => request.path.clone(),
            "domainName" => host.to_owned(),
            "apiId" => self.served?.api.id.clone(),
            "stage" => self.served?.stage.name.clone(),
            _ => return None,
        })
    }

    fn json(&self) -> String {
        let number = |name: &str| self.fields.get(name)?.parse::<u64>().ok();
        let line = json!({
            "requestId": self.request.request_id,
            "extendedRequestId": self.request.extended_request_id,
            "requestTime": self.request.time(),
            "ip": self.request.source_ip.to_string(),
            "httpMethod": self.request.method.as_str(),
            "apiId": self.served.map(|served| &served.api.id),
            "stage": self.served.map(|served| &served.stage.name),
            "resourcePath": self.served.and_then(|served| Some(&served.resource?.path)),
            "status": self.status,
            "responseLength": self.length,
            "responseLatency": u64::try_from(self.latency.as_millis()).unwrap_or(u64::MAX),
            "integrationLatency": number("integrationLatency"),
            "messageId": self.message_id,
        });
        format!("{line}\n")
    }

    /// The line of the program's own log. The ids of gateway and queue stand together, so that a
    /// message can be followed from its request on.
    pub(crate) fn log(&self) {
        if !kit::hops::are_logged() {
            return;
        }
        let protocol = self.served.map(|served| served.api.protocol);
        let request_id = self.request.shown_id(protocol.unwrap_or_default());
        let verb: &Verb = &self.request.method;
        let method = verb.as_str();
        let route = self
            .served
            .and_then(|served| Some(served.resource?.path.as_str()));
        let (route, status) = (route.unwrap_or_default(), self.status);
        let ms = u64::try_from(self.latency.as_millis()).unwrap_or(u64::MAX);
        let integration_ms = self.fields.get("integrationLatency");
        let integration_ms = integration_ms.and_then(|text| text.parse::<u64>().ok());
        match self.message_id {
            Some(message_id) => {
                tracing::info!(
                    target: "gateway", request_id, message_id, method, route, status, ms,
                    integration_ms, "queued"
                );
            }
            None => {
                tracing::info!(
                    target: "gateway", request_id, method, route, status, ms, integration_ms,
                    "answered"
                );
            }
        }
    }
}
