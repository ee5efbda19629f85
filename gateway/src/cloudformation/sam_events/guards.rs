//! What `Auth` of an event says beside the security of its operation: as whom the function is
//! called, and who may reach the path. As the SAM transform does it.

use kit::cloudformation::Resource as Declared;
use kit::document::{Node, OrCollect as _, Problem, Value};

use super::super::sam_policy;

/// The credentials that the SAM transform writes for the caller's own.
const CALLER: &str = "arn:aws:iam::*:user/*";

/// The integration's credentials: `InvokeRole` of the event, else of the API, where callers sign.
pub(super) fn credentials(api: &Declared, event: Option<&Node>) -> Option<String> {
    let of_api = api.properties.get("Auth");
    let text = |auth: Option<&Node>, name: &str| {
        let node = auth?.get(name)?;
        // Without a value, the property says that there is no role.
        Some(node.text().unwrap_or("NONE").to_owned())
    };
    let is_empty = event.is_none_or(|node| node.entries().is_ok_and(<[_]>::is_empty));
    let signer = match text(event, "Authorizer") {
        None if is_empty => text(of_api, "DefaultAuthorizer"),
        own => own,
    };
    if signer.as_deref() != Some("AWS_IAM") {
        return None;
    }
    let role = text(event, "InvokeRole").or_else(|| text(of_api, "InvokeRole"));
    match role.as_deref() {
        None | Some("CALLER_CREDENTIALS") => Some(CALLER.to_owned()),
        Some("NONE") => None,
        Some(role) => Some(role.to_owned()),
    }
}

/// The statements of an event's `ResourcePolicy`: about the methods that its path has so far,
/// `methods`, at the API's stage.
pub(super) fn statements(
    label: &str,
    api: &Declared,
    auth: &Node,
    (path, methods): (&str, &[&str]),
    problems: &mut Vec<Problem>,
) -> Option<Vec<Node>> {
    let policy = auth.get("ResourcePolicy")?;
    let stage = api.properties.get("StageName").map(Node::text);
    let stage = stage.and_then(Result::ok).unwrap_or("*");
    let resource = |method: &&str| {
        let method = match *method {
            "x-amazon-apigateway-any-method" => "*".to_owned(),
            method => method.to_uppercase(),
        };
        let path = pattern(path);
        format!("execute-api:/{stage}/{method}{path}")
    };
    let resources: Vec<String> = methods.iter().map(resource).collect();
    let label = format!("{label}: ResourcePolicy");
    let document = sam_policy::document(&label, policy, &resources, problems)?;
    let statements = document.get("Statement")?.list().or_collect(problems)?;
    Some(statements.to_vec())
}

/// A path with `*` for its parameters.
fn pattern(path: &str) -> String {
    let part = |part: &str| match part.starts_with('{') && part.ends_with('}') {
        true => "*".to_owned(),
        false => part.to_owned(),
    };
    let parts: Vec<String> = path.split('/').map(part).collect();
    parts.join("/")
}

/// A policy document of these statements.
pub(super) fn policy(at: &Node, statements: Vec<Node>) -> Node {
    let version = at.with(Value::String("2012-10-17".to_owned()));
    let statements = at.with(Value::List(statements));
    at.with(Value::Map(vec![
        super::super::nodes::entry_at(at, "Version", version),
        super::super::nodes::entry_at(at, "Statement", statements),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_a_path_are_any_text() {
        assert_eq!(pattern("/a/{id}/b/{proxy+}"), "/a/*/b/*");
        assert_eq!(pattern("/"), "/");
    }
}
