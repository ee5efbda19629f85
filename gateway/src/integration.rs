//! One exchange: plan the [`Call`] for a request, choose the [`Response`] for its [`Reply`].
//!
//! Both halves are pure. Whoever sits between them sends the call; see [`crate::server`].

pub mod sqs;

mod call;
mod respond;
mod source;
#[cfg(test)]
mod tests;

pub(crate) use call::RESERVED;

use bytes::Bytes;
use http::StatusCode;
use kit::call::{Call, Reply};

use crate::api::Templates;
use crate::fault::Fault;
use crate::mapping::{Context, Parameters};
use crate::request::Request;
use crate::route::Route;
use crate::trouble::Trouble;
use crate::vtl::Template;

/// What to do for a request.
#[derive(Debug)]
pub enum Plan {
    /// Call this, then map the reply.
    Call(Call),
    /// Nothing needs to be called: this is the reply.
    Reply(Reply),
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// Headers by name; `Content-Type` is always among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// One request on its way through an integration. `$context` overrides that the request template
/// sets are still there when the response template runs.
#[derive(Debug)]
pub struct Exchange<'a> {
    route: &'a Route<'a>,
    request: &'a Request,
    parameters: Parameters,
    context: Context,
}

impl<'a> Exchange<'a> {
    /// Starts an exchange. `account_id` is what `$context.accountId` shows.
    pub fn new(route: &'a Route<'a>, request: &'a Request, account_id: &str) -> Exchange<'a> {
        let parameters = request.parameters(&route.path);
        let context = Context::new(request.context(route, account_id));
        Exchange {
            route,
            request,
            parameters,
            context,
        }
    }

    /// Decides what to call.
    ///
    /// # Errors
    /// The fault to answer with instead.
    pub fn plan(&mut self) -> Result<Plan, Fault> {
        call::plan(self)
    }

    /// Turns the reply into the answer.
    ///
    /// # Errors
    /// The fault to answer with instead: no integration response fits, or its template fails.
    pub fn respond(&mut self, reply: &Reply) -> Result<Response, Fault> {
        respond::respond(self, reply)
    }

    /// Renders a template over `body`; a failure is logged with its place and answered with a 500.
    fn render(&mut self, template: &Template, body: &str) -> Result<String, Fault> {
        let input = crate::mapping::Input {
            body,
            parameters: &self.parameters,
        };
        crate::mapping::render(
            template,
            &input,
            &self.route.stage.variables,
            &mut self.context,
        )
        .map_err(|error| {
            let reason = format!("a mapping template fails, clients get 500:\n{error}");
            Trouble::TemplateFailed.report(&self.request.request_id, reason);
            Fault::ConfigurationError
        })
    }

    /// Something in the definition makes this answer impossible.
    fn misconfigured(&self, reason: &str) -> Fault {
        let resource = &self.route.resource.path;
        let reason = format!("{resource}: execution failed due to configuration error: {reason}");
        Trouble::Misconfigured.report(&self.request.request_id, reason);
        Fault::ConfigurationError
    }
}

impl Templates {
    /// The entry for a media type.
    fn of(&self, media_type: &str) -> Option<&Option<Template>> {
        self.0.get(media_type)
    }
}
