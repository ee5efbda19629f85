//! An answer as its XML reads in JSON: LocalStack's developer endpoint, which turns one into the
//! other.

use serde_json::{Map, Value, json};

use super::elements::elements;

/// The whole answer. An empty result is null.
pub(super) fn output(action: &str, members: &Map<String, Value>, request_id: &str) -> Value {
    let result = if members.is_empty() {
        Value::Null
    } else {
        tree(action, members)
    };
    let inner =
        json!({format!("{action}Result"): result, "ResponseMetadata": {"RequestId": request_id}});
    json!({format!("{action}Response"): inner})
}

fn tree(action: &str, members: &Map<String, Value>) -> Value {
    let mut out = Map::new();
    for (name, value) in members {
        let (single, values) = elements(action, name, value);
        let mut values: Vec<Value> = values.iter().map(|value| inner(action, value)).collect();
        match values.len() {
            0 => {}
            1 => _ = out.insert(single, values.remove(0)),
            _ => _ = out.insert(single, values.into()),
        }
    }
    out.into()
}

fn inner(action: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) => tree(action, members),
        Value::Bool(_) | Value::Number(_) => value.to_string().into(),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_once_is_no_list() {
        let members = |messages: Value| Map::from_iter([("Messages".to_owned(), messages)]);
        let message = json!({"Body": "x", "Attributes": {"A": "1", "B": "2"}});
        let shown = json!({"Body": "x", "Attribute": [{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}]});
        let result =
            |members| output("ReceiveMessage", &members, "r")["ReceiveMessageResponse"].take();
        let metadata = json!({"RequestId": "r"});
        assert_eq!(
            result(members(json!([message]))),
            json!({"ReceiveMessageResult": {"Message": shown}, "ResponseMetadata": metadata})
        );
        assert_eq!(
            result(members(json!([message, message]))),
            json!({"ReceiveMessageResult": {"Message": [shown, shown]}, "ResponseMetadata": metadata})
        );
        assert_eq!(
            result(Map::new()),
            json!({"ReceiveMessageResult": null, "ResponseMetadata": metadata})
        );
    }
}
