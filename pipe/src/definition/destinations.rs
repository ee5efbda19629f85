//! API destinations of a definition, and the parameters that pipes give them.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderName, Method};
use kit::document::{Node, Place, Problem};

use super::connections::Connections;
use super::{Declared, Fingerprint, declared, insert};
use crate::target::{Destination, Dynamic, Endpoint, HttpParameters, METHODS};

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
        given: &kit::definition::Definition,
        problems: &mut Vec<Problem>,
    ) -> Result<Destinations, Problem> {
        let connections = Connections::load(given, problems)?;
        let mut by_name = HashMap::new();
        let kind = "AWS::Events::ApiDestination";
        for destination in declared(given, kind, &given.api_destinations, "ApiDestinationArn")? {
            let (read, fingerprint) = read(&destination, &connections, problems)?;
            insert(&mut by_name, destination, (read.map(Arc::new), fingerprint), problems);
        }
        Ok(Destinations { by_name })
    }

    /// The destination that a pipe names; `None` when its connection cannot be used here.
    pub(super) fn find(&self, pipe: &Declared<'_>, node: &Node) -> Result<Option<Arc<Destination>>, Problem> {
        let name = name_in_arn(node.text()?, KIND).unwrap_or_default();
        let found = self.by_name.get(name).map(|(destination, _)| destination.clone());
        found.ok_or_else(|| node.problem(format!("{}: no definition declares the API destination {name}", pipe.label)))
    }

    /// What tells a destination, with its connection, from another of its name.
    pub(super) fn fingerprint(&self, name: &str) -> Fingerprint {
        self.by_name.get(name).map(|(_, fingerprint)| *fingerprint).unwrap_or_default()
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
    declared: &Declared<'_>,
    connections: &Connections,
    problems: &mut Vec<Problem>,
) -> Result<(Option<Destination>, Fingerprint), Problem> {
    let mut fields = declared.fields()?;
    let endpoint = fields.required("InvocationEndpoint")?;
    let method = fields.required("HttpMethod")?;
    let (connection, reference) = connections.find(&declared.label, fields.required("ConnectionArn")?)?;
    let fingerprint = declared.fingerprint([reference]);
    let rate = match fields.optional("InvocationRateLimitPerSecond") {
        Some(node) => node.integer_in(1..=i64::from(u32::MAX))?,
        None => DEFAULT_RATE,
    };
    fields.ignore(&["Name", "Description", "ApiDestinationArn", "ApiDestinationState"]);
    fields.ignore(&["CreationTime", "LastModifiedTime"]);
    problems.extend(fields.finish());
    let wrong = |message: String| endpoint.problem(format!("{}: {message}", declared.label));
    let destination = Destination {
        arn: declared.arn.unwrap_or_default().to_owned(),
        name: declared.name.clone(),
        method: read_method(method, &METHODS)?,
        endpoint: Endpoint::parse(endpoint.text()?).map_err(wrong)?,
        rate: u32::try_from(rate).expect("the range was checked"),
        connection: match connection {
            Some(connection) => connection,
            None => return Ok((None, fingerprint)),
        },
    };
    Ok((Some(destination), fingerprint))
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
) -> Result<HttpParameters, Problem> {
    let label = format!("{label}.HttpParameters");
    let mut fields = node.fields(&label)?;
    let mut parameters = HttpParameters::default();
    for value in fields.optional("PathParameterValues").map(Node::list).transpose()?.unwrap_or_default() {
        parameters.path.push(read_dynamic(value, usize::MAX)?);
    }
    for entry in fields.optional("HeaderParameters").map(Node::entries).transpose()?.unwrap_or_default() {
        let value = read_dynamic(&entry.node, MAX_VALUE)?;
        match read_header_name(&entry.key, protected)
            .map_err(|message| entry.place.problem(format!("{label}: {message}")))?
        {
            Some(name) => parameters.headers.push((name, value)),
            None => drop_header(&entry.place, &entry.key),
        }
    }
    for entry in fields.optional("QueryStringParameters").map(Node::entries).transpose()?.unwrap_or_default() {
        let key = Dynamic::parse(&entry.key).map_err(|message| entry.place.problem(format!("{label}: {message}")))?;
        parameters.query.push((key, read_dynamic(&entry.node, MAX_VALUE)?));
    }
    problems.extend(fields.finish());
    Ok(parameters)
}

/// Says that a header is dropped.
pub(super) fn drop_header(place: &Place, name: &str) {
    tracing::warn!("{place}: header {name} cannot be set, it is dropped as AWS drops it");
}

/// A header name; `None` for one of those that AWS does not let anybody set.
pub(super) fn read_header_name(text: &str, protected: &[&str]) -> Result<Option<HeaderName>, String> {
    let name = HeaderName::from_bytes(text.as_bytes()).map_err(|_| format!("{text:?} is not a header name"))?;
    Ok((!protected.contains(&name.as_str())).then_some(name))
}

pub(super) fn read_dynamic(node: &Node, longest: usize) -> Result<Dynamic, Problem> {
    let text = node.text()?;
    if text.chars().count() > longest {
        return Err(node.problem(format!("the value has more than {longest} characters")));
    }
    Dynamic::parse(text).map_err(|message| node.problem(message))
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
    let name = &destination.name;
    Err(target.problem(format!("the endpoint of {name} has {stars} `*`, PathParameterValues has {values} values")))
}
