//! CORS of an HTTP API: `CorsConfiguration`, and `x-amazon-apigateway-cors` of a body, whose members
//! have the same names with a small first letter.

use kit::document::{Node, OrCollect as _, Problem, Value};

use crate::api::Cors;

/// Seconds; -1 asks browsers to keep nothing.
const MAX_AGES: std::ops::RangeInclusive<i64> = -1..=86_400;

/// Reads `CorsConfiguration`. SAM also takes `true`, for pages of all origins, and one origin.
pub(super) fn of_resource(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Cors> {
    let origin = match &node.value {
        Value::Bool(true) => Some("*"),
        Value::Bool(false) => return None,
        Value::String(origin) => Some(origin.as_str()),
        _ => None,
    };
    match origin {
        Some(origin) => Some(Cors {
            origins: vec![origin.to_owned()],
            ..Cors::default()
        }),
        None => read(
            &format!("{label}: CorsConfiguration"),
            node,
            str::to_owned,
            problems,
        ),
    }
}

/// Reads `x-amazon-apigateway-cors`.
pub(super) fn of_body(node: &Node, problems: &mut Vec<Problem>) -> Option<Cors> {
    let small = |name: &str| name[..1].to_ascii_lowercase() + &name[1..];
    read("x-amazon-apigateway-cors", node, small, problems)
}

fn read(
    label: &str,
    node: &Node,
    spelled: impl Fn(&str) -> String,
    problems: &mut Vec<Problem>,
) -> Option<Cors> {
    let mut fields = node.fields(label).or_collect(problems)?;
    let mut list = |name: &str| {
        let texts = fields.optional(&spelled(name)).map(texts);
        texts
            .transpose()
            .or_collect(problems)
            .flatten()
            .unwrap_or_default()
    };
    let [origins, methods, headers, exposed] = [
        "AllowOrigins",
        "AllowMethods",
        "AllowHeaders",
        "ExposeHeaders",
    ]
    .map(&mut list);
    let flag = fields
        .optional(&spelled("AllowCredentials"))
        .map(Node::boolean);
    let with_credentials = flag
        .transpose()
        .or_collect(problems)
        .flatten()
        .unwrap_or_default();
    let seconds = fields
        .optional(&spelled("MaxAge"))
        .map(|node| node.integer_in(MAX_AGES));
    let max_age = seconds.transpose().or_collect(problems).flatten();
    problems.extend(fields.finish());
    if with_credentials && origins.iter().any(|origin| origin == "*") {
        let message = format!("{label}: credentials cannot be allowed for the origin *");
        problems.push(node.problem(message));
    }
    Some(Cors {
        origins,
        methods,
        headers,
        exposed,
        max_age,
        with_credentials,
    })
}

/// A list of texts, or a single one.
fn texts(node: &Node) -> Result<Vec<String>, Problem> {
    match node.list() {
        Ok(nodes) => nodes
            .iter()
            .map(|node| node.text().map(ToOwned::to_owned))
            .collect(),
        Err(_) => Ok(vec![node.text()?.to_owned()]),
    }
}
