//! Host, method and path to a stage, a resource and its path parameters. See
//! `docs/aws/api-gateway.md#routing`.

use indexmap::IndexMap;

use super::{address, resource};
use crate::api::{
    Api, ApiProtocol, Apis, AskedMethod, Canary, DEFAULT_ROUTE, Method, Resource, Stage, Verb,
};

/// Where a request belongs.
#[derive(Debug)]
pub struct Route<'a> {
    /// The API.
    pub api: &'a Api,
    /// The stage; for a canary request, as the canary sees it.
    pub stage: &'a Stage,
    /// The canary of the stage.
    pub canary: Option<&'a Canary>,
    /// `$context.isCanaryRequest`, where the stage has a canary.
    pub is_canary: Option<bool>,
    /// The resource.
    pub resource: &'a Resource,
    /// The method.
    pub method: &'a Method,
    /// Path parameters by name, percent-decoded once.
    pub path: IndexMap<String, String>,
    /// Path parameters by name, as the client sent them.
    pub encoded: IndexMap<String, String>,
    /// The base path of the custom domain that led here.
    pub base_path: Option<&'a str>,
    /// The path as functions see it: below the stage, or as it came at a custom domain.
    pub event_path: String,
    /// `$context.path`: with the stage in front, unless a custom domain was used.
    pub context_path: String,
}

impl Route<'_> {
    /// The key of a route of an HTTP API, as the definition declares it: `POST /orders/{id}`,
    /// `$default`.
    pub fn key(&self) -> String {
        let path = &self.resource.path;
        if path == DEFAULT_ROUTE {
            return path.clone();
        }
        let mut methods = self.resource.methods.iter();
        match methods.find(|(_, method)| std::ptr::eq(method, self.method)) {
            Some((Verb::One(verb), _)) => format!("{verb} {path}"),
            _ => format!("ANY {path}"),
        }
    }

    /// Whose settings the stage is asked for, for a request with this verb.
    pub(crate) fn asked<'b>(&'b self, verb: &'b http::Method) -> AskedMethod<'b> {
        let declared = self.resource.declared(verb);
        AskedMethod {
            path: &self.resource.path,
            verb,
            is_any: declared.is_some_and(|(verb, _)| *verb == Verb::Any),
        }
    }

    /// The route of a request that drew this number between 0 and 100: where the stage has a
    /// canary, the canary takes its share.
    #[must_use]
    pub fn with_draw(self, draw: f64) -> Self {
        let Some(canary) = &self.stage.canary else {
            return self;
        };
        let chosen = canary.chosen_by(draw);
        Route {
            stage: chosen.unwrap_or(self.stage),
            canary: Some(canary),
            is_canary: Some(chosen.is_some()),
            ..self
        }
    }
}

/// Why there is no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    /// The host or the stage is unknown: 403 `Forbidden`.
    Forbidden,
    /// The path or the method is unknown to an HTTP API: 404 `Not Found`.
    NotFound,
    /// The path or the method is unknown: 403 `Missing Authentication Token`.
    MissingAuthenticationToken,
}

/// Finds the route of a request. `host` is the `Host` header; `path` is the raw path, still
/// percent-encoded. Where several stages are possible, the first that has the method wins.
///
/// # Errors
/// See [`NoRoute`].
pub fn route<'a>(
    apis: &'a Apis,
    host: &str,
    verb: &http::Method,
    path: &str,
) -> Result<Route<'a>, NoRoute> {
    let mut reason = NoRoute::Forbidden;
    for address in address::possible(apis, host, path) {
        let Some(found) = resource::find(address.api, verb, address.path) else {
            reason = match address.api.protocol {
                ApiProtocol::Rest => NoRoute::MissingAuthenticationToken,
                ApiProtocol::Http => NoRoute::NotFound,
            };
            continue;
        };
        return Ok(Route {
            api: address.api,
            stage: address.stage,
            canary: None,
            is_canary: None,
            resource: found.resource,
            method: found.method,
            path: found.parameters,
            encoded: found.encoded,
            base_path: address.base_path,
            event_path: event_path(&address),
            context_path: address.context_path(),
        });
    }
    Err(reason)
}

/// One slash begins it, however many the client sent.
fn event_path(address: &address::Address<'_, '_>) -> String {
    let path = if address.is_domain {
        address.shown
    } else {
        address.path
    };
    format!("/{}", path.trim_start_matches('/'))
}

/// The stage that a request without a route would have been for: it customises the answer.
pub(crate) fn unrouted<'a>(
    apis: &'a Apis,
    host: &str,
    path: &str,
) -> Option<(&'a Api, &'a Stage, String)> {
    let address = address::possible(apis, host, path).into_iter().next()?;
    Some((address.api, address.stage, address.context_path()))
}
