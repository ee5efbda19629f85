//! `x-amazon-apigateway-authorizer` of a security scheme to an [`Authorizer`]:
//! `docs/aws/api-gateway.md#access`.

use std::time::Duration;

use kit::arn::Arn;
use kit::document::{Fields, Node, OrCollect as _, Problem};
use kit::java_regex::Regex;

use super::extensions::is_foreign;
use super::uri;
use crate::api::{
    ApiProtocol, Authorizer, AuthorizerAnswer, AuthorizerEvent, AuthorizerKind, IdentitySource,
    Issuer, LambdaAuthorizer, Operation, PayloadFormat, ServiceUri, TokenAuthorizer,
};

/// Seconds for which the result of an authorizer is kept.
const TTLS: std::ops::RangeInclusive<i64> = 0..=3600;

const FORMAT_VERSION: &str = "authorizerPayloadFormatVersion";
const SIMPLE_RESPONSES: &str = "enableSimpleResponses";

/// The seconds for which results are kept when nothing is said.
fn usual_ttl(protocol: ApiProtocol) -> i64 {
    match protocol {
        ApiProtocol::Rest => 300,
        ApiProtocol::Http => 0,
    }
}

/// What an authorizer is read from.
pub(crate) struct Declared<'d> {
    /// Its name.
    pub name: &'d str,
    /// Its name and kind in messages.
    pub label: String,
    /// The header of the security scheme: where the token is when no identity source says so.
    pub header: Option<&'d str>,
    /// The sort of its API.
    pub protocol: ApiProtocol,
}

/// Reads an authorizer in its OpenAPI form. What is wrong with it, or not supported, is added to
/// `problems`; then there is none.
pub(crate) fn read(
    declared: &Declared<'_>,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Authorizer> {
    let label = &declared.label;
    let before = problems.len();
    let mut fields = node.fields(label).or_collect(problems)?;
    let kind = fields.required("type").or_collect(problems)?;
    let text = kind.text().or_collect(problems)?.to_ascii_lowercase();
    let is_rest = declared.protocol == ApiProtocol::Rest;
    let read = match text.as_str() {
        "token" if !is_rest => {
            let message = format!("{label}: type token is for REST APIs: expected request or jwt");
            problems.push(kind.problem(message).tolerable());
            return None;
        }
        "token" | "request" => lambda(declared, &text, &mut fields, problems),
        "cognito_user_pools" | "jwt" => token(declared, &text, &mut fields, problems),
        other => {
            let message = format!(
                "{label}: invalid type {other}: expected token, request, cognito_user_pools or jwt"
            );
            problems.push(kind.problem(message).tolerable());
            return None;
        }
    };
    if declared.protocol == ApiProtocol::Rest {
        refuse_simple_responses(label, &mut fields, problems);
    }
    fields.ignore_where(is_foreign);
    problems.extend(fields.finish());
    (problems.len() == before).then_some(Authorizer {
        name: declared.name.to_owned(),
        kind: read?,
    })
}

/// Payload format 2.0 and simple responses are those of HTTP APIs.
fn refuse_simple_responses(label: &str, fields: &mut Fields<'_>, problems: &mut Vec<Problem>) {
    let version = fields.optional(FORMAT_VERSION);
    let is_simple = fields.optional(SIMPLE_RESPONSES);
    for node in version.iter().filter(|node| node.text() != Ok("1.0")) {
        let message = format!("{label}: authorizerPayloadFormatVersion is 1.0 for REST APIs");
        problems.push(node.problem(message).tolerable());
    }
    for node in is_simple.iter().filter(|node| node.boolean() != Ok(false)) {
        let message = format!("{label}: enableSimpleResponses is for HTTP APIs only");
        problems.push(node.problem(message).tolerable());
    }
}

/// The format of events for the authorizer of an HTTP API, and what its function answers with.
fn format_of_http_api(
    label: &str,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<(PayloadFormat, AuthorizerAnswer)> {
    let simple = fields.optional(SIMPLE_RESPONSES);
    let is_simple = simple.map_or(Ok(false), Node::boolean).or_collect(problems);
    let node = fields.required(FORMAT_VERSION).or_collect(problems)?;
    let format = PayloadFormat::named(node.text().or_collect(problems)?);
    let Some(format) = format else {
        let message = format!("{label}: invalid {FORMAT_VERSION}: expected 1.0 or 2.0");
        problems.push(node.problem(message));
        return None;
    };
    if is_simple? && format == PayloadFormat::One {
        let message = format!("{label}: {SIMPLE_RESPONSES} needs {FORMAT_VERSION} 2.0");
        problems.extend(simple.map(|node| node.problem(message)));
        return None;
    }
    let answer = match is_simple? {
        true => AuthorizerAnswer::Simple,
        false => AuthorizerAnswer::Policy,
    };
    Some((format, answer))
}

fn lambda(
    declared: &Declared<'_>,
    kind: &str,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<AuthorizerKind> {
    let label = &declared.label;
    let uri = fields
        .required("authorizerUri")
        .and_then(|node| function(label, node))
        .or_collect(problems);
    let role = fields
        .optional("authorizerCredentials")
        .map(Node::text)
        .transpose()
        .or_collect(problems);
    let sources = fields.optional("identitySource");
    let pattern = pattern(label, fields, problems);
    let ttl = fields
        .optional("authorizerResultTtlInSeconds")
        .map_or(Ok(usual_ttl(declared.protocol)), |node| {
            node.integer_in(TTLS)
        })
        .or_collect(problems);
    let many = |problems: &mut Vec<Problem>| {
        let sources = sources.and_then(|node| many_sources(label, node).or_collect(problems));
        sources.unwrap_or_default()
    };
    let mut answer = AuthorizerAnswer::Policy;
    let (event, identity) = match (kind, declared.protocol) {
        ("token", _) => {
            let source = one_source(declared, sources, problems)?;
            (AuthorizerEvent::Token(pattern), vec![source])
        }
        (_, ApiProtocol::Rest) => (AuthorizerEvent::Request, many(problems)),
        (_, ApiProtocol::Http) => {
            let identity = many(problems);
            let (format, simple) = format_of_http_api(label, fields, problems)?;
            answer = simple;
            (AuthorizerEvent::HttpRequest(format), identity)
        }
    };
    Some(AuthorizerKind::Lambda(LambdaAuthorizer {
        event,
        answer,
        uri: uri?,
        role: role?.filter(|role| !role.is_empty()).map(ToOwned::to_owned),
        identity,
        ttl: Duration::from_secs(ttl?.unsigned_abs()),
    }))
}

/// `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations`
fn function(label: &str, node: &Node) -> Result<ServiceUri, Problem> {
    let wrong = || {
        node.problem(format!(
            "{label}: authorizerUri is no function: expected arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION/invocations"
        ))
    };
    let uri = uri::parse(node.text()?, Some(http::Method::POST)).map_err(|_| wrong())?;
    let is_function = |path: &str| path.contains("/functions/") && path.ends_with("/invocations");
    match &uri.operation {
        Operation::Path(path) if uri.service == "lambda" && is_function(path) => Ok(uri),
        _ => Err(wrong()),
    }
}

fn token(
    declared: &Declared<'_>,
    kind: &str,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<AuthorizerKind> {
    let label = &declared.label;
    let source = one_source(declared, fields.optional("identitySource"), problems);
    let audience_pattern = pattern(label, fields, problems);
    fields.ignore(&["authorizerResultTtlInSeconds", "authorizerCredentials"]);
    let (issuers, audiences) = if kind == "jwt" {
        let configuration = fields.required("jwtConfiguration").or_collect(problems)?;
        let (issuer, audiences) = jwt(label, configuration, problems)?;
        (vec![issuer], audiences)
    } else {
        let pools = fields
            .required("providerARNs")
            .and_then(Node::list)
            .or_collect(problems)?;
        let pools: Option<Vec<Issuer>> = pools
            .iter()
            .map(|node| user_pool(label, node).or_collect(problems))
            .collect();
        (pools?, Vec::new())
    };
    Some(AuthorizerKind::Token(TokenAuthorizer {
        source: source?,
        issuers,
        audience_pattern,
        audiences,
    }))
}

/// `arn:aws:cognito-idp:{region}:{account}:userpool/{id}`
fn user_pool(label: &str, node: &Node) -> Result<Issuer, Problem> {
    let text = node.text()?;
    if let Some(Arn {
        service: "cognito-idp",
        region,
        resource: pool,
        ..
    }) = Arn::parse(text)
        && let Some(id) = pool.strip_prefix("userpool/")
        && !region.is_empty()
        && id.contains('_')
    {
        return Ok(Issuer::UserPool {
            region: region.to_owned(),
            id: id.to_owned(),
        });
    }
    Err(node.problem(format!(
        "{label}: invalid ARN of a user pool {text}: expected arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID"
    )))
}

fn jwt(
    label: &str,
    configuration: &Node,
    problems: &mut Vec<Problem>,
) -> Option<(Issuer, Vec<String>)> {
    let mut fields = configuration
        .fields(format!("{label}: jwtConfiguration"))
        .or_collect(problems)?;
    let issuer = fields
        .required("issuer")
        .and_then(|node| {
            let text = node.text()?;
            let is_url = url::Url::parse(text).is_ok_and(|url| url.has_host());
            is_url
                .then(|| text.to_owned())
                .ok_or_else(|| node.problem(format!("{label}: issuer {text} is no URL")))
        })
        .or_collect(problems);
    let audiences = fields
        .required("audience")
        .and_then(Node::list)
        .or_collect(problems)
        .unwrap_or_default();
    let audiences: Option<Vec<String>> = audiences
        .iter()
        .map(|node| node.text().or_collect(problems).map(ToOwned::to_owned))
        .collect();
    problems.extend(fields.finish());
    Some((Issuer::Provider(issuer?), audiences?))
}

/// `identityValidationExpression`
fn pattern(label: &str, fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> Option<Regex> {
    let node = fields.optional("identityValidationExpression")?;
    let text = node.text().or_collect(problems)?;
    Regex::new(text)
        .map_err(|error| {
            node.problem(format!(
                "{label}: invalid identityValidationExpression {text}: {error}"
            ))
        })
        .or_collect(problems)
}

/// The only identity source; without one, the header of the security scheme.
fn one_source(
    declared: &Declared<'_>,
    node: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Option<IdentitySource> {
    let Some(node) = node else {
        let header = declared.header.unwrap_or("Authorization");
        return Some(IdentitySource::Header(header.to_owned()));
    };
    let mut sources = many_sources(&declared.label, node).or_collect(problems)?;
    if sources.len() != 1 {
        let message = format!("{}: identitySource must be one source", declared.label);
        problems.push(node.problem(message).tolerable());
        return None;
    }
    sources.pop()
}

/// A list of sources, or their texts with commas between them.
fn many_sources(label: &str, node: &Node) -> Result<Vec<IdentitySource>, Problem> {
    let texts: Vec<&str> = match node.list() {
        Ok(nodes) => nodes.iter().map(Node::text).collect::<Result<_, _>>()?,
        Err(_) => node.text()?.split(',').collect(),
    };
    let texts = texts
        .into_iter()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    texts
        .map(|text| {
            source(text).ok_or_else(|| {
                let message = format!(
                    "{label}: invalid identitySource {text}: expected method.request.header.NAME, \
                     method.request.querystring.NAME, stageVariables.NAME or context.NAME"
                );
                node.problem(message).tolerable()
            })
        })
        .collect()
}

/// REST APIs write `method.request.header.N`, HTTP APIs `$request.header.N`.
fn source(text: &str) -> Option<IdentitySource> {
    let text = text.strip_prefix('$').unwrap_or(text);
    let request = text.strip_prefix("method.").unwrap_or(text);
    let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    if let Some(name) = request.strip_prefix("request.header.") {
        return named(name).map(IdentitySource::Header);
    }
    if let Some(name) = request.strip_prefix("request.querystring.") {
        return named(name).map(IdentitySource::QueryString);
    }
    if let Some(name) = text.strip_prefix("stageVariables.") {
        return named(name).map(IdentitySource::StageVariable);
    }
    let path = text.strip_prefix("context.").and_then(named)?;
    let parts = path.split('.').map(ToOwned::to_owned).collect();
    Some(IdentitySource::Context(parts))
}
