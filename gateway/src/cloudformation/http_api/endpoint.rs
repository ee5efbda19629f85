//! HTTP endpoints of HTTP APIs: their URIs, the way to them, and what is changed of requests.

use kit::document::{Node, OrCollect as _, Problem};

use super::integration::IntegrationReader;
use super::mappings;
use crate::api::{
    Backend, CertificateCheck, Connection, HttpEndpoint, HttpMappings, HttpMode, Integration,
    MappingSource, ParameterLocation, RequestParameter,
};

impl<'n> IntegrationReader<'n> {
    /// How the endpoint is reached.
    pub(super) fn way(
        &self,
        [kind, id]: [Option<&'n Node>; 2],
        tls: Option<&Node>,
        problems: &mut Vec<Problem>,
    ) -> Option<EndpointWay> {
        let names = self.names;
        let [kind_name, id_name] = names.connection;
        let is_private = match kind.map(Node::text).transpose().or_collect(problems)? {
            None | Some("INTERNET") => false,
            Some("VPC_LINK") => true,
            Some(other) => {
                let message = format!(
                    "{}: invalid {kind_name} {other}: expected INTERNET or VPC_LINK",
                    self.label
                );
                problems.push(kind.unwrap_or(self.node).problem(message));
                false
            }
        };
        let mut way = EndpointWay::default();
        if is_private {
            let missing = || {
                let message = format!("{}: VPC_LINK needs a {id_name}", self.label);
                self.node.problem(message)
            };
            let id = id.ok_or_else(missing).and_then(Node::text);
            way.link = id.or_collect(problems).map(ToOwned::to_owned);
        }
        if let Some(node) = tls {
            let fields = node.fields(format!("{}: {}", self.label, names.tls));
            let mut fields = fields.or_collect(problems)?;
            let name = fields.optional(names.server_name);
            let name = name.map(Node::text).transpose().or_collect(problems)?;
            problems.extend(fields.finish());
            way.server_name = name.map(ToOwned::to_owned);
            if !is_private {
                let message = format!("{}: {} is for VPC links", self.label, names.tls);
                problems.push(node.problem(message).tolerable());
            }
        }
        Some(way)
    }

    /// `HTTP_PROXY`: the path parameters of the route fill those of the URI.
    pub(super) fn http(
        &self,
        [uri, method]: [Option<&Node>; 2],
        parameters: Option<&Node>,
        way: EndpointWay,
        problems: &mut Vec<Problem>,
    ) -> Integration {
        let request = parameters.map(|node| {
            let label = format!("{}: {}", self.label, self.names.parameters);
            mappings::of_request(&label, node, problems)
        });
        let Some(uri) = uri else {
            let message = format!("{}: {} is missing", self.label, self.names.uri);
            problems.push(self.node.problem(message));
            return Integration::unsupported();
        };
        let text = uri.text().or_collect(problems).unwrap_or_default();
        let listener = way.listener(text);
        let text = listener.as_deref().unwrap_or(text);
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
                is_listener: listener.is_some(),
                connection: way.link.map_or(Connection::Internet, Connection::VpcLink),
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
            http_mappings: HttpMappings {
                request: request.unwrap_or_default(),
                ..HttpMappings::default()
            },
            ..Integration::unsupported()
        }
    }
}

/// How an HTTP endpoint is reached.
#[derive(Default)]
pub(super) struct EndpointWay {
    /// The id of the VPC link.
    pub(super) link: Option<String>,
    /// The name in the endpoint's certificate; with it, the endpoint speaks HTTPS.
    server_name: Option<String>,
}

impl EndpointWay {
    /// The URL of a listener or of a service of Cloud Map, which a VPC link leads to; [`None`] for
    /// any other URI. It has the name in the certificate, or else the load balancer's.
    fn listener(&self, uri: &str) -> Option<String> {
        self.link.as_ref()?;
        let rest = uri.strip_prefix("arn:")?;
        let resource = rest.splitn(5, ':').nth(4)?;
        let mut parts = resource.split('/').skip(1);
        let name = match resource.starts_with("listener/") {
            // listener/app/NAME/…
            true => parts.nth(1),
            false => parts.next(),
        };
        Some(match &self.server_name {
            Some(name) => format!("https://{name}"),
            None => format!("http://{}", name?),
        })
    }
}
