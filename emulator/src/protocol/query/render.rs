//! Answers and errors of the Query protocol, as XML and in the older JSON rendering.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{NAMESPACE, tree};
use crate::action::Answer;
use crate::fault::Fault;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendering {
    /// The usual one.
    Xml,
    /// With `Accept: application/json`: what API Gateway gets.
    Json,
    /// The XML as JSON, as LocalStack's developer endpoint writes it: what is there once is no
    /// list.
    Tree,
}

impl Rendering {
    /// The rendering that an `Accept` header asks for.
    pub fn of(accept: Option<&str>) -> Rendering {
        let asks_for_json = accept
            .is_some_and(|accept| accept.contains("application/json") && !accept.contains("xml"));
        if asks_for_json {
            Rendering::Json
        } else {
            Rendering::Xml
        }
    }

    /// The content type of the answer.
    pub fn content_type(self) -> &'static str {
        match self {
            Rendering::Xml => "text/xml",
            Rendering::Json | Rendering::Tree => "application/json",
        }
    }
}

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

/// Members that the older JSON rendering shows as null when they are not there.
const SENT: [&str; 5] = [
    "MD5OfMessageAttributes",
    "MD5OfMessageBody",
    "MD5OfMessageSystemAttributes",
    "MessageId",
    "SequenceNumber",
];

/// The body of an answer.
pub fn answer(action: &str, answer: &Answer, request_id: &str, rendering: Rendering) -> String {
    let members = match serde_json::to_value(answer) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    match rendering {
        Rendering::Xml => xml_answer(action, &members, request_id),
        Rendering::Json => json_answer(action, answer, members, request_id).to_string(),
        Rendering::Tree => tree::answer(action, &members, request_id).to_string(),
    }
}

/// The body of an error.
pub fn fault(fault: &Fault, request_id: &str, rendering: Rendering) -> String {
    let (code, side) = (
        fault.title().code,
        if fault.is_senders() {
            "Sender"
        } else {
            "Receiver"
        },
    );
    let message = match fault {
        // The one text that differs from that of AWS JSON.
        Fault::QueueDoesNotExist => {
            "The specified queue does not exist for this wsdl version.".to_owned()
        }
        fault => fault.to_string(),
    };
    match rendering {
        Rendering::Json => {
            json!({"Error": {"Code": code, "Message": message, "Type": side}, "RequestId": request_id}).to_string()
        }
        Rendering::Tree => {
            let error = json!({"Type": side, "Code": code, "Message": message, "Detail": null});
            json!({"ErrorResponse": {"Error": error, "RequestId": request_id}}).to_string()
        }
        Rendering::Xml => format!(
            "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{side}</Type><Code>{code}</Code>\
             <Message>{}</Message><Detail/></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
            escape(&message)
        ),
    }
}

fn xml_answer(action: &str, members: &Map<String, Value>, request_id: &str) -> String {
    let mut result = String::new();
    for (name, value) in members {
        element(&mut result, action, name, value);
    }
    let result = match (result.is_empty(), has_result(action)) {
        (true, false) => String::new(),
        (true, true) => format!("<{action}Result/>"),
        (false, _) => format!("<{action}Result>{result}</{action}Result>"),
    };
    format!(
        "<?xml version=\"1.0\"?><{action}Response xmlns=\"{NAMESPACE}\">{result}<ResponseMetadata><RequestId>{request_id}\
         </RequestId></ResponseMetadata></{action}Response>"
    )
}

/// See `docs/aws/sqs.md#answers-in-xml`.
fn has_result(action: &str) -> bool {
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

fn element(out: &mut String, action: &str, name: &str, value: &Value) {
    let (single, values) = elements(action, name, value);
    values
        .iter()
        .for_each(|value| tagged(out, action, &single, value));
}

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

fn tagged(out: &mut String, action: &str, name: &str, value: &Value) {
    let mut inner = String::new();
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| element(&mut inner, action, name, value)),
        Value::String(text) => inner = escape(text),
        other => inner = other.to_string(),
    }
    write!(out, "<{name}>{inner}</{name}>").expect("a string takes everything");
}

/// As SQS escapes: quotes and carriage returns too. See `docs/aws/sqs.md#answers-in-xml`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            letter => out.push(letter),
        }
    }
    out
}

/// See `docs/aws/sqs.md#answers-in-the-older-json`.
fn json_answer(
    action: &str,
    answer: &Answer,
    mut members: Map<String, Value>,
    request_id: &str,
) -> Value {
    match answer {
        Answer::Sent(_) => {
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
        Answer::Messages { .. } => {
            let messages = members.remove("Messages");
            members.insert("messages".to_owned(), messages.unwrap_or_default());
        }
        Answer::Attributes { .. } => {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Answer {
        Answer::QueueUrl {
            queue_url: "http://h/000000000000/a&b".into(),
        }
    }

    #[test]
    fn xml_has_the_documented_layout() {
        assert_eq!(
            answer("GetQueueUrl", &url(), "r", Rendering::Xml),
            "<?xml version=\"1.0\"?><GetQueueUrlResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><GetQueueUrlResult>\
             <QueueUrl>http://h/000000000000/a&amp;b</QueueUrl></GetQueueUrlResult><ResponseMetadata><RequestId>r</RequestId>\
             </ResponseMetadata></GetQueueUrlResponse>"
        );
        let empty = answer(
            "ReceiveMessage",
            &Answer::Messages {
                messages: Vec::new(),
            },
            "r",
            Rendering::Xml,
        );
        assert!(empty.contains("<ReceiveMessageResult/>"), "{empty}");
        let void = answer("DeleteMessage", &Answer::Empty {}, "r", Rendering::Xml);
        assert!(!void.contains("Result"), "{void}");
        let attributes = Answer::Attributes {
            attributes: [("DelaySeconds".to_owned(), "0".to_owned())].into(),
        };
        let attributes = answer("GetQueueAttributes", &attributes, "r", Rendering::Xml);
        assert!(
            attributes.contains("<Attribute><Name>DelaySeconds</Name><Value>0</Value></Attribute>"),
            "{attributes}"
        );
    }

    #[test]
    fn json_is_wrapped_like_the_xml() {
        assert_eq!(
            answer("GetQueueUrl", &url(), "r", Rendering::Json),
            r#"{"GetQueueUrlResponse":{"ResponseMetadata":{"RequestId":"r"},"GetQueueUrlResult":{"QueueUrl":"http://h/000000000000/a&b"}}}"#
        );
        let empty = answer(
            "ReceiveMessage",
            &Answer::Messages {
                messages: Vec::new(),
            },
            "r",
            Rendering::Json,
        );
        assert!(
            empty.contains(r#""ReceiveMessageResult":{"messages":null}"#),
            "{empty}"
        );
    }

    #[test]
    fn errors_name_code_side_and_text() {
        let json = fault(&Fault::QueueDoesNotExist, "r", Rendering::Json);
        assert_eq!(
            json,
            r#"{"Error":{"Code":"AWS.SimpleQueueService.NonExistentQueue","Message":"The specified queue does not exist for this wsdl version.","Type":"Sender"},"RequestId":"r"}"#
        );
        assert!(
            fault(&Fault::missing("MessageBody"), "r", Rendering::Xml)
                .contains("<Code>MissingParameter</Code>")
        );
    }
}
