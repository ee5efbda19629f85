//! One request on its way through its integration, and back.
//!
//! The way has four stations, each a module of its own: [`crate::method_request`] is what the
//! client sent, [`crate::integration_request`] plans what is sent to the backend,
//! [`crate::integration_response`] maps what comes back, [`crate::method_response`] is what the
//! client gets. An [`Exchange`] is what the two in the middle share.

#[cfg(test)]
mod tests;

use std::cell::OnceCell;

use aws_credential_types::Credentials;

use crate::access_log::LogFields;
use crate::execution_log::Recording;
use crate::gateway_responses::Fault;
use crate::mapping::{self, Context, Input, Parameters, RequestOverride, ResponseOverride};
use crate::method_request::{ContextFields, Request, Sources};
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
    account_id: &'a str,
    // Most requests never look at these two, and making them costs more than the rest of the way.
    parameters: OnceCell<Parameters>,
    context: OnceCell<Context>,
    /// `usageIdentifierKey`: the API key that a Lambda authorizer gave the caller.
    pub(crate) usage_key: Option<String>,
    /// What the caller of an `AWS_IAM` method signed with.
    pub(crate) caller_credentials: Option<Credentials>,
    /// What only the access log shows.
    pub(crate) log: LogFields,
    /// What the execution log shows, where somebody wants it.
    pub(crate) recording: Recording,
    /// Whether the caller has the permission `execute-api:InvalidateCache`.
    pub(crate) may_invalidate: bool,
}

impl<'a> Exchange<'a> {
    /// Starts an exchange. `account_id` is what `$context.accountId` shows.
    pub fn new(route: &'a Route<'a>, request: &'a Request, account_id: &'a str) -> Exchange<'a> {
        Exchange {
            route,
            request,
            account_id,
            parameters: OnceCell::new(),
            context: OnceCell::new(),
            usage_key: None,
            caller_credentials: None,
            log: LogFields::default(),
            recording: Recording::default(),
            may_invalidate: false,
        }
    }

    /// The id that the client sees, for lines of the log.
    pub(crate) fn request_id(&self) -> &'a str {
        self.request.shown_id(self.route.api.protocol)
    }

    /// `$input.params()`.
    pub(crate) fn parameters(&self) -> &Parameters {
        self.parameters
            .get_or_init(|| self.request.parameters(&self.route.path))
    }

    /// `$context`.
    pub(crate) fn context(&self) -> &Context {
        self.context
            .get_or_init(|| Context::new(self.request.context(self.route, self.account_id)))
    }

    /// `$context`, to add to it.
    pub(crate) fn context_mut(&mut self) -> &mut Context {
        self.context();
        self.context.get_mut().expect("it was made just now")
    }

    /// What the templates have set in `$context.requestOverride` so far.
    pub(crate) fn request_override(&self) -> RequestOverride {
        let set = self.context.get().map(Context::request_override);
        set.unwrap_or_default()
    }

    /// What the templates have set in `$context.responseOverride` so far.
    pub(crate) fn response_override(&self) -> ResponseOverride {
        let set = self.context.get().map(Context::response_override);
        set.unwrap_or_default()
    }

    /// Renders a mapping template over `body`. A failure is reported with its place in the
    /// template.
    pub(crate) fn render(&mut self, template: &Template, body: &str) -> Result<String, Fault> {
        let none = Parameters::default();
        let parameters = match template.mentions("params") {
            true => self.parameters(),
            false => &none,
        };
        let input = Input { body, parameters };
        let variables = &self.route.stage.variables;
        let mut context = Context::default();
        if template.mentions("context") {
            context = self.context().clone();
        }
        let rendered = mapping::render(template, &input, variables, &mut context);
        if template.mentions("context") {
            self.context = context.into();
        }
        rendered.map_err(|error| {
            let reason = format!("a mapping template fails, the client gets 500:\n{error}");
            Trouble::TemplateFailed.report(self.request_id(), reason);
            Fault::ConfigurationError
        })
    }

    /// What parameter mappings and gateway responses see of the exchange.
    pub(crate) fn sources(&self) -> Sources<'_> {
        Sources {
            request: self.request,
            path: &self.route.path,
            variables: &self.route.stage.variables,
            context: self,
        }
    }

    /// The answer for a fault, as the API customises it. `$context.error` is there from now on.
    pub(crate) fn refuse(&mut self, fault: &Fault) -> GatewayAnswer {
        self.context_mut().set_error(fault);
        let responses = &self.route.api.gateway_responses;
        let answer = GatewayAnswer::customised(fault, responses, &self.sources());
        answer.spoken_by(self.route.api.protocol, fault)
    }

    /// Reports that the definition makes this answer impossible, and gives the fault for it.
    pub(crate) fn misconfigured(&self, reason: &str) -> Fault {
        let resource = &self.route.resource.path;
        let reason = format!("{resource}: execution failed due to configuration error: {reason}");
        Trouble::Misconfigured.report(self.request_id(), reason);
        Fault::ConfigurationError
    }

    /// Reports that a service is not there, and gives the fault for it.
    pub(crate) fn absent(&self, service: &str) -> Fault {
        let resource = &self.route.resource.path;
        let reason = format!("{resource}: there is no service {service} here: the client gets 502");
        Trouble::Misconfigured.report(self.request_id(), reason);
        Fault::ServiceAbsent
    }

    /// Reports that a parameter would lead out of the path of the integration, and gives the fault
    /// for it.
    pub(crate) fn leaves_path(&self) -> Fault {
        tracing::warn!(
            request_id = self.request_id(),
            "a parameter holds `.` or `..` and would leave the integration's path: the client gets 400"
        );
        Fault::InvalidPath
    }
}

impl ContextFields for Exchange<'_> {
    fn field(&self, path: &[String]) -> Option<String> {
        self.context().get(path)
    }
}
