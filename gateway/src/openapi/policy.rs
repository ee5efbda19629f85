//! `x-amazon-apigateway-policy`, and `Policy` of templates: the resource policy of an API.

use kit::document::{Node, Problem, Value};
use serde_json::Value as Json;

use crate::api::Policy;
use crate::authorization::policy::{PolicyKind, parse};

/// Reads a resource policy, as a mapping or as JSON text, and says whether it cannot be read: then
/// it is a problem, and nobody may call the API.
pub(crate) fn of_document(
    node: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> (Option<Policy>, bool) {
    // The Serverless Framework writes an empty text where there is no policy.
    let says_something = |node: &&Node| !matches!(node.text(), Ok("")) && node.value != Value::Null;
    let Some(node) = node.filter(says_something) else {
        return (None, false);
    };
    let json = match node.text() {
        Ok(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        Err(_) => node.to_json(),
    };
    match parse(&json, PolicyKind::Resource) {
        Ok(policy) => (Some(policy), false),
        Err(reason) => {
            let message = format!("the resource policy cannot be applied: {reason}");
            problems.push(node.problem(message).tolerable());
            (None, true)
        }
    }
}
