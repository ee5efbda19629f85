//! How the members of AWS JSON become the elements of XML, whatever renders them.

use std::borrow::Cow;

use serde_json::{Value, json};

/// The namespace of every XML response.
pub(super) const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

/// The members of a list in JSON, and the name of one in XML.
const ELEMENTS: [(&str, &str); 8] = [
    ("QueueUrls", "QueueUrl"),
    ("queueUrls", "QueueUrl"),
    ("Messages", "Message"),
    ("Results", "ListMessageMoveTasksResultEntry"),
    ("Failed", "BatchResultErrorEntry"),
    ("Attributes", "Attribute"),
    ("Tags", "Tag"),
    ("MessageAttributes", "MessageAttribute"),
];

/// The name of the XML elements that a member becomes, and what is in each.
pub(super) fn elements<'v>(
    action: &str,
    name: &str,
    value: &'v Value,
) -> (String, Vec<Cow<'v, Value>>) {
    let single = match name {
        "Successful" => format!("{action}ResultEntry"),
        name => ELEMENTS
            .iter()
            .find(|(many, _)| *many == name)
            .map_or(name, |(_, one)| one)
            .to_owned(),
    };
    let values = match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().map(Cow::Borrowed).collect(),
        Value::Object(entries) if single != name => {
            let key = if name == "Tags" { "Key" } else { "Name" };
            entries
                .iter()
                .map(|(entry, value)| Cow::Owned(json!({key: entry, "Value": value})))
                .collect()
        }
        value => vec![Cow::Borrowed(value)],
    };
    (single, values)
}

/// Whether the response of an action has a result, even an empty one. See
/// `docs/aws/sqs.md#answers-in-xml`.
pub(super) fn has_result(action: &str) -> bool {
    !matches!(
        action,
        "AddPermission"
            | "ChangeMessageVisibility"
            | "DeleteMessage"
            | "DeleteQueue"
            | "PurgeQueue"
            | "RemovePermission"
            | "SetQueueAttributes"
            | "TagQueue"
            | "UntagQueue"
    )
}
