//! Gateway responses: why API Gateway itself answers, when a request never reaches its integration
//! or the integration fails. See `docs/aws/api-gateway.md#gateway-responses`.
//!
//! A [`Fault`] is the reason, with what AWS answers by default; [`crate::refusal`] makes of it what
//! the client gets.

mod fault;
mod token_refusal;

pub(crate) use fault::Fault;
pub(crate) use fault::PAYLOAD_LIMIT;
pub(crate) use token_refusal::TokenRefusal;
