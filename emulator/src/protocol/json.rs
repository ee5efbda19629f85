//! AWS JSON 1.0: `X-Amz-Target` names the action, the body holds its members. See
//! `docs/aws/sqs.md#json-protocol`.

use serde_json::Value;

use crate::action::{Action, Output};
use crate::fault::Fault;

/// The content type of every answer.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// Reads an action.
///
/// # Errors
/// There is no such action, or its members are not what they should be.
pub(crate) fn read(name: &str, body: &[u8]) -> Result<Action, Fault> {
    let body = if body.is_empty() { b"{}" } else { body };
    match Action::from_json(name, body) {
        // Rare, so it costs the others nothing: some clients write members that are not there as
        // null.
        Some(Err(_)) if has_null(body) => read_without_nulls(name, body),
        Some(Ok(action)) => Ok(action),
        Some(Err(error)) => Err(Fault::Serialization(error.to_string())),
        None => Err(Fault::InvalidAction {
            action: name.to_owned(),
        }),
    }
}

fn has_null(body: &[u8]) -> bool {
    body.windows(4).any(|word| word == b"null")
}

fn read_without_nulls(name: &str, body: &[u8]) -> Result<Action, Fault> {
    let unreadable = |error: serde_json::Error| Fault::Serialization(error.to_string());
    let mut members: Value = serde_json::from_slice(body).map_err(unreadable)?;
    drop_nulls(&mut members);
    let read = Action::from_json(name, members.to_string().as_bytes());
    read.ok_or_else(|| Fault::InvalidAction {
        action: name.to_owned(),
    })?
    .map_err(unreadable)
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(values) => values.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The body of a response; empty for actions without a result.
pub(crate) fn output(output: &Output) -> String {
    match output {
        Output::Empty {} => String::new(),
        output => serde_json::to_string(output).expect("outputs are plain data"),
    }
}

/// The body of an error, and the value of `x-amzn-query-error`, by which newer SDKs know the older
/// code.
pub(crate) fn fault(fault: &Fault) -> (String, String) {
    let code = fault.code();
    let body = serde_json::json!({"__type": code.json, "message": fault.to_string()}).to_string();
    (body, format!("{};{}", code.query, fault.side()))
}
