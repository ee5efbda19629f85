//! A whole document.

use kit::document::{Node, OrCollect as _, Problem};

use super::base_path::{BasePath, api_id, endpoint};
use super::encoding;
use super::extensions::is_foreign;
use super::gateway_responses;
use super::operation::PathReader;
use super::policy;
use super::security::SecurityReader;
use super::validation::ValidationReader;
use crate::api::{
    ApiKeySource, ApiProtocol, DefaultEndpoint, Encoding, EndpointType, GatewayResponses, Policy,
    Resource, Siblings,
};

/// What a document declares.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// `info.title`.
    pub title: String,
    /// Resources that have methods, in the order of the document.
    pub resources: Vec<Resource>,
    /// The API's id, where the document was exported.
    pub api_id: Option<String>,
    /// The base path at which the document is served.
    pub base_path: BasePath,
    /// `disableExecuteApiEndpoint` of `x-amazon-apigateway-endpoint-configuration`.
    pub endpoint: DefaultEndpoint,
    /// Private, where the configuration names VPC endpoints.
    pub endpoint_type: EndpointType,
    /// How payloads are encoded.
    pub encoding: Encoding,
    /// What guards the whole API is not supported.
    pub is_closed: bool,
    /// `x-amazon-apigateway-policy`.
    pub policy: Option<Policy>,
    /// `x-amazon-apigateway-gateway-responses`.
    pub gateway_responses: GatewayResponses,
    /// `x-amazon-apigateway-api-key-source`.
    pub api_key_source: ApiKeySource,
}

/// Extensions of the root that would change answers and are not supported.
const UNSUPPORTED_ROOT: [&str; 2] = ["x-amazon-apigateway-authtype", "x-amazon-apigateway-cors"];

/// Entries of the root without effect on requests, or read together with what refers to them.
const PASSIVE_ROOT: [&str; 14] = [
    "openapi",
    "swagger",
    "schemes",
    "consumes",
    "produces",
    "tags",
    "components",
    "definitions",
    "parameters",
    "responses",
    "securityDefinitions",
    "externalDocs",
    "x-amazon-apigateway-documentation",
    "x-amazon-apigateway-importexport-version",
];

impl Document {
    /// Reads a document. What is wrong in it, or not supported, is added to `problems`.
    ///
    /// # Errors
    /// The document is not a mapping.
    pub(crate) fn read(root: &Node, problems: &mut Vec<Problem>) -> Result<Document, Problem> {
        let mut fields = root.fields("the OpenAPI document")?;
        let title = title(fields.optional("info"), problems);
        let servers = fields.optional("servers");
        let api_id = api_id(servers, fields.optional("host"));
        let base_path = BasePath::read(servers, fields.optional("basePath"));
        let configuration = fields.optional("x-amazon-apigateway-endpoint-configuration");
        let (endpoint, endpoint_type) = endpoint(configuration, servers, problems);
        let encoding = encoding::read(
            fields.optional("x-amazon-apigateway-binary-media-types"),
            fields.optional("x-amazon-apigateway-minimum-compression-size"),
            problems,
        );
        let responses = fields.optional("x-amazon-apigateway-gateway-responses");
        let gateway_responses = gateway_responses::read(responses, problems);
        let source = fields.optional("x-amazon-apigateway-api-key-source");
        let api_key_source = api_key_source(source, problems);
        let paths = fields
            .required("paths")
            .and_then(Node::entries)
            .or_collect(problems)
            .unwrap_or_default();
        let security = SecurityReader::new(root, fields.optional("security"), ApiProtocol::Rest);
        let validators = fields.optional("x-amazon-apigateway-request-validators");
        let validator = fields.optional("x-amazon-apigateway-request-validator");
        let policy = fields.optional("x-amazon-apigateway-policy");
        let (policy, is_closed) = policy::of_document(policy, problems);
        fields.ignore(&PASSIVE_ROOT);
        fields.unsupported(&UNSUPPORTED_ROOT);
        fields.ignore_where(is_foreign);
        problems.extend(fields.finish());
        let mut reader = PathReader {
            root,
            security,
            validation: ValidationReader::new(root, validators, validator),
            siblings: Siblings::default(),
            problems,
        };
        let entries = paths.iter().filter(|entry| !is_foreign(&entry.key));
        let resources = entries
            .filter_map(|entry| reader.resource(entry))
            .filter(|resource| !resource.methods.is_empty())
            .collect();
        Ok(Document {
            title,
            api_id,
            resources,
            base_path,
            endpoint,
            endpoint_type,
            encoding,
            is_closed,
            policy,
            gateway_responses,
            api_key_source: api_key_source.unwrap_or_default(),
        })
    }
}

/// `title` of `info`; empty without one.
fn title(info: Option<&Node>, problems: &mut Vec<Problem>) -> String {
    let title = info.and_then(|info| info.get("title")).map(Node::text);
    let title = title.transpose().or_collect(problems).flatten();
    title.unwrap_or_default().to_owned()
}

/// Where API keys come from, if it is said.
pub(crate) fn api_key_source(
    node: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Option<ApiKeySource> {
    let node = node?;
    match node.text().or_collect(problems)?.to_uppercase().as_str() {
        "HEADER" => Some(ApiKeySource::Header),
        "AUTHORIZER" => Some(ApiKeySource::Authorizer),
        other => {
            let message =
                format!("invalid source of API keys {other}: expected HEADER or AUTHORIZER");
            problems.push(node.problem(message));
            None
        }
    }
}
