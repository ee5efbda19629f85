//! What the APIs of a definition offer, shown at start: every route, and one request to try.
//!
//! Pure. A body is made of what the mapping template reads, as far as that can be seen, and the
//! template is rendered once with it.

mod asked;
mod body;
mod request;

use std::net::Ipv4Addr;

use http::{HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::api::{
    Access, Api, Apis, Backend, Integration, Method as Declared, Resource, Segment, Stage,
    Templates, Verb,
};
use crate::mapping::{self, Context, Input};
use crate::method_request::Request;
use crate::stage::{Route, route};
use asked::Asked;
pub use request::Example;

const JSON: &str = "application/json";

/// A method of an API, and where it is reached on the gateway's own address.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    api: &'a Api,
    stage: &'a Stage,
    resource: &'a Resource,
    verb: &'a Verb,
    declared: &'a Declared,
    way: Way,
}

/// How a method is reached. See `docs/aws/api-gateway.md#routing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By its path alone.
    Plain,
    /// With the stage in front of its path.
    Stage,
    /// At the API's own host, with the stage in front: another API has the path, too.
    Host,
}

/// Every method that can be reached here, in the order of the definition.
pub fn offers(apis: &Apis) -> Vec<Offer<'_>> {
    let mut offers = Vec::new();
    for api in &apis.apis {
        for resource in &api.resources {
            for (verb, method) in &resource.methods {
                let stages = api.stages.iter();
                let offer = stages.filter_map(|stage| {
                    Offer {
                        api,
                        stage,
                        resource,
                        verb,
                        declared: method,
                        way: Way::Plain,
                    }
                    .reached(apis)
                });
                offers.extend(offer.min_by_key(|offer| offer.way as u8));
            }
        }
    }
    offers
}

/// The request to try first: a POST to a service, else whatever calls a service, else anything.
/// `event` is the body where the template takes any.
pub fn example(apis: &Apis, account_id: &str, event: &str) -> Option<Example> {
    let mut offers = offers(apis);
    offers.retain(|offer| offer.integration().backend != Backend::Unsupported);
    offers.sort_by_key(|offer| {
        let calls = matches!(
            offer.integration().backend,
            Backend::Aws(_) | Backend::LambdaProxy(_)
        );
        let is_guarded = !matches!(offer.declared.access, Access::Open);
        (!calls, is_guarded, offer.method() != Method::POST)
    });
    let examples = || offers.iter().map(|offer| (offer, offer.example(event)));
    let taken = examples().find(|(offer, example)| offer.takes(example, apis, account_id));
    taken
        .or_else(|| examples().next())
        .map(|(_, example)| example)
}

impl Offer<'_> {
    /// The method's name: `POST`, or `ANY`.
    pub fn verb(&self) -> &str {
        match self.verb {
            Verb::Any => "ANY",
            Verb::One(method) => method.as_str(),
        }
    }

    /// The path as it is declared, with the stage in front where it must be named.
    pub fn path(&self) -> String {
        match self.way {
            Way::Plain => self.resource.path.clone(),
            Way::Stage | Way::Host => format!("/{}{}", self.stage.name, self.resource.path),
        }
    }

    /// The host that must be asked, where an address alone does not do.
    pub fn host(&self) -> Option<String> {
        // Names below localhost are this machine's.
        (self.way == Way::Host).then(|| format!("{}.localhost", self.api.id))
    }

    /// Whether requests are answered by a service, by the API itself, or always with a 500.
    pub fn backend(&self) -> &Backend {
        &self.declared.integration.backend
    }

    fn reached(self, apis: &Apis) -> Option<Self> {
        let ways = [Way::Plain, Way::Stage, Way::Host].map(|way| Offer { way, ..self });
        ways.into_iter().find(|offer| {
            let path = offer.filled();
            let host = offer
                .host()
                .unwrap_or_else(|| Ipv4Addr::LOCALHOST.to_string());
            let found = route(apis, &host, &offer.method(), &path);
            found.is_ok_and(|found| {
                std::ptr::eq(found.resource, offer.resource)
                    && std::ptr::eq(found.stage, offer.stage)
                    && std::ptr::eq(found.method, offer.declared)
            })
        })
    }

    fn method(&self) -> Method {
        match self.verb {
            Verb::Any => Method::POST,
            Verb::One(method) => method.clone(),
        }
    }

    /// The path with its parameters filled in.
    fn filled(&self) -> String {
        self.filled_by(&|segment| match segment {
            Segment::Literal(text) => text.clone(),
            Segment::Parameter(name) if body::is_id(name) => "1".to_owned(),
            Segment::Parameter(name) => name.clone(),
            Segment::Greedy(_) => "sub".to_owned(),
        })
    }

    fn filled_by(&self, part: &dyn Fn(&Segment) -> String) -> String {
        let path = self
            .resource
            .segments
            .iter()
            .map(|segment| format!("/{}", part(segment)))
            .collect::<String>();
        let path = if path.is_empty() {
            "/".to_owned()
        } else {
            path
        };
        match self.way {
            Way::Plain => path,
            Way::Stage | Way::Host => format!("/{}{path}", self.stage.name),
        }
    }

    /// A request that the method takes, as far as its templates show that; `event` is the body
    /// where a template takes any.
    pub fn example(&self, event: &str) -> Example {
        let (media_type, template) = chosen(&self.declared.integration.request_templates);
        self.filled_with(media_type, template, event, &body::sample)
    }

    /// A request of this media type in which each text that the method reads is `value`, and the
    /// body is `event` where its template takes any. `None` when one of them cannot be sent.
    pub fn example_of(&self, media_type: &str, event: &str, value: &str) -> Option<Example> {
        let template = self
            .declared
            .integration
            .request_templates
            .0
            .get(media_type)?;
        let template = template.as_ref().map(crate::vtl::Template::source);
        // A key such as `$default` is for every type.
        let sent = if media_type.contains('/') {
            media_type
        } else {
            JSON
        };
        let mut example = self.filled_with(sent, template, event, &|_| value.to_owned());
        let path = self.filled_by(&|segment| match segment {
            Segment::Literal(text) => text.clone(),
            Segment::Parameter(_) | Segment::Greedy(_) => {
                utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
            }
        });
        let query = example.path.split_once('?').map(|(_, query)| query);
        example.path = query.map_or(path.clone(), |query| format!("{path}?{query}"));
        if !sent.ends_with("json") && example.body.is_some() {
            example.body = Some(event.to_owned());
        }
        let is_header = |(_, value): &(String, String)| HeaderValue::from_str(value).is_ok();
        example.headers.iter().all(is_header).then_some(example)
    }

    /// The API.
    pub fn api(&self) -> &Api {
        self.api
    }

    /// The resource.
    pub fn resource(&self) -> &Resource {
        self.resource
    }

    /// The integration.
    pub fn integration(&self) -> &Integration {
        &self.declared.integration
    }

    /// The stage.
    pub fn stage(&self) -> &Stage {
        self.stage
    }

    fn filled_with(
        &self,
        media_type: &str,
        template: Option<&str>,
        event: &str,
        value: &dyn Fn(&str) -> String,
    ) -> Example {
        let method = self.method();
        let has_body = !matches!(
            method,
            Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS
        );
        let asked = Asked::of(self.resource, self.declared, template);
        let query = asked
            .query
            .iter()
            .map(|name| format!("{name}={}", encoded(&value(name))))
            .collect::<Vec<_>>()
            .join("&");
        let path = self.filled();
        let path = if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        };
        let mut headers: Vec<_> = asked
            .headers
            .into_iter()
            .map(|name| {
                let value = value(&name);
                (name, value)
            })
            .collect();
        if self.declared.needs_api_key {
            headers.push(("x-api-key".to_owned(), "KEY".to_owned()));
        }
        if has_body {
            headers.push(("Content-Type".to_owned(), media_type.to_owned()));
        }
        let body = has_body.then(|| {
            let body = asked.body.body(media_type, event, value);
            self.fitting(media_type, body)
        });
        let is_signed = matches!(self.declared.access, Access::Iam);
        Example {
            host: self.host(),
            method,
            path,
            headers,
            body,
            is_signed,
        }
    }

    /// The body, or one that fits the model where this one does not.
    fn fitting(&self, media_type: &str, body: String) -> String {
        let models = self.declared.checks.models.as_ref();
        let Some(model) = models.and_then(|models| models.of(media_type)) else {
            return body;
        };
        let fits = |body: &serde_json::Value| model.problems(body).is_empty();
        if serde_json::from_str(&body).is_ok_and(|body| fits(&body)) {
            return body;
        }
        let sample = model.sample(&body::sample);
        if fits(&sample) {
            sample.to_string()
        } else {
            body
        }
    }

    /// Whether the request finds its method, and the template can be rendered with it.
    fn takes(&self, example: &Example, apis: &Apis, account_id: &str) -> bool {
        let request = example.request();
        let host = example.host.as_deref().unwrap_or("127.0.0.1");
        let Ok(found) = route(apis, host, &request.method, &request.path) else {
            return false;
        };
        let (media_type, _) = chosen(&self.declared.integration.request_templates);
        let template = self
            .declared
            .integration
            .request_templates
            .0
            .get(media_type)
            .and_then(Option::as_ref);
        template.is_none_or(|template| renders(template, &found, &request, account_id))
    }
}

fn renders(
    template: &crate::vtl::Template,
    route: &Route<'_>,
    request: &Request,
    account_id: &str,
) -> bool {
    let parameters = request.parameters(&route.path);
    let body = String::from_utf8_lossy(&request.body);
    let mut context = Context::new(request.context(route, account_id));
    let input = Input {
        body: &body,
        parameters: &parameters,
    };
    mapping::render(template, &input, &route.stage.variables, &mut context).is_ok()
}

/// A value as it stands in a query.
fn encoded(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// The media type to send, and the template that is for it: JSON where there is a choice.
fn chosen(templates: &Templates) -> (&str, Option<&str>) {
    let entry = templates
        .0
        .get_key_value(JSON)
        .or_else(|| templates.0.first());
    match entry {
        Some((media_type, template)) if media_type.contains('/') => (
            media_type,
            template.as_ref().map(crate::vtl::Template::source),
        ),
        _ => (JSON, None),
    }
}

#[cfg(test)]
mod tests;
