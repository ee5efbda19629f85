//! Integrations of HTTP APIs: `AWS::ApiGatewayV2::Integration`, and
//! `x-amazon-apigateway-integration` of a body, whose members have the same names in lower case.

use std::time::Duration;

use kit::cloudformation::Resource as Declared;
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::parts::is_empty;
use crate::api::{
    Backend, CertificateCheck, Connection, HttpEndpoint, HttpMode, Integration, MappingSource,
    Operation, ParameterLocation, PayloadFormat, RequestParameter, ServiceBody, ServiceUri,
    Subtype,
};
use crate::openapi::{parse_uri, read_identity};

/// Milliseconds: 50 to 30,000, the default.
const TIMEOUTS: std::ops::RangeInclusive<i64> = 50..=30_000;

/// The names of an integration's members, in one of the two forms.
struct MemberNames {
    kind: &'static str,
    subtype: &'static str,
    credentials: &'static str,
    parameters: &'static str,
    uri: &'static str,
    method: &'static str,
    timeout: &'static str,
    payload_format: &'static str,
    connection: [&'static str; 2],
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
    connection: ["ConnectionType", "ConnectionId"],
    // The last three are for WebSocket APIs.
    passive: &[
        "ApiId",
        "Description",
        "ContentHandlingStrategy",
        "PassthroughBehavior",
        "TemplateSelectionExpression",
    ],
    unsupported: &["RequestTemplates", "ResponseParameters", "TlsConfig"],
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
    connection: ["connectionType", "connectionId"],
    passive: &["description", "passthroughBehavior"],
    unsupported: &["requestTemplates", "responseParameters", "tlsConfig"],
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

struct IntegrationReader<'a> {
    label: String,
    node: &'a Node,
    names: &'static MemberNames,
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
        let [connection, _] = names.connection.map(|name| fields.optional(name));
        fields.unsupported(names.unsupported);
        fields.ignore(names.passive);
        problems.extend(fields.finish());
        let kind = kind?.text().or_collect(problems)?.to_uppercase();
        let private = connection.filter(|node| node.text() == Ok("VPC_LINK"));
        let mut made = match (kind.as_str(), subtype, private) {
            (_, _, Some(node)) => self.refused(node, "VPC links of HTTP APIs", problems),
            ("AWS_PROXY", Some(subtype), _) => self.service(subtype, parameters, problems),
            ("AWS_PROXY", None, _) => self.function(endpoint, format, problems),
            ("HTTP_PROXY", ..) => self.http(endpoint, parameters, problems),
            _ => self.refused(
                self.node,
                &format!("{} {kind} of an HTTP API", names.kind),
                problems,
            ),
        };
        made.identity = identity?;
        made.place = Some(self.node.place.clone());
        made.timeout = Duration::from_millis(timeout.unsigned_abs());
        Some(made)
    }

    fn refused(&self, node: &Node, what: &str, problems: &mut Vec<Problem>) -> Integration {
        let message = format!("{}: {what} is not supported", self.label);
        problems.push(node.problem(message).tolerable());
        Integration::unsupported()
    }

    /// `AWS_PROXY` without a subtype calls a Lambda function.
    fn function(
        &self,
        [uri, _]: [Option<&Node>; 2],
        format: Option<&Node>,
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
        match function.or_collect(problems) {
            Some(uri) => Integration {
                backend: Backend::LambdaProxy(uri),
                payload_format: known,
                ..Integration::unsupported()
            },
            None => Integration::unsupported(),
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

    /// `HTTP_PROXY`: the path parameters of the route fill those of the URI.
    fn http(
        &self,
        [uri, method]: [Option<&Node>; 2],
        parameters: Option<&Node>,
        problems: &mut Vec<Problem>,
    ) -> Integration {
        if let Some(node) = parameters {
            let what = format!("{} of an HTTP endpoint", self.names.parameters);
            return self.refused(node, &what, problems);
        }
        let Some(uri) = uri else {
            let message = format!("{}: {} is missing", self.label, self.names.uri);
            problems.push(self.node.problem(message));
            return Integration::unsupported();
        };
        let text = uri.text().or_collect(problems).unwrap_or_default();
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return self.refused(uri, &format!("the URI {text}"), problems);
        }
        let method = method.and_then(|node| node.text().or_collect(problems));
        let method = method
            .filter(|method| *method != "ANY")
            .and_then(|text| text.parse().ok());
        let names = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'));
        let names = names.map(|(name, _)| name.trim_end_matches('+').to_owned());
        Integration {
            backend: Backend::Http(HttpEndpoint {
                uri: text.replace("+}", "}"),
                method,
                mode: HttpMode::Proxy,
                connection: Connection::Internet,
                certificates: CertificateCheck::Trusted,
                place: uri.place.clone(),
            }),
            request_parameters: names
                .map(|name| RequestParameter {
                    location: ParameterLocation::Path,
                    source: MappingSource::Path(name.clone()),
                    name,
                })
                .collect(),
            ..Integration::unsupported()
        }
    }
}

/// The call of a function: by its ARN, or by a URI that invokes it.
fn function(text: &str) -> Option<ServiceUri> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    if let ["arn", _, "lambda", region, _, resource] = parts[..] {
        let is_function = resource.starts_with("function:") && !region.is_empty();
        return is_function.then(|| ServiceUri {
            region: region.to_owned(),
            service: "lambda".to_owned(),
            subdomain: None,
            operation: Operation::Path(format!("/2015-03-31/functions/{text}/invocations")),
            method: Some(http::Method::POST),
        });
    }
    let uri = parse_uri(text, Some(http::Method::POST)).ok()?;
    uri.is_function().then_some(uri)
}

/// `eu-west-1` of `https://sqs.eu-west-1.amazonaws.com/…`.
fn region_of_queue(url: &str) -> Option<String> {
    let host = url.split_once("://")?.1.strip_prefix("sqs.")?;
    host.split('.').next().map(ToOwned::to_owned)
}
