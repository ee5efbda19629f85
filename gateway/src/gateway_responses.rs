//! Gateway responses: the answers that API Gateway itself gives, when a request never reaches its
//! integration or the integration fails. See `docs/aws/api-gateway.md#gateway-responses`.
//!
//! Their status, headers and bodies are AWS's defaults; what a definition may customise belongs
//! into this folder.

mod fault;
mod http;
mod unknown_route;

pub(crate) use self::http::gateway_response;
pub use fault::Fault;
pub(crate) use fault::PAYLOAD_LIMIT;
pub(crate) use unknown_route::unknown_route;
