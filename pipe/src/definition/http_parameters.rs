//! `HttpParameters` of a pipe, and dynamic values in general.

use kit::document::{Node, OrCollect as _, Problem};

use super::http::{drop_header, read_header_name};
use crate::targets::{DynamicValue, HttpParameters};

/// The longest header or query value that the Pipes API accepts, in characters.
const MAX_VALUE: usize = 512;

/// Reads `HttpParameters`, without the headers that AWS does not allow to be set.
pub(super) fn read_parameters(
    label: &str,
    node: &Node,
    protected: &[&str],
    problems: &mut Vec<Problem>,
) -> HttpParameters {
    let label = format!("{label}.HttpParameters");
    let mut parameters = HttpParameters::default();
    let Some(mut fields) = node.fields(&label).or_collect(problems) else {
        return parameters;
    };
    let values = fields
        .optional("PathParameterValues")
        .map(Node::list)
        .transpose()
        .or_collect(problems);
    for value in values.flatten().unwrap_or_default() {
        // One that is wrong still has its place.
        let read = read_dynamic(value, usize::MAX).or_collect(problems);
        parameters
            .path
            .push(read.unwrap_or_else(|| DynamicValue::Literal(String::new())));
    }
    let headers = fields
        .optional("HeaderParameters")
        .map(Node::entries)
        .transpose()
        .or_collect(problems);
    for entry in headers.flatten().unwrap_or_default() {
        let value = read_dynamic(&entry.node, MAX_VALUE).or_collect(problems);
        let wrong = |message| entry.place.problem(format!("{label}: {message}"));
        match (
            read_header_name(&entry.key, protected)
                .map_err(wrong)
                .or_collect(problems),
            value,
        ) {
            (Some(Some(name)), Some(value)) => parameters.headers.push((name, value)),
            (Some(None), _) => drop_header(&entry.place, &entry.key),
            _ => {}
        }
    }
    let query = fields
        .optional("QueryStringParameters")
        .map(Node::entries)
        .transpose()
        .or_collect(problems);
    for entry in query.flatten().unwrap_or_default() {
        let key = DynamicValue::parse(&entry.key)
            .map_err(|message| entry.place.problem(format!("{label}: {message}")));
        let (key, value) = (
            key.or_collect(problems),
            read_dynamic(&entry.node, MAX_VALUE).or_collect(problems),
        );
        parameters.query.extend(key.zip(value));
    }
    problems.extend(fields.finish());
    parameters
}

/// Reads a value that may be a path, of up to `longest` characters.
///
/// # Errors
/// The value is too long, or begins like a path and is not a valid one.
pub(super) fn read_dynamic(node: &Node, longest: usize) -> Result<DynamicValue, Problem> {
    let text = node.text()?;
    if text.chars().count() > longest {
        return Err(node.problem(format!("the value has more than {longest} characters")));
    }
    DynamicValue::parse(text).map_err(|message| node.problem(message))
}
