//! The backend of an integration: `type`, `uri`, `httpMethod`, `connectionType` and what belongs to
//! it. See `docs/aws/api-gateway.md#integration-types`.

use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::http_uri;
use super::uri;
use crate::api::{Backend, CertificateCheck, Connection, HttpEndpoint, HttpMode};

/// What API Gateway says of an `AWS_PROXY` integration with another service, and what is missing
/// here.
const NOT_A_FUNCTION: &str = "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose \
                              stream invocations (Firehose streams are not supported here)";

/// The entries of an integration that say what is called.
pub(super) struct BackendReader<'n, 'p> {
    pub label: &'p str,
    uri: Option<&'n Node>,
    method: Option<&'n Node>,
    connection_type: Option<&'n Node>,
    connection_id: Option<&'n Node>,
    tls: Option<&'n Node>,
    pub problems: &'p mut Vec<Problem>,
}

impl<'n, 'p> BackendReader<'n, 'p> {
    /// Takes the entries from the integration's.
    pub(super) fn new(
        label: &'p str,
        fields: &mut Fields<'n>,
        problems: &'p mut Vec<Problem>,
    ) -> BackendReader<'n, 'p> {
        BackendReader {
            label,
            uri: fields.optional("uri"),
            method: fields.optional("httpMethod"),
            connection_type: fields.optional("connectionType"),
            connection_id: fields.optional("connectionId"),
            tls: fields.optional("tlsConfig"),
            problems,
        }
    }

    /// The backend of an integration of this type.
    pub(super) fn read(mut self, kind: &Node) -> Option<Backend> {
        let text = kind.text().or_collect(self.problems)?;
        let kind_name = text.to_ascii_lowercase();
        match kind_name.as_str() {
            "mock" => Some(Backend::Mock),
            "aws" => self.aws(kind),
            "http" => self.http(kind, HttpMode::Mapped),
            "http_proxy" => self.http(kind, HttpMode::Proxy),
            "aws_proxy" => self.function(kind),
            other => {
                let message = format!(
                    "invalid integration type {other}: expected aws, aws_proxy, http, http_proxy or mock"
                );
                self.problems.push(self.problem(kind, &message));
                None
            }
        }
    }

    fn problem(&self, node: &Node, message: &str) -> Problem {
        node.problem(format!("{}: {message}", self.label))
    }

    fn aws(&mut self, kind: &Node) -> Option<Backend> {
        let verb = self.verb(kind);
        let uri = self.uri(kind)?;
        let text = uri.text().or_collect(self.problems)?;
        self.refuse_vpc_link();
        // Both are read, so that both are reported.
        match uri::parse(text, verb.clone().flatten()) {
            Ok(uri) => verb.map(|_| Backend::Aws(uri)),
            Err(message) => {
                self.problems.push(self.problem(uri, message));
                None
            }
        }
    }

    /// The function behind an `AWS_PROXY` integration.
    fn function(&mut self, kind: &Node) -> Option<Backend> {
        let Some(Backend::Aws(uri)) = self.aws(kind) else {
            return None;
        };
        if uri.is_function() {
            return Some(Backend::LambdaProxy(uri));
        }
        self.problems
            .push(self.problem(kind, NOT_A_FUNCTION).tolerable());
        Some(Backend::Unsupported)
    }

    fn http(&mut self, kind: &Node, mode: HttpMode) -> Option<Backend> {
        let verb = self.verb(kind);
        let connection = self.connection();
        let certificates = self.certificates();
        let uri = self.uri(kind)?;
        let text = uri.text().or_collect(self.problems)?;
        if !http_uri::is_valid(text) {
            let message = "Invalid HTTP endpoint specified for URI";
            self.problems.push(self.problem(uri, message));
            return None;
        }
        Some(Backend::Http(HttpEndpoint {
            uri: text.to_owned(),
            method: verb?,
            mode,
            is_listener: false,
            connection: connection?,
            certificates: certificates?,
            place: uri.place.clone(),
        }))
    }

    fn uri(&mut self, kind: &Node) -> Option<&'n Node> {
        let missing = self.problem(kind, "uri is missing");
        self.uri.ok_or(missing).or_collect(self.problems)
    }

    /// The method towards the backend; `Some(None)` for the client's.
    fn verb(&mut self, kind: &Node) -> Option<Option<http::Method>> {
        let missing = self.problem(kind, "Enumeration value for HttpMethod must be non-empty");
        let method = self.method.ok_or(missing).or_collect(self.problems)?;
        let text = method
            .text()
            .or_collect(self.problems)?
            .to_ascii_uppercase();
        match text.as_str() {
            "ANY" | "X-AMAZON-APIGATEWAY-ANY-METHOD" => Some(None),
            verb => {
                let invalid = self.problem(method, &format!("invalid HTTP method {verb}"));
                let parsed = verb.parse().map_err(|_| invalid);
                parsed.or_collect(self.problems).map(Some)
            }
        }
    }

    /// Whether a connection type is declared, and is that of a VPC link.
    fn is_vpc_link(&mut self) -> Option<bool> {
        let Some(kind) = self.connection_type else {
            return Some(false);
        };
        match kind
            .text()
            .or_collect(self.problems)?
            .to_ascii_uppercase()
            .as_str()
        {
            "INTERNET" => Some(false),
            "VPC_LINK" => Some(true),
            other => {
                let message =
                    format!("invalid connectionType {other}: expected INTERNET or VPC_LINK");
                self.problems.push(self.problem(kind, &message));
                None
            }
        }
    }

    fn connection(&mut self) -> Option<Connection> {
        if !self.is_vpc_link()? {
            return Some(Connection::Internet);
        }
        let kind = self.connection_type?;
        let missing = self.problem(kind, "a VPC_LINK connection needs a connectionId");
        let id = self
            .connection_id
            .ok_or(missing)
            .or_collect(self.problems)?;
        let text = id.text().or_collect(self.problems)?;
        Some(Connection::VpcLink(text.to_owned()))
    }

    /// A VPC link leads to HTTP endpoints only.
    fn refuse_vpc_link(&mut self) {
        if self.is_vpc_link() == Some(true)
            && let Some(kind) = self.connection_type
        {
            let message = "VPC links are for HTTP and HTTP_PROXY integrations only";
            self.problems.push(self.problem(kind, message));
        }
    }

    fn certificates(&mut self) -> Option<CertificateCheck> {
        let Some(tls) = self.tls else {
            return Some(CertificateCheck::Trusted);
        };
        let mut fields = tls
            .fields(format!("{}: tlsConfig", self.label))
            .or_collect(self.problems)?;
        let skip = fields.optional("insecureSkipVerification");
        let skip = skip
            .map(Node::boolean)
            .transpose()
            .or_collect(self.problems)?;
        self.problems.extend(fields.finish());
        Some(match skip {
            Some(true) => CertificateCheck::AnyIssuer,
            _ => CertificateCheck::Trusted,
        })
    }
}
