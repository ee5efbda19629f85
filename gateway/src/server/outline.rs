//! What is known of a request when it has been answered, and who learns of it: the access log and
//! the metrics.

use std::time::{Duration, Instant};

use axum::body::HttpBody as _;
use axum::response::Response as HttpResponse;

use crate::access_log::{AccessLog, Answered, LogFields, Served};
use crate::api::{Api, ApiProtocol, AskedMethod, Resource, Verb};
use crate::mapping::Context;
use crate::method_request::Request;
use crate::server::meters::{CacheUse, Counted, Dimensions, Meters};

/// What the way of a request leaves behind.
#[derive(Debug, Default)]
pub(super) struct Outline<'a> {
    /// Where it was served.
    pub served: Option<Served<'a>>,
    /// The verb of its method, as it is declared.
    pub verb: &'a str,
    /// `$context`, where it reached a method.
    pub context: Option<Context>,
    /// What only the access log has.
    pub fields: LogFields,
    /// The id of the message that it became.
    pub message_id: Option<String>,
    /// How long the backend took.
    pub integration_latency: Option<Duration>,
    /// What the cache did for it.
    pub cache: CacheUse,
}

impl<'a> Outline<'a> {
    /// The HTTP API that served it.
    pub(super) fn http_api(&self) -> Option<&'a Api> {
        let api = self.served.as_ref().map(|served| served.api);
        api.filter(|api| api.protocol == ApiProtocol::Http)
    }

    /// Records an answer in log and metrics.
    pub(super) fn record(
        mut self,
        request: &Request,
        answer: &HttpResponse,
        begun: Instant,
        access_log: Option<&AccessLog>,
        meters: &Meters,
    ) {
        let (status, latency) = (answer.status().as_u16(), begun.elapsed());
        let is_logged = access_log.is_some() || kit::hops::are_logged();
        if let Some(latency) = self.integration_latency.filter(|_| is_logged) {
            let ms = latency.as_millis().to_string();
            self.fields.set("integrationLatency", ms.clone());
            self.fields.set("integration.latency", ms);
        }
        let answered = Answered {
            request,
            served: self.served,
            context: self.context.as_ref(),
            fields: &self.fields,
            status,
            length: answer.body().size_hint().exact().unwrap_or_default(),
            latency,
            message_id: self.message_id.as_deref(),
        };
        match access_log {
            Some(log) => log.write(&answered.line()),
            None => answered.log(),
        }
        meters.answered(status, latency);
        if let Some(served) = self.served {
            let dimensions = dimensions(served, self.verb, &request.method);
            let counted = Counted {
                status,
                latency,
                integration_latency: self.integration_latency,
                cache: self.cache,
            };
            meters.count(dimensions, counted);
        }
    }
}

/// What a request is counted under. AWS counts by method only where `MetricsEnabled` is true; here
/// it is done unless it is false: our choice.
fn dimensions<'a>(served: Served<'a>, verb: &'a str, sent: &http::Method) -> Dimensions<'a> {
    let whole = Dimensions {
        api: &served.api.name,
        stage: &served.stage.name,
        ..Dimensions::default()
    };
    let path = served.resource.map_or("", |resource| &resource.path);
    let asked = AskedMethod {
        path,
        verb: sent,
        is_any: verb == "ANY",
    };
    let detailed = served.stage.methods.get(asked, |setting| setting.metrics);
    if detailed == Some(false) {
        return whole;
    }
    Dimensions {
        resource: path,
        method: verb,
        ..whole
    }
}

/// The verb of the method of `resource` that answers `verb`, as it is declared.
pub(super) fn declared_verb<'a>(resource: &'a Resource, verb: &http::Method) -> &'a str {
    let own = resource
        .methods
        .iter()
        .find_map(|(declared, _)| match declared {
            Verb::One(own) if own == verb => Some(own.as_str()),
            _ => None,
        });
    own.unwrap_or("ANY")
}
