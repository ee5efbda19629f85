//! Connections of a definition: credentials and additional parameters.
//!
//! `describe-connection` never prints secrets; where its output is the definition, they have to be added to the file
//! under the names that CloudFormation uses.

use std::collections::HashMap;
use std::sync::Arc;

use http::Method;
use kit::document::{Fields, Node, Problem};
use secrecy::SecretString;
use url::Url;

use super::destinations::{drop_header, name_in_arn, read_header_name, read_method};
use super::{Declared, Fingerprint, declared, insert};
use crate::connection::{Auth, Connection, OAuth, Parameters, secret_header};
use crate::target::PROTECTED;

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
        given: &kit::definition::Definition,
        problems: &mut Vec<Problem>,
    ) -> Result<Connections, Problem> {
        let mut by_name = HashMap::new();
        for connection in declared(given, "AWS::Events::Connection", &given.connections, "ConnectionArn")? {
            let read = read(&connection, problems)?.map(Arc::new);
            let found = (read, connection.fingerprint([]));
            insert(&mut by_name, connection, found, problems);
        }
        Ok(Connections { by_name })
    }

    pub(super) fn find(&self, label: &str, node: &Node) -> Result<Found, Problem> {
        let arn = node.text()?;
        let name = name_in_arn(arn, "connection/").ok_or_else(|| node.problem(format!("{arn} is no connection")))?;
        let found = self.by_name.get(name).cloned();
        found.ok_or_else(|| node.problem(format!("{label}: no definition declares the connection {name}")))
    }
}

fn read(declared: &Declared<'_>, problems: &mut Vec<Problem>) -> Result<Option<Connection>, Problem> {
    let mut fields = declared.fields()?;
    let kind = fields.required("AuthorizationType")?;
    let auth = fields.required("AuthParameters")?;
    let private = [declared.node.get("InvocationConnectivityParameters"), auth.get("ConnectivityParameters")];
    fields.unsupported(&["InvocationConnectivityParameters"]);
    fields.ignore(&["Name", "Description", "KmsKeyIdentifier", "ConnectionArn", "ConnectionState", "StateReason"]);
    fields.ignore(&["SecretArn", "CreationTime", "LastModifiedTime", "LastAuthorizedTime"]);
    problems.extend(fields.finish());

    let label = format!("{}: AuthParameters", declared.label);
    let mut fields = auth.fields(&label)?;
    let invocation = match fields.optional("InvocationHttpParameters") {
        Some(node) => read_parameters(&label, node, problems)?,
        None => Parameters::default(),
    };
    let auth = match kind.text()? {
        "API_KEY" => read_api_key(&label, fields.required("ApiKeyAuthParameters")?, problems)?,
        "BASIC" => read_basic(&label, fields.required("BasicAuthParameters")?, problems)?,
        "OAUTH_CLIENT_CREDENTIALS" => read_oauth(&label, fields.required("OAuthParameters")?, problems)?,
        other => {
            let message = format!("AuthorizationType {other} is none of API_KEY, BASIC, OAUTH_CLIENT_CREDENTIALS");
            return Err(kind.problem(message));
        }
    };
    fields.unsupported(&["ConnectivityParameters"]);
    problems.extend(fields.finish());
    Ok(private.iter().all(Option::is_none).then(|| Connection { name: declared.name.clone(), auth, invocation }))
}

fn read_api_key(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Result<Auth, Problem> {
    let label = format!("{label}.ApiKeyAuthParameters");
    let mut fields = node.fields(&label)?;
    let name_node = fields.required("ApiKeyName")?;
    let value = read_secret(&mut fields, "ApiKeyValue")?;
    problems.extend(fields.finish());
    let name = read_header_name(name_node.text()?, &PROTECTED).map_err(|message| name_node.problem(message))?;
    let name = name.ok_or_else(|| name_node.problem(format!("{label}: this header cannot be set")))?;
    Auth::api_key(name, &value).map_err(|error| node.problem(format!("{label}: ApiKeyValue: {error}")))
}

fn read_basic(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Result<Auth, Problem> {
    let mut fields = node.fields(format!("{label}.BasicAuthParameters"))?;
    let username = fields.required("Username")?.text()?;
    let password = read_secret(&mut fields, "Password")?;
    problems.extend(fields.finish());
    Ok(Auth::basic(username, &password))
}

fn read_oauth(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Result<Auth, Problem> {
    let label = format!("{label}.OAuthParameters");
    let mut fields = node.fields(&label)?;
    let endpoint = fields.required("AuthorizationEndpoint")?;
    let method = read_method(fields.required("HttpMethod")?, &["GET", "POST", "PUT"])?;
    let mut client = fields.required("ClientParameters")?.fields(format!("{label}.ClientParameters"))?;
    let client_id = SecretString::from(client.required("ClientID")?.text()?);
    let client_secret = read_secret(&mut client, "ClientSecret")?;
    problems.extend(client.finish());
    let parameters = match fields.optional("OAuthHttpParameters") {
        Some(node) => read_parameters(&label, node, problems)?,
        None => Parameters::default(),
    };
    problems.extend(fields.finish());
    let wrong = || endpoint.problem(format!("{label}: AuthorizationEndpoint is not an http or https URL"));
    let url = Url::parse(endpoint.text()?).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    Ok(Auth::OAuth(OAuth {
        endpoint: url.ok_or_else(wrong)?,
        method: Method::clone(&method),
        client_id,
        client_secret,
        parameters,
    }))
}

fn read_parameters(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Result<Parameters, Problem> {
    let mut fields = node.fields(label)?;
    let mut parameters = Parameters::default();
    for (key, value, node) in read_list(label, &mut fields, "HeaderParameters", problems)? {
        let name = read_header_name(&key, &PROTECTED).map_err(|message| node.problem(message))?;
        let header = secret_header(value.text()?).map_err(|error| node.problem(format!("{label}: {key}: {error}")))?;
        match name {
            Some(name) => parameters.headers.push((name, header)),
            None => drop_header(&node.place, &key),
        }
    }
    for (key, value, _) in read_list(label, &mut fields, "QueryStringParameters", problems)? {
        parameters.query.push((key, value.text()?.into()));
    }
    for (key, value, _) in read_list(label, &mut fields, "BodyParameters", problems)? {
        parameters.body.push((key, value.text()?.into()));
    }
    problems.extend(fields.finish());
    Ok(parameters)
}

/// Reads a list of `{Key, Value, IsValueSecret}`.
fn read_list<'a>(
    label: &str,
    fields: &mut Fields<'a>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Result<Vec<(String, &'a Node, &'a Node)>, Problem> {
    let Some(list) = fields.optional(name) else { return Ok(Vec::new()) };
    let nodes = list.list()?;
    if nodes.len() > MAX_PARAMETERS {
        return Err(list.problem(format!("{label}: more than {MAX_PARAMETERS} {name}")));
    }
    let mut read = Vec::new();
    for node in nodes {
        let mut fields = node.fields(format!("{label}.{name}"))?;
        let key = fields.required("Key")?.text()?.to_owned();
        let value = check_secret("Value", fields.required("Value")?)?;
        fields.ignore(&["IsValueSecret"]);
        problems.extend(fields.finish());
        read.push((key, value, node));
    }
    Ok(read)
}

fn read_secret(fields: &mut Fields<'_>, name: &str) -> Result<SecretString, Problem> {
    let node = fields.required(name).map_err(|problem| {
        let hint = "describe-connection does not print secrets, so it has to be added to the file";
        Problem { message: format!("{} ({hint})", problem.message), ..problem }
    })?;
    check_secret(name, node)?.text().map(SecretString::from)
}

fn check_secret<'a>(name: &str, node: &'a Node) -> Result<&'a Node, Problem> {
    if node.text()?.contains("{{resolve:") {
        return Err(node.problem(format!("{name}: dynamic references ({{{{resolve:…}}}}) are not supported")));
    }
    Ok(node)
}
