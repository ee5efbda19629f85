//! Which service and protocol a request speaks.

use http::request::Parts;

use super::head::{TARGET, credential, has_action, header, is_form, service};
use super::services::UnsupportedService;
use crate::events;
use crate::region::of_queue_host;

/// The service and the protocol that a request speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// SQS in AWS JSON 1.0.
    Json,
    /// SQS in the Query protocol.
    Query,
    /// STS, which has the Query protocol only.
    Sts,
    /// EventBridge, of which PutEvents exists.
    Events,
    /// S3.
    S3,
    /// A service that the emulator does not have.
    Unsupported(UnsupportedService),
}

impl Protocol {
    /// Detects the protocol: by the `X-Amz-Target`, by the service that the request is signed for,
    /// by the host, or by an `Action` in the query string or in the form, which is there once the
    /// body has been read.
    pub(crate) fn detect(parts: &Parts, form: Option<&str>) -> Protocol {
        let scope =
            credential(parts).and_then(|credential| service(&credential).map(ToOwned::to_owned));
        let target =
            header(&parts.headers, "x-amz-target").filter(|_| scope.as_deref() != Some("s3"));
        match (target, scope.as_deref()) {
            (Some(target), _) if target.starts_with(TARGET) => Protocol::Json,
            (Some(target), None | Some("events")) if target.starts_with(events::TARGET) => {
                Protocol::Events
            }
            (Some(target), None) => {
                Protocol::Unsupported(UnsupportedService::targeted(target, parts))
            }
            (_, Some("sqs")) => Protocol::Query,
            (_, Some("sts")) => Protocol::Sts,
            (_, Some("s3")) if is_s3_control(parts) => {
                Protocol::Unsupported(UnsupportedService::signed("s3control", parts))
            }
            (_, Some("s3" | "")) => Protocol::S3,
            (_, Some(other)) => Protocol::Unsupported(UnsupportedService::signed(other, parts)),
            (None, None) => unsigned(parts, form),
        }
    }
}

/// S3 Control signs as S3 does, and is recognised by its paths.
fn is_s3_control(parts: &Parts) -> bool {
    parts.uri.path().starts_with("/v20180820/") && parts.headers.contains_key("x-amz-account-id")
}

fn unsigned(parts: &Parts, form: Option<&str>) -> Protocol {
    let host = header(&parts.headers, "host").unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let form = form.filter(|_| is_form(&parts.headers)).unwrap_or_default();
    let is_named = host.starts_with("sqs.") || of_queue_host(host).is_some();
    if !is_named && !has_action(query) && !has_action(form) {
        return Protocol::S3;
    }
    let mut pairs =
        form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(form.as_bytes()));
    match pairs
        .find(|(name, _)| name == "Version")
        .and_then(|(_, version)| UnsupportedService::versioned(&version))
    {
        Some(service) if service.name == "sts" => Protocol::Sts,
        Some(service) => Protocol::Unsupported(service),
        None => Protocol::Query,
    }
}
