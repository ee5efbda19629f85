//! `Auth` of SAM's `AWS::Serverless::HttpApi`, as the SAM transform writes it into the API's
//! document: security schemes, and a `security` for operations without their own. Source: the SAM
//! developer guide, "HttpApiAuth".

use kit::document::{Entry, Fields, Node, OrCollect as _, Problem, Value};

use super::super::nodes::{entry_at, text_at};
use super::super::sam_authorizer::invocation_uri;

/// The scheme by which a signature is asked for.
const IAM: &str = "AWS_IAM";

/// The document of an API with what its `Auth` says; `None` when it cannot be done as declared: the
/// problems say why.
pub(super) fn applied(
    label: &str,
    document: &Node,
    auth: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Node> {
    let before = problems.len();
    let mut fields = auth.fields(format!("{label}: Auth")).or_collect(problems)?;
    let default = fields.optional("DefaultAuthorizer");
    let authorizers = fields.optional("Authorizers").map(Node::entries);
    let authorizers = authorizers.transpose().or_collect(problems)?;
    // It is allowed to name it; who does not gets nothing by it.
    fields.ignore(&["EnableIamAuthorizer"]);
    problems.extend(fields.finish());
    let mut schemes = vec![signature(auth)];
    let mut security = None;
    let default = default.map(Node::text).transpose().or_collect(problems)?;
    for entry in authorizers.unwrap_or_default() {
        let named = format!("{label}: authorizer {}", entry.key);
        schemes.extend(scheme(&named, entry, problems));
        if default == Some(entry.key.as_str()) {
            let scopes = entry.node.get("AuthorizationScopes").cloned();
            security = Some(requirement(auth, &entry.key, scopes));
        }
    }
    match default {
        Some(IAM) => security = Some(requirement(auth, IAM, None)),
        Some(name) if security.is_none() && name != "NONE" => {
            let message = format!("{label}: DefaultAuthorizer {name} is not in Authorizers");
            problems.push(auth.problem(message).tolerable());
        }
        _ => {}
    }
    let applied = with_schemes(document, auth, schemes, security)?;
    (problems.len() == before).then_some(applied)
}

fn with_schemes(
    document: &Node,
    at: &Node,
    schemes: Vec<Entry>,
    security: Option<Node>,
) -> Option<Node> {
    let own = |node: Option<&Node>| {
        let entries = node.and_then(|node| node.entries().ok());
        entries.unwrap_or_default().to_vec()
    };
    let mut all = own(Some(document));
    let components = document.get("components");
    let mut known = own(components.and_then(|node| node.get("securitySchemes")));
    for scheme in schemes {
        if !known.iter().any(|one| one.key == scheme.key) {
            known.push(scheme);
        }
    }
    let mut parts = own(components);
    parts.retain(|entry| entry.key != "securitySchemes");
    parts.push(entry_at(at, "securitySchemes", at.with(Value::Map(known))));
    all.retain(|entry| entry.key != "components");
    all.push(entry_at(at, "components", at.with(Value::Map(parts))));
    if let Some(security) = security.filter(|_| document.get("security").is_none()) {
        all.push(entry_at(at, "security", security));
    }
    Some(document.with(Value::Map(all)))
}

/// `security` that asks for one scheme.
fn requirement(at: &Node, name: &str, scopes: Option<Node>) -> Node {
    let scopes = scopes.unwrap_or_else(|| at.with(Value::List(Vec::new())));
    let one = at.with(Value::Map(vec![entry_at(at, name, scopes)]));
    at.with(Value::List(vec![one]))
}

fn signature(at: &Node) -> Entry {
    let kind = text_at(at, "x-amazon-apigateway-authtype", "awsSigv4");
    entry_at(at, IAM, at.with(Value::Map(vec![kind])))
}

/// The security scheme of an authorizer.
fn scheme(label: &str, entry: &Entry, problems: &mut Vec<Problem>) -> Option<Entry> {
    let at = &entry.node;
    let mut fields = at.fields(label).or_collect(problems)?;
    fields.ignore(&["AuthorizationScopes", "EnableFunctionDefaultPermissions"]);
    let jwt = fields.optional("JwtConfiguration");
    let function = fields.optional("FunctionArn");
    let mut members = Vec::new();
    match (jwt, function) {
        (Some(jwt), None) => {
            members.push(text_at(at, "type", "jwt"));
            members.push(entry_at(jwt, "jwtConfiguration", jwt.clone()));
            let source = fields.optional("IdentitySource");
            members.extend(source.map(|node| entry_at(node, "identitySource", node.clone())));
        }
        (None, Some(function)) => {
            members.push(text_at(at, "type", "request"));
            let uri = invocation_uri(function.text().or_collect(problems)?);
            members.push(text_at(function, "authorizerUri", &uri));
            members.extend(of_function(label, &mut fields, problems)?);
        }
        _ => {
            let message = format!("{label}: expected either JwtConfiguration or FunctionArn");
            problems.push(at.problem(message).tolerable());
            return None;
        }
    }
    problems.extend(fields.finish());
    let extension = at.with(Value::Map(members));
    let scheme = vec![entry_at(at, "x-amazon-apigateway-authorizer", extension)];
    Some(entry_at(at, &entry.key, at.with(Value::Map(scheme))))
}

/// What an authorizer says of its function.
fn of_function(
    label: &str,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Entry>> {
    let mut members = Vec::new();
    for (name, written) in [
        ("FunctionInvokeRole", "authorizerCredentials"),
        (
            "AuthorizerPayloadFormatVersion",
            "authorizerPayloadFormatVersion",
        ),
        ("EnableSimpleResponses", "enableSimpleResponses"),
    ] {
        let node = fields.optional(name);
        members.extend(node.map(|node| entry_at(node, written, node.clone())));
    }
    let Some(node) = fields.optional("Identity") else {
        return Some(members);
    };
    let label = format!("{label}: Identity");
    let mut identity = node.fields(label).or_collect(problems)?;
    let ttl = identity.optional("ReauthorizeEvery");
    members.extend(ttl.map(|node| entry_at(node, "authorizerResultTtlInSeconds", node.clone())));
    let mut sources = Vec::new();
    for (name, prefix) in [
        ("Headers", "$request.header."),
        ("QueryStrings", "$request.querystring."),
        ("StageVariables", "$stageVariables."),
        ("Context", "$context."),
    ] {
        let names = identity.optional(name).map(Node::list).transpose();
        for name in names.or_collect(problems)?.unwrap_or_default() {
            sources.push(format!("{prefix}{}", name.text().or_collect(problems)?));
        }
    }
    problems.extend(identity.finish());
    members.push(text_at(node, "identitySource", &sources.join(",")));
    Some(members)
}
