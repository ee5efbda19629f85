//! Responses and errors of the Query protocol, in every rendering.

use serde_json::{Map, Value, json};

use super::elements::NAMESPACE;
use super::rendering::Rendering;
use super::{older_json, tree, xml};
use crate::action::Output;
use crate::fault::Fault;

/// The body of an answer.
pub(crate) fn output(
    action: &str,
    output: &Output,
    request_id: &str,
    rendering: Rendering,
) -> String {
    let members = match serde_json::to_value(output) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    match rendering {
        Rendering::Xml => xml::output(action, &members, request_id),
        Rendering::Json => older_json::output(action, output, members, request_id).to_string(),
        Rendering::Tree => tree::output(action, &members, request_id).to_string(),
    }
}

/// The body of an error.
pub(crate) fn fault(fault: &Fault, request_id: &str, rendering: Rendering) -> String {
    let code = fault.code().query;
    let side = fault.side();
    let message = fault.query_text();
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
            xml::escape(&message)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Output {
        Output::QueueUrl {
            queue_url: "http://h/000000000000/a&b".into(),
        }
    }

    #[test]
    fn xml_has_the_documented_layout() {
        assert_eq!(
            output("GetQueueUrl", &url(), "r", Rendering::Xml),
            "<?xml version=\"1.0\"?><GetQueueUrlResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><GetQueueUrlResult>\
             <QueueUrl>http://h/000000000000/a&amp;b</QueueUrl></GetQueueUrlResult><ResponseMetadata><RequestId>r</RequestId>\
             </ResponseMetadata></GetQueueUrlResponse>"
        );
        let empty = output(
            "ReceiveMessage",
            &Output::Messages {
                messages: Vec::new(),
            },
            "r",
            Rendering::Xml,
        );
        assert!(empty.contains("<ReceiveMessageResult/>"), "{empty}");
        let void = output("DeleteMessage", &Output::Empty {}, "r", Rendering::Xml);
        assert!(!void.contains("Result"), "{void}");
        let attributes = Output::Attributes {
            attributes: [("DelaySeconds".to_owned(), "0".to_owned())].into(),
        };
        let attributes = output("GetQueueAttributes", &attributes, "r", Rendering::Xml);
        assert!(
            attributes.contains("<Attribute><Name>DelaySeconds</Name><Value>0</Value></Attribute>"),
            "{attributes}"
        );
    }

    #[test]
    fn json_is_wrapped_like_the_xml() {
        assert_eq!(
            output("GetQueueUrl", &url(), "r", Rendering::Json),
            r#"{"GetQueueUrlResponse":{"ResponseMetadata":{"RequestId":"r"},"GetQueueUrlResult":{"QueueUrl":"http://h/000000000000/a&b"}}}"#
        );
        let empty = output(
            "ReceiveMessage",
            &Output::Messages {
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
