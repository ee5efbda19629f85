//! Responses in the older JSON rendering, which API Gateway asks for. See
//! `docs/aws/sqs.md#answers-in-the-older-json`.

use serde_json::{Map, Value, json};

use super::elements::has_result;
use crate::action::Output;

/// Members that the older JSON rendering shows as null when they are not there.
const SENT: [&str; 5] = [
    "MD5OfMessageAttributes",
    "MD5OfMessageBody",
    "MD5OfMessageSystemAttributes",
    "MessageId",
    "SequenceNumber",
];

/// The whole response.
pub(super) fn output(
    action: &str,
    answer: &Output,
    mut members: Map<String, Value>,
    request_id: &str,
) -> Value {
    match answer {
        Output::Sent(_) => {
            members = SENT
                .iter()
                .map(|name| {
                    (
                        (*name).to_owned(),
                        members.get(*name).cloned().unwrap_or_default(),
                    )
                })
                .collect();
        }
        Output::Messages { .. } => {
            let messages = members.remove("Messages");
            members.insert("messages".to_owned(), messages.unwrap_or_default());
        }
        Output::Attributes { .. } => {
            if let Some(Value::Object(attributes)) = members.remove("Attributes") {
                let list = attributes
                    .into_iter()
                    .map(|(name, value)| json!({"Name": name, "Value": value}))
                    .collect();
                members.insert("Attributes".to_owned(), list);
            }
        }
        _ => {}
    }
    let mut inner = Map::from_iter([(
        "ResponseMetadata".to_owned(),
        json!({"RequestId": request_id}),
    )]);
    if has_result(action) {
        inner.insert(format!("{action}Result"), Value::Object(members));
    }
    Value::Object(Map::from_iter([(
        format!("{action}Response"),
        Value::Object(inner),
    )]))
}
