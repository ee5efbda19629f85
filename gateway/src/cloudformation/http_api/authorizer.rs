//! `AWS::ApiGatewayV2::Authorizer`, and who may call a route that is declared by itself.

use std::sync::Arc;

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Fields, Problem};

use super::super::authorizer::{Authorizers, access_by};
use super::super::kinds::V2_AUTHORIZER;
use super::super::nodes::renamed;
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

/// Properties that OpenAPI does not have; the expression is for WebSocket APIs.
const PASSIVE: [&str; 3] = ["Name", "ApiId", "IdentityValidationExpression"];

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
        let node = renamed(&resource.properties, &NAMES, &PASSIVE);
        let authorizer = read_authorizer(&declared, &node, problems).map(Arc::new);
        (resource.physical_id.clone(), authorizer)
    });
    read.collect()
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
