//! The answer for a fault, as the API customises it. See
//! `docs/aws/api-gateway.md#customised-gateway-responses`.

mod answer;
#[cfg(test)]
mod tests;
mod unknown_route;

pub(crate) use answer::GatewayAnswer;
pub(crate) use unknown_route::{asked_host, early_answer, unknown_route_answer};
