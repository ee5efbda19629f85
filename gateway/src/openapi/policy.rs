//! `x-amazon-apigateway-policy`, and `Policy` of templates: the resource policy of an API.

use kit::document::{Node, Problem};
use serde_json::Value as Json;

use crate::api::Policy;
use crate::authorization::policy::{Form, parse};

/// Reads a resource policy, as a mapping or as JSON text, and says whether it cannot be read: then
/// it is a problem, and nobody may call the API.
pub(crate) fn of_document(
    node: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> (Option<Policy>, bool) {
    let Some(node) = node else {
        return (None, false);
    };
    let json = match node.text() {
        Ok(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        Err(_) => node.to_json(),
    };
    match parse(&json, Form::Resource) {
        Ok(policy) => (Some(policy), false),
        Err(reason) => {
            let message = format!("the resource policy cannot be applied: {reason}");
            problems.push(node.problem(message).tolerable());
            (None, true)
        }
    }
}
