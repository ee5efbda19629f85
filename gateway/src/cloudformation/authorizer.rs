//! `AWS::ApiGateway::Authorizer`, and who may call a method that is declared by itself.

use std::sync::Arc;

use indexmap::IndexMap;
use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::kinds::AUTHORIZER;
use super::membership::is_part;
use super::nodes::renamed;
use crate::api::{Access, ApiProtocol, Authorizer, AuthorizerKind};
use crate::openapi::{DeclaredAuthorizer, read_authorizer};

/// The type of authorization by tokens in REST APIs.
const TOKENS_OF_REST: &str = "COGNITO_USER_POOLS";

/// The authorizers of an API by id; `None` for one that could not be read and is reported.
pub(super) type Authorizers = IndexMap<String, Option<Arc<Authorizer>>>;

/// The properties of an authorizer: CloudFormation's name, and OpenAPI's.
const NAMES: [(&str, &str); 7] = [
    ("Type", "type"),
    ("AuthorizerUri", "authorizerUri"),
    ("AuthorizerCredentials", "authorizerCredentials"),
    ("IdentitySource", "identitySource"),
    (
        "IdentityValidationExpression",
        "identityValidationExpression",
    ),
    (
        "AuthorizerResultTtlInSeconds",
        "authorizerResultTtlInSeconds",
    ),
    ("ProviderARNs", "providerARNs"),
];

/// Properties that OpenAPI does not have.
const PASSIVE: [&str; 3] = ["Name", "RestApiId", "AuthType"];

/// Reads the authorizers of one API.
pub(super) fn read(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Authorizers {
    let mut all = Authorizers::new();
    for resource in stack.of_kind(AUTHORIZER).filter(|one| is_part(one, api)) {
        let name = resource.properties.get("Name");
        let name = name.and_then(|name| name.text().ok());
        let declared = DeclaredAuthorizer {
            name: name.unwrap_or(&resource.logical_id),
            label: resource.label(),
            header: None,
            protocol: ApiProtocol::Rest,
        };
        let node = renamed(&resource.properties, &NAMES, &PASSIVE);
        let authorizer = read_authorizer(&declared, &node, problems).map(Arc::new);
        all.insert(resource.physical_id.clone(), authorizer);
    }
    all
}

/// Who may call a method of a REST API with these properties.
pub(super) fn access(
    label: &str,
    fields: &mut Fields<'_>,
    authorizers: &Authorizers,
    problems: &mut Vec<Problem>,
) -> Access {
    access_by(TOKENS_OF_REST, label, fields, authorizers, problems)
}

/// Who may call a method or a route with these properties; `tokens` is the type of authorization by
/// tokens.
pub(super) fn access_by(
    tokens: &str,
    label: &str,
    fields: &mut Fields<'_>,
    authorizers: &Authorizers,
    problems: &mut Vec<Problem>,
) -> Access {
    let kind = fields.optional("AuthorizationType");
    let id = fields.optional("AuthorizerId");
    let scopes = fields.optional("AuthorizationScopes");
    let text = match kind.map(Node::text).transpose() {
        Ok(text) => text.unwrap_or("NONE").to_ascii_uppercase(),
        Err(problem) => {
            problems.push(problem);
            return Access::Closed;
        }
    };
    let unused = |problems: &mut Vec<Problem>, access: Access| {
        let Some(node) = id.or(scopes) else {
            return access;
        };
        let message = format!(
            "{label}: AuthorizerId and AuthorizationScopes are for AuthorizationType CUSTOM and {tokens}, not {text}"
        );
        problems.push(node.problem(message).tolerable());
        Access::Closed
    };
    match text.as_str() {
        "NONE" => unused(problems, Access::Open),
        "AWS_IAM" => unused(problems, Access::Iam),
        named if named == "CUSTOM" || named == tokens => {
            by_authorizer(label, &text, [kind, id, scopes], authorizers, problems)
                .unwrap_or(Access::Closed)
        }
        _ => {
            let message = format!(
                "{label}: authorization type {text} is not supported: expected NONE, AWS_IAM, CUSTOM or {tokens}"
            );
            problems.extend(kind.map(|kind| kind.problem(message).tolerable()));
            Access::Closed
        }
    }
}

fn by_authorizer(
    label: &str,
    kind: &str,
    [at, id, scopes]: [Option<&Node>; 3],
    authorizers: &Authorizers,
    problems: &mut Vec<Problem>,
) -> Option<Access> {
    let Some(id) = id else {
        let message = format!("{label}: AuthorizationType {kind} needs an AuthorizerId");
        problems.extend(at.map(|at| at.problem(message).tolerable()));
        return None;
    };
    let name = id.text().or_collect(problems)?;
    let Some(authorizer) = authorizers.get(name) else {
        let message = format!("{label}: AuthorizerId {name} is not an authorizer of this API");
        problems.push(id.problem(message).tolerable());
        return None;
    };
    let authorizer = authorizer.clone()?;
    let is_fit = match &authorizer.kind {
        AuthorizerKind::Lambda(_) => kind == "CUSTOM",
        AuthorizerKind::Token(_) => kind != "CUSTOM",
    };
    if !is_fit {
        let message =
            format!("{label}: AuthorizationType {kind} does not fit the kind of its authorizer");
        problems.push(id.problem(message).tolerable());
        return None;
    }
    let scopes = scopes.map(Node::list).transpose().or_collect(problems)?;
    let scopes: Option<Vec<String>> = scopes
        .unwrap_or_default()
        .iter()
        .map(|scope| scope.text().or_collect(problems).map(ToOwned::to_owned))
        .collect();
    Some(Access::Authorizer {
        authorizer,
        scopes: scopes?,
    })
}
