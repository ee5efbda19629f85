//! The credentials of a connection: `AuthParameters`.

use http::Method;
use kit::document::{Fields, Node, OrCollect as _, Problem};
use kit::send::AllowTargets;
use secrecy::SecretString;
use url::Url;

use super::connection_parameters::{check_secret, read_parameters};
use super::http::{check_private, read_header_name, read_method};
use crate::targets::PROTECTED;
use crate::targets::connection::{Auth, OAuth};

/// Reads the credentials of the kind that `AuthorizationType` names. Those of another kind are
/// unknown properties.
pub(super) fn read_auth(
    label: &str,
    kind: &Node,
    fields: &mut Fields<'_>,
    allowed: &AllowTargets,
    problems: &mut Vec<Problem>,
) -> Option<Auth> {
    let name = match kind.text().or_collect(problems)? {
        "API_KEY" => "ApiKeyAuthParameters",
        "BASIC" => "BasicAuthParameters",
        "OAUTH_CLIENT_CREDENTIALS" => "OAuthParameters",
        other => {
            let message = format!(
                "invalid AuthorizationType {other}: expected API_KEY, BASIC or OAUTH_CLIENT_CREDENTIALS"
            );
            problems.push(kind.problem(message));
            fields.ignore(&[
                "ApiKeyAuthParameters",
                "BasicAuthParameters",
                "OAuthParameters",
            ]);
            return None;
        }
    };
    let node = fields.required(name).or_collect(problems)?;
    match name {
        "ApiKeyAuthParameters" => read_api_key(label, node, problems),
        "BasicAuthParameters" => read_basic(label, node, problems),
        _ => read_oauth(label, node, allowed, problems),
    }
}

fn read_api_key(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Auth> {
    let label = format!("{label}.ApiKeyAuthParameters");
    let mut fields = node.fields(&label).or_collect(problems)?;
    let name = fields.required("ApiKeyName").and_then(|node| {
        let name =
            read_header_name(node.text()?, &PROTECTED).map_err(|message| node.problem(message))?;
        name.ok_or_else(|| node.problem(format!("{label}: this header cannot be set")))
    });
    let (name, value) = (
        name.or_collect(problems),
        read_secret(&mut fields, "ApiKeyValue").or_collect(problems),
    );
    problems.extend(fields.finish());
    let auth = Auth::api_key(name?, &value?);
    auth.map_err(|error| node.problem(format!("{label}: ApiKeyValue: {error}")))
        .or_collect(problems)
}

fn read_basic(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Auth> {
    let mut fields = node
        .fields(format!("{label}.BasicAuthParameters"))
        .or_collect(problems)?;
    let username = fields
        .required("Username")
        .and_then(Node::text)
        .or_collect(problems);
    let password = read_secret(&mut fields, "Password").or_collect(problems);
    problems.extend(fields.finish());
    Some(Auth::basic(username?, &password?))
}

fn read_oauth(
    label: &str,
    node: &Node,
    allowed: &AllowTargets,
    problems: &mut Vec<Problem>,
) -> Option<Auth> {
    let label = format!("{label}.OAuthParameters");
    let mut fields = node.fields(&label).or_collect(problems)?;
    let endpoint = fields
        .required("AuthorizationEndpoint")
        .and_then(|node| read_server(&label, node, allowed));
    let endpoint = endpoint.or_collect(problems);
    let method = fields
        .required("HttpMethod")
        .and_then(|node| read_method(node, &["GET", "POST", "PUT"]));
    let method: Option<Method> = method.or_collect(problems);
    let client = fields.required("ClientParameters").or_collect(problems);
    let client = client.and_then(|node| read_client(&label, node, problems));
    let parameters = fields
        .optional("OAuthHttpParameters")
        .map(|node| read_parameters(&label, node, problems));
    problems.extend(fields.finish());
    let (client_id, client_secret) = client?;
    let parameters = parameters.unwrap_or_default();
    Some(Auth::OAuth(OAuth {
        endpoint: endpoint?,
        method: method?,
        client_id,
        client_secret,
        parameters,
    }))
}

fn read_server(label: &str, node: &Node, allowed: &AllowTargets) -> Result<Url, Problem> {
    let url = Url::parse(node.text()?)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let wrong = || {
        node.problem(format!(
            "{label}: AuthorizationEndpoint must be an http or https URL"
        ))
    };
    let url = url.ok_or_else(wrong)?;
    check_private(
        &format!("{label}: AuthorizationEndpoint"),
        node,
        &url,
        allowed,
    )?;
    Ok(url)
}

fn read_client(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<(SecretString, SecretString)> {
    let mut fields = node
        .fields(format!("{label}.ClientParameters"))
        .or_collect(problems)?;
    let id = fields
        .required("ClientID")
        .and_then(Node::text)
        .or_collect(problems);
    let secret = read_secret(&mut fields, "ClientSecret").or_collect(problems);
    problems.extend(fields.finish());
    Some((SecretString::from(id?), secret?))
}

fn read_secret(fields: &mut Fields<'_>, name: &str) -> Result<SecretString, Problem> {
    let node = fields.required(name).map_err(|problem| {
        let hint = "describe-connection does not print secrets: add it to the file";
        Problem {
            message: format!("{} ({hint})", problem.message),
            ..problem
        }
    })?;
    check_secret(name, node).map(SecretString::from)
}
