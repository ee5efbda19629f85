//! Parameters that a connection adds to calls.

use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::http::{drop_header, read_header_name};
use crate::targets::PROTECTED;
use crate::targets::connection::{ConnectionParameters, secret_header};

/// How many parameters of one sort a connection may add.
const MAX_PARAMETERS: usize = 100;

/// Reads `InvocationHttpParameters` or `OAuthHttpParameters`.
pub(super) fn read_parameters(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> ConnectionParameters {
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

/// One `{Key, Value, IsValueSecret}`. A value is secret unless the definition says that it is not.
/// That is our choice: AWS hides only values that are said to be secret.
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

/// Reads a list of parameters.
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

/// A value that may be secret.
///
/// # Errors
/// The value is a dynamic reference, which is not supported.
pub(super) fn check_secret<'a>(name: &str, node: &'a Node) -> Result<&'a str, Problem> {
    let text = node.text()?;
    if text.contains("{{resolve:") {
        return Err(node.problem(format!(
            "{name}: dynamic references ({{{{resolve:…}}}}) are not supported"
        )));
    }
    Ok(text)
}
