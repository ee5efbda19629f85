//! Connections of a definition: credentials and additional parameters.
//!
//! `describe-connection` never prints secrets; where its output is the definition, they have to be
//! added to the file under the names that CloudFormation uses.

use std::collections::HashMap;
use std::sync::Arc;

use http::Method;
use kit::document::{Fields, Node, OrCollect as _, Problem};
use kit::send::AllowTargets;
use secrecy::SecretString;
use url::Url;

use super::destinations::{drop_header, name_in_arn, read_header_name, read_method};
use super::{DeclaredResource, Fingerprint, check_private, declared, insert};
use crate::targets::PROTECTED;
use crate::targets::connection::{Auth, Connection, ConnectionParameters, OAuth, secret_header};

/// How many parameters of one sort a connection may add.
const MAX_PARAMETERS: usize = 100;

/// A connection, `None` when it cannot be used here, and what tells it from another of its name.
pub(super) type Found = (Option<Arc<Connection>>, Fingerprint);

/// All connections by name.
pub(super) struct Connections {
    by_name: HashMap<String, Found>,
}

impl Connections {
    pub(super) fn load(
        given: &kit::definition::Declarations,
        allowed: &AllowTargets,
        problems: &mut Vec<Problem>,
    ) -> Connections {
        let mut by_name = HashMap::new();
        for connection in declared(
            given,
            "AWS::Events::Connection",
            &given.connections,
            "ConnectionArn",
            problems,
        ) {
            let read = read(&connection, allowed, problems).map(Arc::new);
            let found = (read, connection.fingerprint([]));
            insert(&mut by_name, connection, found, problems);
        }
        Connections { by_name }
    }

    pub(super) fn find(&self, label: &str, node: &Node) -> Result<Found, Problem> {
        let arn = node.text()?;
        let name = name_in_arn(arn, "connection/")
            .ok_or_else(|| node.problem(format!("{arn} is no connection")))?;
        let found = self.by_name.get(name).cloned();
        found.ok_or_else(|| {
            node.problem(format!(
                "{label}: no definition declares the connection {name}"
            ))
        })
    }
}

fn read(
    declared: &DeclaredResource<'_>,
    allowed: &AllowTargets,
    problems: &mut Vec<Problem>,
) -> Option<Connection> {
    let mut fields = declared.fields().or_collect(problems)?;
    let kind = fields.required("AuthorizationType").or_collect(problems);
    let auth = fields.required("AuthParameters").or_collect(problems);
    let is_private = is_private(declared.node);
    fields.unsupported(&["InvocationConnectivityParameters"]);
    fields.ignore(&[
        "Name",
        "Description",
        "KmsKeyIdentifier",
        "ConnectionArn",
        "ConnectionState",
        "StateReason",
    ]);
    fields.ignore(&[
        "SecretArn",
        "CreationTime",
        "LastModifiedTime",
        "LastAuthorizedTime",
    ]);
    problems.extend(fields.finish());

    let label = format!("{}: AuthParameters", declared.label);
    let mut fields = auth?.fields(&label).or_collect(problems)?;
    let invocation = fields
        .optional("InvocationHttpParameters")
        .map(|node| read_parameters(&label, node, problems));
    let auth = kind.and_then(|kind| read_auth(&label, kind, &mut fields, allowed, problems));
    fields.unsupported(&["ConnectivityParameters"]);
    problems.extend(fields.finish());
    let (auth, invocation) = (auth?, invocation.unwrap_or_default());
    (!is_private).then(|| Connection {
        name: declared.name.clone(),
        auth,
        invocation,
    })
}

/// Whether a connection, or the way to its authorization server, is a private one.
fn is_private(node: &Node) -> bool {
    let own = node.get("InvocationConnectivityParameters");
    own.or_else(|| node.get("AuthParameters")?.get("ConnectivityParameters"))
        .is_some()
}

/// The credentials of the kind that `AuthorizationType` names. Those of another kind stay behind,
/// and are unknown.
fn read_auth(
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
                "AuthorizationType {other} is none of API_KEY, BASIC, OAUTH_CLIENT_CREDENTIALS"
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
            "{label}: AuthorizationEndpoint is not an http or https URL"
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

fn read_parameters(label: &str, node: &Node, problems: &mut Vec<Problem>) -> ConnectionParameters {
    let mut parameters = ConnectionParameters::default();
    let Some(mut fields) = node.fields(label).or_collect(problems) else {
        return parameters;
    };
    for parameter in read_list(label, &mut fields, "HeaderParameters", problems) {
        parameters.public.extend(parameter.public());
        let Parameter {
            key, value, node, ..
        } = parameter;
        let name = read_header_name(&key, &PROTECTED)
            .map_err(|message| node.problem(message))
            .or_collect(problems);
        let header =
            secret_header(value).map_err(|error| node.problem(format!("{label}: {key}: {error}")));
        match (name, header.or_collect(problems)) {
            (Some(Some(name)), Some(header)) => parameters.headers.push((name, header)),
            (Some(None), _) => drop_header(&node.place, &key),
            _ => {}
        }
    }
    for parameter in read_list(label, &mut fields, "QueryStringParameters", problems) {
        parameters.public.extend(parameter.public());
        parameters
            .query
            .push((parameter.key, parameter.value.into()));
    }
    for parameter in read_list(label, &mut fields, "BodyParameters", problems) {
        parameters.public.extend(parameter.public());
        parameters
            .body
            .push((parameter.key, parameter.value.into()));
    }
    problems.extend(fields.finish());
    parameters
}

/// One `{Key, Value, IsValueSecret}`. A value is a secret unless it is said to be none: our choice,
/// for AWS only hides what is said to be one.
struct Parameter<'a> {
    key: String,
    value: &'a str,
    is_public: bool,
    node: &'a Node,
}

impl Parameter<'_> {
    fn public(&self) -> Option<String> {
        self.is_public.then(|| self.value.to_owned())
    }
}

/// Reads a list of them.
fn read_list<'a>(
    label: &str,
    fields: &mut Fields<'a>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Vec<Parameter<'a>> {
    let Some(list) = fields.optional(name) else {
        return Vec::new();
    };
    let nodes = list.list().or_collect(problems).unwrap_or_default();
    if nodes.len() > MAX_PARAMETERS {
        problems.push(list.problem(format!("{label}: more than {MAX_PARAMETERS} {name}")));
    }
    let mut read = Vec::new();
    for node in nodes {
        let Some(mut fields) = node.fields(format!("{label}.{name}")).or_collect(problems) else {
            continue;
        };
        let key = fields
            .required("Key")
            .and_then(Node::text)
            .or_collect(problems);
        let value = fields
            .required("Value")
            .and_then(|node| check_secret("Value", node))
            .or_collect(problems);
        let is_secret = fields
            .optional("IsValueSecret")
            .and_then(|node| node.boolean().or_collect(problems));
        problems.extend(fields.finish());
        if let (Some(key), Some(value)) = (key, value) {
            read.push(Parameter {
                key: key.to_owned(),
                value,
                is_public: is_secret == Some(false),
                node,
            });
        }
    }
    read
}

fn read_secret(fields: &mut Fields<'_>, name: &str) -> Result<SecretString, Problem> {
    let node = fields.required(name).map_err(|problem| {
        let hint = "describe-connection does not print secrets, so it has to be added to the file";
        Problem {
            message: format!("{} ({hint})", problem.message),
            ..problem
        }
    })?;
    check_secret(name, node).map(SecretString::from)
}

fn check_secret<'a>(name: &str, node: &'a Node) -> Result<&'a str, Problem> {
    let text = node.text()?;
    if text.contains("{{resolve:") {
        return Err(node.problem(format!(
            "{name}: dynamic references ({{{{resolve:…}}}}) are not supported"
        )));
    }
    Ok(text)
}
