//! Integrations of HTTP APIs: `AWS::ApiGatewayV2::Integration`, and
//! `x-amazon-apigateway-integration` of a body, whose members have the same names in lower case.

use std::time::Duration;

use kit::cloudformation::Resource as Declared;
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::super::sam_authorizer::invocation_uri;
use super::mappings;
use super::parts::is_empty;
use crate::api::{
    Backend, Integration, Operation, PayloadFormat, ServiceBody, ServiceUri, Subtype,
};
use crate::openapi::{parse_uri, read_identity};

/// Milliseconds: 50 to 30,000, the default.
const TIMEOUTS: std::ops::RangeInclusive<i64> = 50..=30_000;

/// The names of an integration's members, in one of the two forms.
pub(super) struct MemberNames {
    kind: &'static str,
    subtype: &'static str,
    credentials: &'static str,
    pub(super) parameters: &'static str,
    pub(super) uri: &'static str,
    method: &'static str,
    timeout: &'static str,
    payload_format: &'static str,
    pub(super) responses: &'static str,
    pub(super) tls: &'static str,
    pub(super) server_name: &'static str,
    pub(super) connection: [&'static str; 2],
    passive: &'static [&'static str],
    unsupported: &'static [&'static str],
}

const OF_RESOURCE: MemberNames = MemberNames {
    kind: "IntegrationType",
    subtype: "IntegrationSubtype",
    credentials: "CredentialsArn",
    parameters: "RequestParameters",
    uri: "IntegrationUri",
    method: "IntegrationMethod",
    timeout: "TimeoutInMillis",
    payload_format: "PayloadFormatVersion",
    responses: "ResponseParameters",
    tls: "TlsConfig",
    server_name: "ServerNameToVerify",
    connection: ["ConnectionType", "ConnectionId"],
    // The last three are for WebSocket APIs.
    passive: &[
        "ApiId",
        "Description",
        "ContentHandlingStrategy",
        "PassthroughBehavior",
        "TemplateSelectionExpression",
    ],
    unsupported: &["RequestTemplates"],
};

const OF_BODY: MemberNames = MemberNames {
    kind: "type",
    subtype: "integrationSubtype",
    credentials: "credentials",
    parameters: "requestParameters",
    uri: "uri",
    method: "httpMethod",
    timeout: "timeoutInMillis",
    payload_format: "payloadFormatVersion",
    responses: "responseParameters",
    tls: "tlsConfig",
    server_name: "serverNameToVerify",
    connection: ["connectionType", "connectionId"],
    passive: &["description", "passthroughBehavior"],
    unsupported: &["requestTemplates"],
};

/// Reads an integration that a template declares.
pub(super) fn of_resource(
    resource: &Declared,
    region: &str,
    problems: &mut Vec<Problem>,
) -> Option<Integration> {
    let fields = resource.fields().or_collect(problems)?;
    let node = &resource.properties;
    IntegrationReader {
        label: resource.label(),
        node,
        names: &OF_RESOURCE,
        region,
    }
    .read(fields, problems)
}

/// Reads an integration of a body; `label` names its operation.
pub(super) fn of_body(
    label: &str,
    node: &Node,
    region: &str,
    problems: &mut Vec<Problem>,
) -> Option<Integration> {
    let label = format!("{label}: integration");
    let fields = node.fields(&label).or_collect(problems)?;
    IntegrationReader {
        label,
        node,
        names: &OF_BODY,
        region,
    }
    .read(fields, problems)
}

pub(super) struct IntegrationReader<'a> {
    pub(super) label: String,
    pub(super) node: &'a Node,
    pub(super) names: &'static MemberNames,
    region: &'a str,
}

impl<'n> IntegrationReader<'n> {
    fn read(&self, mut fields: Fields<'n>, problems: &mut Vec<Problem>) -> Option<Integration> {
        let names = self.names;
        let kind = fields.required(names.kind).or_collect(problems);
        let subtype = fields.optional(names.subtype);
        let identity = read_identity(&self.label, fields.optional(names.credentials), problems);
        let parameters = fields
            .optional(names.parameters)
            .filter(|node| !is_empty(node));
        let endpoint = [names.uri, names.method].map(|name| fields.optional(name));
        let timeout = fields.optional(names.timeout);
        let timeout = timeout.map(|node| node.integer_in(TIMEOUTS)).transpose();
        let timeout = timeout
            .or_collect(problems)
            .flatten()
            .unwrap_or(*TIMEOUTS.end());
        let format = fields.optional(names.payload_format);
        let link = names.connection.map(|name| fields.optional(name));
        let tls = fields.optional(names.tls).filter(|node| !is_empty(node));
        let responses = fields.optional(names.responses);
        fields.unsupported(names.unsupported);
        fields.ignore(names.passive);
        problems.extend(fields.finish());
        let kind = kind?.text().or_collect(problems)?.to_uppercase();
        let way = self.way(link, tls, problems)?;
        let mut made = match (kind.as_str(), subtype) {
            ("HTTP_PROXY", _) => self.http(endpoint, parameters, way, problems),
            _ if way.link.is_some() => self.refused(
                self.node,
                "a VPC link of an integration other than HTTP_PROXY",
                problems,
            ),
            ("AWS_PROXY", Some(subtype)) => self.service(subtype, parameters, problems),
            ("AWS_PROXY", None) => self.function(endpoint, format, parameters, problems),
            _ => self.refused(
                self.node,
                &format!("{} {kind} of an HTTP API", names.kind),
                problems,
            ),
        };
        made.identity = identity?;
        if let Some(node) = responses.filter(|node| !is_empty(node)) {
            let label = format!("{}: {}", self.label, names.responses);
            made.http_mappings.responses = mappings::of_responses(&label, node, problems);
        }
        made.place = Some(self.node.place.clone());
        made.timeout = Duration::from_millis(timeout.unsigned_abs());
        Some(made)
    }

    pub(super) fn refused(
        &self,
        node: &Node,
        what: &str,
        problems: &mut Vec<Problem>,
    ) -> Integration {
        let message = format!("{}: {what} is not supported", self.label);
        problems.push(node.problem(message).tolerable());
        Integration::unsupported()
    }

    /// `AWS_PROXY` without a subtype calls a Lambda function.
    fn function(
        &self,
        [uri, _]: [Option<&Node>; 2],
        format: Option<&Node>,
        parameters: Option<&Node>,
        problems: &mut Vec<Problem>,
    ) -> Integration {
        let names = self.names;
        let Some(node) = uri else {
            let message = format!("{}: {} is missing", self.label, names.uri);
            problems.push(self.node.problem(message));
            return Integration::unsupported();
        };
        let function = node.text().map(function);
        let function = function.and_then(|found| {
            let expected = "expected the ARN of a function, or arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION/invocations";
            found.ok_or_else(|| node.problem(format!("{}: invalid {}: {expected}", self.label, names.uri)))
        });
        let version = format.map_or(Ok("1.0"), Node::text).or_collect(problems);
        let known = version.and_then(PayloadFormat::named);
        if let (Some(version), None, Some(node)) = (version, known, format) {
            let message = format!(
                "{}: invalid {} {version}: expected 1.0 or 2.0",
                self.label, names.payload_format
            );
            problems.push(node.problem(message));
        }
        match (function.or_collect(problems), parameters) {
            (Some(_), Some(node)) => {
                let what = format!("{} of a function", names.parameters);
                self.refused(node, &what, problems)
            }
            (Some(uri), None) => Integration {
                backend: Backend::LambdaProxy(uri),
                payload_format: known,
                ..Integration::unsupported()
            },
            (None, _) => Integration::unsupported(),
        }
    }

    /// A service of AWS by subtype.
    fn service(
        &self,
        subtype: &Node,
        parameters: Option<&Node>,
        problems: &mut Vec<Problem>,
    ) -> Integration {
        let known = subtype.text().map(Subtype::named);
        let known = known.and_then(|known| {
            known.map_err(|reason| {
                let problem = subtype.problem(format!("{}: {reason}", self.label));
                problem.tolerable()
            })
        });
        let Some(known) = known.or_collect(problems) else {
            return Integration::unsupported();
        };
        let pairs = parameters
            .map(Node::text_map)
            .transpose()
            .or_collect(problems)
            .flatten();
        let (regions, pairs): (Vec<_>, Vec<_>) = pairs
            .unwrap_or_default()
            .into_iter()
            .partition(|(name, _)| *name == "Region");
        let body = ServiceBody::read(known, &pairs).map_err(|wrong| {
            let place = |at: Option<usize>| {
                let (name, _) = pairs.get(at?)?;
                parameters?.get(name)
            };
            for (at, reason) in wrong {
                let node = place(at).or(parameters).unwrap_or(self.node);
                let message = format!("{}: {}: {reason}", self.label, self.names.parameters);
                problems.push(node.problem(message));
            }
        });
        let Ok(body) = body else {
            return Integration::unsupported();
        };
        let of_queue = body.fixed("QueueUrl").as_deref().and_then(region_of_queue);
        let region = regions
            .first()
            .map(|(_, region)| (*region).to_owned())
            .or(of_queue);
        Integration {
            backend: Backend::Subtype(ServiceUri {
                region: region.unwrap_or_else(|| self.region.to_owned()),
                service: known.service.to_owned(),
                subdomain: known.subdomain.map(ToOwned::to_owned),
                operation: Operation::Action {
                    name: known.action.to_owned(),
                    query: String::new(),
                },
                method: Some(http::Method::POST),
            }),
            service_body: Some(body),
            ..Integration::unsupported()
        }
    }
}

/// The call of a function: by its ARN, or by a URI that invokes it.
fn function(text: &str) -> Option<ServiceUri> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let uri = match parts[..] {
        ["arn", _, "lambda", region, _, resource] => {
            let is_function = resource.starts_with("function:") && !region.is_empty();
            invocation_uri(is_function.then_some(text)?)
        }
        _ => text.to_owned(),
    };
    let uri = parse_uri(&uri, Some(http::Method::POST)).ok()?;
    uri.is_function().then_some(uri)
}

/// `eu-west-1` of `https://sqs.eu-west-1.amazonaws.com/…`.
fn region_of_queue(url: &str) -> Option<String> {
    let host = url.split_once("://")?.1.strip_prefix("sqs.")?;
    host.split('.').next().map(ToOwned::to_owned)
}
