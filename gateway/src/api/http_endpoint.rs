//! The endpoint of an `HTTP` or `HTTP_PROXY` integration, as the definition declares it.

use kit::document::Place;

/// An HTTP endpoint. See `docs/aws/api-gateway.md#integration-uri`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpEndpoint {
    /// The URI, with `{name}` and `${stageVariables.name}` still in it.
    pub uri: String,
    /// The method of the call; `None` for the client's own (`ANY`).
    pub method: Option<http::Method>,
    /// Whether the request and the answer are mapped or passed on.
    pub mode: HttpMode,
    /// The way to the endpoint.
    pub connection: Connection,
    /// How the endpoint's certificate is checked.
    pub certificates: CertificateCheck,
    /// Whether it is a listener behind the VPC link of an HTTP API, to which requests go with their
    /// own path.
    pub is_listener: bool,
    /// Where the URI stands in the definition.
    pub place: Place,
}

/// What an integration makes of request and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpMode {
    /// `HTTP`: templates and mappings make both.
    Mapped,
    /// `HTTP_PROXY`: both are passed on.
    Proxy,
}

/// The way to an HTTP endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Straight to the host of the URI.
    Internet,
    /// Through the VPC link with this id, which may hold `${stageVariables.name}`. The URI gives
    /// the scheme, the `Host` header and the name in the certificate.
    VpcLink(String),
}

/// How the certificate of an HTTPS endpoint is checked: `tlsConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum CertificateCheck {
    /// A certificate authority that is trusted here must have issued it.
    #[default]
    Trusted,
    /// `insecureSkipVerification`: anybody may have issued it; its name and its dates must be
    /// right.
    AnyIssuer,
}
