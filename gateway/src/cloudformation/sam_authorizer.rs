//! One of SAM's `Authorizers`, as the security scheme that the SAM transform makes of it. Source:
//! the SAM developer guide, "LambdaTokenAuthorizer", "LambdaRequestAuthorizer" and
//! "CognitoAuthorizer".

use kit::document::{Entry, Fields, Node, OrCollect as _, Problem, Value};

use super::nodes::{entry_at, text_at};

/// The security scheme of an authorizer.
pub(super) fn scheme(label: &str, entry: &Entry, problems: &mut Vec<Problem>) -> Option<Entry> {
    let at = &entry.node;
    let mut fields = at.fields(label).or_collect(problems)?;
    fields.ignore(&["AuthorizationScopes", "DisableFunctionDefaultPermissions"]);
    let pools = fields.optional("UserPoolArn");
    let function = fields.optional("FunctionArn");
    let mut extension = Vec::new();
    let mut header = None;
    let (kind, authorizer) = match (pools, function) {
        (Some(pools), None) => {
            extension.push(entry_at(at, "providerARNs", as_list(pools)));
            ("cognito_user_pools", "cognito_user_pools")
        }
        (None, Some(function)) => {
            let arn = function.text().or_collect(problems)?;
            extension.push(text_at(function, "authorizerUri", &invocation_uri(arn)));
            let role = fields.optional("FunctionInvokeRole");
            let role = role.filter(|role| role.text() != Ok("NONE"));
            extension
                .extend(role.map(|role| entry_at(role, "authorizerCredentials", role.clone())));
            ("custom", payload_type(label, at, &mut fields, problems)?)
        }
        _ => {
            let message = format!("{label}: expected either UserPoolArn or FunctionArn");
            problems.push(at.problem(message).tolerable());
            return None;
        }
    };
    if let Some(node) = fields.optional("Identity") {
        let identity = identity(label, node, authorizer, problems)?;
        extension.extend(identity.extension);
        header = identity.header;
    }
    problems.extend(fields.finish());
    extension.push(text_at(at, "type", authorizer));
    let scheme = vec![
        text_at(at, "type", "apiKey"),
        text_at(at, "name", header.as_deref().unwrap_or("Authorization")),
        text_at(at, "in", "header"),
        text_at(at, "x-amazon-apigateway-authtype", kind),
        entry_at(
            at,
            "x-amazon-apigateway-authorizer",
            at.with(Value::Map(extension)),
        ),
    ];
    Some(entry_at(at, &entry.key, at.with(Value::Map(scheme))))
}

/// A list, or a list of the only node.
fn as_list(node: &Node) -> Node {
    match node.list() {
        Ok(_) => node.clone(),
        Err(_) => node.with(Value::List(vec![node.clone()])),
    }
}

/// `FunctionPayloadType`
fn payload_type(
    label: &str,
    at: &Node,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<&'static str> {
    let payload = fields.optional("FunctionPayloadType").map(Node::text);
    match payload.transpose().or_collect(problems)? {
        None | Some("TOKEN") => Some("token"),
        Some("REQUEST") => Some("request"),
        Some(other) => {
            let message =
                format!("{label}: invalid FunctionPayloadType {other}: expected TOKEN or REQUEST");
            problems.push(at.problem(message).tolerable());
            None
        }
    }
}

/// `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations`
pub(super) fn invocation_uri(function: &str) -> String {
    let mut parts = function.split(':');
    let partition = parts.nth(1).unwrap_or("aws");
    let region = parts.nth(1).unwrap_or_default();
    format!(
        "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations"
    )
}

/// What `Identity` adds to an authorizer.
#[derive(Debug, Default)]
struct Identity {
    header: Option<String>,
    extension: Vec<Entry>,
}

fn identity(
    label: &str,
    at: &Node,
    authorizer: &str,
    problems: &mut Vec<Problem>,
) -> Option<Identity> {
    let mut fields = at
        .fields(format!("{label}: Identity"))
        .or_collect(problems)?;
    let mut identity = Identity::default();
    let header = fields.optional("Header").map(Node::text);
    identity.header = header
        .transpose()
        .or_collect(problems)?
        .map(ToOwned::to_owned);
    let pattern = fields.optional("ValidationExpression");
    identity
        .extension
        .extend(pattern.map(|node| entry_at(node, "identityValidationExpression", node.clone())));
    let ttl = fields.optional("ReauthorizeEvery");
    identity
        .extension
        .extend(ttl.map(|node| entry_at(node, "authorizerResultTtlInSeconds", node.clone())));
    let sources = sources(&mut fields, problems)?;
    if authorizer == "request" {
        let text = at.with(Value::String(sources.join(",")));
        identity
            .extension
            .extend((!sources.is_empty()).then(|| entry_at(at, "identitySource", text)));
    } else if !sources.is_empty() {
        let message = format!("{label}: Identity: only a REQUEST authorizer has several sources");
        problems.push(at.problem(message).tolerable());
        return None;
    }
    problems.extend(fields.finish());
    Some(identity)
}

/// The identity sources of a `REQUEST` authorizer.
fn sources(fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> Option<Vec<String>> {
    let mut sources = Vec::new();
    for (name, prefix) in [
        ("Headers", "method.request.header."),
        ("QueryStrings", "method.request.querystring."),
        ("StageVariables", "stageVariables."),
        ("Context", "context."),
    ] {
        let names = fields.optional(name).map(Node::list).transpose();
        for node in names.or_collect(problems)?.unwrap_or_default() {
            sources.push(format!("{prefix}{}", node.text().or_collect(problems)?));
        }
    }
    Some(sources)
}
