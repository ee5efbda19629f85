//! Whether the HTTP endpoints of APIs can be reached at all: VPC links have addresses, and no
//! address that is written out is a private one that is not allowed.

use kit::document::Problem;
use kit::send::AllowTarget;
use url::Url;

use crate::api::{Api, Apis, Backend, Connection, HttpEndpoint, Stage};
use crate::integration_request::stage_variables;
use crate::outbound::Outbound;

impl Apis {
    /// Adds a problem for each HTTP endpoint that `outbound` does not reach.
    pub fn check_endpoints(&self, outbound: &Outbound, problems: &mut Vec<Problem>) {
        for (stage, endpoint) in self.http_endpoints() {
            let problem = match &endpoint.connection {
                Connection::VpcLink(id) => {
                    check_link(&stage_variables(id, &stage.variables), endpoint, outbound)
                }
                Connection::Internet => {
                    url(endpoint, stage).and_then(|url| check_private(&url, endpoint, outbound))
                }
            };
            problems.extend(problem.filter(|problem| !problems.contains(problem)));
        }
    }

    /// The URLs of all HTTP endpoints whose host no request can change.
    pub fn endpoints(&self) -> Vec<Url> {
        let straight = self
            .http_endpoints()
            .filter(|(_, endpoint)| endpoint.connection == Connection::Internet);
        straight
            .filter_map(|(stage, endpoint)| url(endpoint, stage))
            .collect()
    }

    /// Every HTTP endpoint, as each stage sees it.
    fn http_endpoints(&self) -> impl Iterator<Item = (&Stage, &HttpEndpoint)> {
        self.apis.iter().flat_map(|api: &Api| {
            let methods = api.resources.iter().flat_map(|resource| &resource.methods);
            let endpoints = methods.filter_map(|(_, method)| match &method.integration.backend {
                Backend::Http(endpoint) => Some(endpoint),
                _ => None,
            });
            endpoints.flat_map(|endpoint| stages(api).map(move |stage| (stage, endpoint)))
        })
    }
}

/// The stages of an API, and those that its canaries see.
fn stages(api: &Api) -> impl Iterator<Item = &Stage> {
    api.stages.iter().flat_map(|stage| {
        let canary = stage.canary.as_ref().map(|canary| &*canary.stage);
        [Some(stage), canary].into_iter().flatten()
    })
}

/// The URL of an endpoint up to its path; `None` when a request chooses the host.
fn url(endpoint: &HttpEndpoint, stage: &Stage) -> Option<Url> {
    let text = stage_variables(&endpoint.uri, &stage.variables);
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.contains('{') {
        return None;
    }
    Url::parse(&format!("{scheme}://{authority}/")).ok()
}

fn check_link(id: &str, endpoint: &HttpEndpoint, outbound: &Outbound) -> Option<Problem> {
    if outbound.link(id).is_some() {
        return None;
    }
    let message = if id.is_empty() {
        "the connectionId of the VPC link is empty: its stage variable does not exist".to_owned()
    } else {
        format!(
            "the VPC link {id} has no address: set --vpc-link {id}=HOST:PORT or \
             GATEWAY_VPC_LINK={id}=HOST:PORT"
        )
    };
    Some(endpoint.place.problem(message).tolerable())
}

fn check_private(url: &Url, endpoint: &HttpEndpoint, outbound: &Outbound) -> Option<Problem> {
    if !outbound.allowed.refuse(url) {
        return None;
    }
    let (scheme, target) = (url.scheme(), AllowTarget::text_for(url));
    Some(endpoint.place.problem(format!(
        "the endpoint {scheme}://{target} is at a private address, which is not allowed: to allow \
         it, set --allow-target {target} or GATEWAY_ALLOW_TARGET={target}"
    )))
}
