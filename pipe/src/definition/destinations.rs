//! API destinations of a definition, and the parameters that pipes give them.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderName, Method};
use kit::counted::counted;
use kit::document::{Node, OrCollect as _, Place, Problem};
use kit::send::AllowTargets;
use url::Url;

use super::connections::Connections;
use super::{DeclaredResource, Fingerprint, check_private, declared, insert};
use crate::targets::{Destination, DynamicValue, Endpoint, HttpParameters, METHODS};

/// In front of the name in an ARN.
const KIND: &str = "api-destination/";

/// `InvocationRateLimitPerSecond` when nothing is said.
const DEFAULT_RATE: i64 = 300;

/// Longest header and query value that the Pipes API takes.
const MAX_VALUE: usize = 512;

/// All destinations by name, with the fingerprint of each; `None` for one that cannot be used here.
pub(super) struct Destinations {
    by_name: HashMap<String, (Option<Arc<Destination>>, Fingerprint)>,
}

impl Destinations {
    pub(super) fn load(
        given: &kit::definition::Declarations,
        allowed: &AllowTargets,
        problems: &mut Vec<Problem>,
    ) -> Destinations {
        let connections = Connections::load(given, allowed, problems);
        let mut by_name = HashMap::new();
        let kind = "AWS::Events::ApiDestination";
        for destination in declared(
            given,
            kind,
            &given.api_destinations,
            "ApiDestinationArn",
            problems,
        ) {
            let (read, fingerprint) = read(&destination, &connections, allowed, problems);
            insert(
                &mut by_name,
                destination,
                (read.map(Arc::new), fingerprint),
                problems,
            );
        }
        Destinations { by_name }
    }

    /// The destination that a pipe names; `None` when its connection cannot be used here.
    pub(super) fn find(
        &self,
        pipe: &DeclaredResource<'_>,
        node: &Node,
    ) -> Result<Option<Arc<Destination>>, Problem> {
        let name = name_in_arn(node.text()?, KIND).unwrap_or_default();
        let found = self
            .by_name
            .get(name)
            .map(|(destination, _)| destination.clone());
        found.ok_or_else(|| {
            node.problem(format!(
                "{}: no definition declares the API destination {name}",
                pipe.label
            ))
        })
    }

    /// What tells a destination, with its connection, from another of its name.
    pub(super) fn fingerprint(&self, name: &str) -> Fingerprint {
        self.by_name
            .get(name)
            .map(|(_, fingerprint)| *fingerprint)
            .unwrap_or_default()
    }
}

/// Whether an ARN is that of an API destination.
pub(super) fn is_destination(arn: &str) -> bool {
    name_in_arn(arn, KIND).is_some()
}

/// `orders` in `arn:aws:events:eu-west-1:123456789012:api-destination/orders/1111…`.
pub(super) fn name_in_arn<'a>(arn: &'a str, kind: &str) -> Option<&'a str> {
    let mut parts = arn.splitn(6, ':');
    let (scheme, service, rest) = (parts.next()?, parts.nth(1)?, parts.nth(2)?);
    let name = rest.strip_prefix(kind)?.split('/').next()?;
    (scheme == "arn" && service == "events" && !name.is_empty()).then_some(name)
}

fn read(
    declared: &DeclaredResource<'_>,
    connections: &Connections,
    allowed: &AllowTargets,
    problems: &mut Vec<Problem>,
) -> (Option<Destination>, Fingerprint) {
    let Some(mut fields) = declared.fields().or_collect(problems) else {
        return (None, Fingerprint::default());
    };
    let label = &declared.label;
    let endpoint = fields
        .required("InvocationEndpoint")
        .and_then(|node| read_endpoint(label, node, allowed));
    let endpoint = endpoint.or_collect(problems);
    let method = fields
        .required("HttpMethod")
        .and_then(|node| read_method(node, &METHODS))
        .or_collect(problems);
    let connection = fields
        .required("ConnectionArn")
        .and_then(|node| connections.find(label, node));
    let (connection, reference) = connection.or_collect(problems).unwrap_or_default();
    let rate = fields
        .optional("InvocationRateLimitPerSecond")
        .map(|node| node.integer_in(1..=i64::from(u32::MAX)));
    let rate = rate.unwrap_or(Ok(DEFAULT_RATE)).or_collect(problems);
    fields.ignore(&[
        "Name",
        "Description",
        "ApiDestinationArn",
        "ApiDestinationState",
    ]);
    fields.ignore(&["CreationTime", "LastModifiedTime"]);
    problems.extend(fields.finish());
    let destination = || {
        Some(Destination {
            arn: declared.arn.unwrap_or_default().to_owned(),
            name: declared.name.clone(),
            method: method?,
            endpoint: endpoint?,
            rate: u32::try_from(rate?).expect("the range was checked"),
            connection: connection?,
        })
    };
    (destination(), declared.fingerprint([reference]))
}

fn read_endpoint(label: &str, node: &Node, allowed: &AllowTargets) -> Result<Endpoint, Problem> {
    let text = node.text()?;
    let endpoint =
        Endpoint::parse(text).map_err(|message| node.problem(format!("{label}: {message}")))?;
    if let Ok(url) = Url::parse(text) {
        check_private(&format!("{label}: InvocationEndpoint"), node, &url, allowed)?;
    }
    Ok(endpoint)
}

pub(super) fn read_method(node: &Node, allowed: &[&str]) -> Result<Method, Problem> {
    let text = node.text()?;
    if !allowed.contains(&text) {
        return Err(node.problem(format!("method {text} is none of {}", allowed.join(", "))));
    }
    Ok(Method::from_bytes(text.as_bytes()).expect("the allowed ones are methods"))
}

/// Reads `HttpParameters`, without the headers that nobody can set.
pub(super) fn read_parameters(
    label: &str,
    node: &Node,
    protected: &[&str],
    problems: &mut Vec<Problem>,
) -> HttpParameters {
    let label = format!("{label}.HttpParameters");
    let mut parameters = HttpParameters::default();
    let Some(mut fields) = node.fields(&label).or_collect(problems) else {
        return parameters;
    };
    let values = fields
        .optional("PathParameterValues")
        .map(Node::list)
        .transpose()
        .or_collect(problems);
    for value in values.flatten().unwrap_or_default() {
        // One that is wrong still has its place.
        let read = read_dynamic(value, usize::MAX).or_collect(problems);
        parameters
            .path
            .push(read.unwrap_or_else(|| DynamicValue::Literal(String::new())));
    }
    let headers = fields
        .optional("HeaderParameters")
        .map(Node::entries)
        .transpose()
        .or_collect(problems);
    for entry in headers.flatten().unwrap_or_default() {
        let value = read_dynamic(&entry.node, MAX_VALUE).or_collect(problems);
        let wrong = |message| entry.place.problem(format!("{label}: {message}"));
        match (
            read_header_name(&entry.key, protected)
                .map_err(wrong)
                .or_collect(problems),
            value,
        ) {
            (Some(Some(name)), Some(value)) => parameters.headers.push((name, value)),
            (Some(None), _) => drop_header(&entry.place, &entry.key),
            _ => {}
        }
    }
    let query = fields
        .optional("QueryStringParameters")
        .map(Node::entries)
        .transpose()
        .or_collect(problems);
    for entry in query.flatten().unwrap_or_default() {
        let key = DynamicValue::parse(&entry.key)
            .map_err(|message| entry.place.problem(format!("{label}: {message}")));
        let (key, value) = (
            key.or_collect(problems),
            read_dynamic(&entry.node, MAX_VALUE).or_collect(problems),
        );
        parameters.query.extend(key.zip(value));
    }
    problems.extend(fields.finish());
    parameters
}

/// Says that a header is dropped.
pub(super) fn drop_header(place: &Place, name: &str) {
    tracing::warn!("{place}: header {name} cannot be set, it is dropped as AWS drops it");
}

/// A header name; `None` for one of those that AWS does not let anybody set.
pub(super) fn read_header_name(
    text: &str,
    protected: &[&str],
) -> Result<Option<HeaderName>, String> {
    let name = HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| format!("{text:?} is not a header name"))?;
    Ok((!protected.contains(&name.as_str())).then_some(name))
}

pub(super) fn read_dynamic(node: &Node, longest: usize) -> Result<DynamicValue, Problem> {
    let text = node.text()?;
    if text.chars().count() > longest {
        return Err(node.problem(format!("the value has more than {longest} characters")));
    }
    DynamicValue::parse(text).map_err(|message| node.problem(message))
}

/// Every `*` needs a value.
pub(super) fn check_parameters(
    destination: &Destination,
    parameters: &HttpParameters,
    target: &Node,
) -> Result<(), Problem> {
    let (stars, values) = (destination.endpoint.wildcards(), parameters.path.len());
    if values >= stars {
        return Ok(());
    }
    let (name, values) = (&destination.name, counted(values, "value"));
    Err(target.problem(format!(
        "the endpoint of {name} has {stars} `*`, PathParameterValues has {values}"
    )))
}
