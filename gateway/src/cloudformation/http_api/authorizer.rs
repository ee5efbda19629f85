//! `AWS::ApiGatewayV2::Authorizer`, and who may call a route that is declared by itself.

use std::sync::Arc;

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Entry, Fields, Node, Problem, Value};

use super::super::authorizer::{Authorizers, access_by};
use super::super::kinds::V2_AUTHORIZER;
use super::parts::is_part;
use crate::api::{Access, ApiProtocol};
use crate::openapi::{DeclaredAuthorizer, read_authorizer};

/// The properties of an authorizer: CloudFormation's name, and OpenAPI's.
const NAMES: [(&str, &str); 10] = [
    ("AuthorizerType", "type"),
    ("AuthorizerUri", "authorizerUri"),
    ("AuthorizerCredentialsArn", "authorizerCredentials"),
    (
        "AuthorizerPayloadFormatVersion",
        "authorizerPayloadFormatVersion",
    ),
    (
        "AuthorizerResultTtlInSeconds",
        "authorizerResultTtlInSeconds",
    ),
    ("EnableSimpleResponses", "enableSimpleResponses"),
    ("IdentitySource", "identitySource"),
    ("JwtConfiguration", "jwtConfiguration"),
    ("Audience", "audience"),
    ("Issuer", "issuer"),
];

/// Reads the authorizers of one API.
pub(super) fn read(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Authorizers {
    let declared = stack.of_kind(V2_AUTHORIZER);
    let of_api = declared.filter(|resource| is_part(resource, api));
    let read = of_api.map(|resource| {
        let name = resource.properties.get("Name");
        let name = name.and_then(|name| name.text().ok());
        let declared = DeclaredAuthorizer {
            name: name.unwrap_or(&resource.logical_id),
            label: resource.label(),
            header: None,
            protocol: ApiProtocol::Http,
        };
        let node = in_openapi_form(&resource.properties);
        let authorizer = read_authorizer(&declared, &node, problems).map(Arc::new);
        (resource.physical_id.clone(), authorizer)
    });
    read.collect()
}

/// The same with the names that OpenAPI has, those of `JwtConfiguration` included.
fn in_openapi_form(properties: &Node) -> Node {
    let Value::Map(entries) = &properties.value else {
        return properties.clone();
    };
    // The expression is for WebSocket APIs.
    let passive = ["Name", "ApiId", "IdentityValidationExpression"];
    let entries = entries
        .iter()
        .filter(|entry| !passive.contains(&entry.key.as_str()));
    let renamed = entries.map(|entry| {
        let name = NAMES.iter().find(|(from, _)| *from == entry.key);
        Entry {
            key: name.map_or(entry.key.clone(), |(_, to)| (*to).to_owned()),
            node: in_openapi_form(&entry.node),
            ..entry.clone()
        }
    });
    properties.with(Value::Map(renamed.collect()))
}

/// Who may call a route with these properties.
pub(super) fn access(
    label: &str,
    fields: &mut Fields<'_>,
    authorizers: &Authorizers,
    problems: &mut Vec<Problem>,
) -> Access {
    access_by("JWT", label, fields, authorizers, problems)
}
