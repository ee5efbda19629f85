//! Access: who may call a method of an API, before anything else is asked of a request.
//!
//! Pure. What cannot be guarded as it is declared is answered with 500, never served.

use crate::api::Access;
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// Decides whether a request may go on to its method.
///
/// # Errors
/// The fault to answer with instead.
pub(crate) fn check(exchange: &Exchange<'_>) -> Result<(), Fault> {
    let route = exchange.route;
    if route.api.is_closed || route.stage.is_closed {
        return Err(exchange.misconfigured("what guards the API is not supported"));
    }
    match route.method.access {
        Access::Open => Ok(()),
        Access::Closed => Err(exchange.misconfigured("what guards the method is not supported")),
    }
}
