//! MOCK integrations: the request template chooses the reply. See `docs/aws/api-gateway.md#mock`.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use kit::call::Reply;
use serde_json::Value as Json;

use super::body::RequestBody;
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// The reply: an empty body and the template's `statusCode`. A body that no template is for chooses
/// nothing.
pub(super) fn reply(exchange: &Exchange<'_>, body: &RequestBody) -> Result<Reply, Fault> {
    let text = match body {
        RequestBody::Rendered(text) => text,
        RequestBody::PassedThrough(_) => "",
    };
    let status = kit::jsonpath::read_lenient(text)
        .ok()
        .as_ref()
        .and_then(|json| json.get("statusCode"))
        .and_then(Json::as_u64)
        .and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
    let status = status.ok_or_else(|| {
        exchange.misconfigured(
            "Unable to parse statusCode. It should be an integer that is defined in the request template.",
        )
    })?;
    Ok(Reply {
        status,
        headers: HeaderMap::new(),
        body: Bytes::new(),
        complete: true,
    })
}
