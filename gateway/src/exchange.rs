//! One request on its way through its integration, and back.
//!
//! The way has four stations, each a module of its own: [`crate::method_request`] is what the
//! client sent, [`crate::integration_request`] plans what is sent to the backend,
//! [`crate::integration_response`] maps what comes back, [`crate::method_response`] is what the
//! client gets. An [`Exchange`] is what the two in the middle share.

#[cfg(test)]
mod tests;

use crate::gateway_responses::Fault;
use crate::mapping::{self, Context, Input, Parameters};
use crate::method_request::{Request, Sources};
use crate::refusal::GatewayAnswer;
use crate::stage::Route;
use crate::trouble::Trouble;
use crate::vtl::Template;

/// A request, its route, and what templates see of both. `$context` overrides that the request
/// template sets are still there when the response template runs.
#[derive(Debug)]
pub struct Exchange<'a> {
    pub(crate) route: &'a Route<'a>,
    pub(crate) request: &'a Request,
    pub(crate) parameters: Parameters,
    pub(crate) context: Context,
}

impl<'a> Exchange<'a> {
    /// Starts an exchange. `account_id` is what `$context.accountId` shows.
    pub fn new(route: &'a Route<'a>, request: &'a Request, account_id: &str) -> Exchange<'a> {
        Exchange {
            route,
            request,
            parameters: request.parameters(&route.path),
            context: Context::new(request.context(route, account_id)),
        }
    }

    /// Renders a mapping template over `body`. A failure is reported with its place in the
    /// template.
    pub(crate) fn render(&mut self, template: &Template, body: &str) -> Result<String, Fault> {
        let input = Input {
            body,
            parameters: &self.parameters,
        };
        let variables = &self.route.stage.variables;
        mapping::render(template, &input, variables, &mut self.context).map_err(|error| {
            let reason = format!("a mapping template fails, the client gets 500:\n{error}");
            Trouble::TemplateFailed.report(&self.request.request_id, reason);
            Fault::ConfigurationError
        })
    }

    /// What parameter mappings and gateway responses see of the exchange.
    pub(crate) fn sources(&self) -> Sources<'_> {
        Sources {
            request: self.request,
            path: &self.parameters.path,
            variables: &self.route.stage.variables,
            context: &self.context,
        }
    }

    /// The answer for a fault, as the API customises it. `$context.error` is there from now on.
    pub(crate) fn refuse(&mut self, fault: &Fault) -> GatewayAnswer {
        self.context.set_error(fault);
        let responses = &self.route.api.gateway_responses;
        GatewayAnswer::customised(fault, responses, &self.sources())
    }

    /// Reports that the definition makes this answer impossible, and gives the fault for it.
    pub(crate) fn misconfigured(&self, reason: &str) -> Fault {
        let resource = &self.route.resource.path;
        let reason = format!("{resource}: execution failed due to configuration error: {reason}");
        Trouble::Misconfigured.report(&self.request.request_id, reason);
        Fault::ConfigurationError
    }
}
