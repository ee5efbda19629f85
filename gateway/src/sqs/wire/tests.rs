use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use kit::call::Reply;
use serde_json::{Value as Json, json};

use super::*;
use crate::integration_request::{Attribute, AttributeValue, SendMessage};
use crate::integration_response::{Answer, NoAnswer, SqsAnswer};
use crate::sqs::tests::message;

const URL: &str = "https://sqs.eu-west-1.amazonaws.com/1/q";

/// The action and the body of the request that sends these.
fn request(messages: &[SendMessage]) -> (String, Json) {
    let call = call(&"http://127.0.0.1:9/".parse().unwrap(), messages.iter());
    assert_eq!(call.headers["content-type"], "application/x-amz-json-1.0");
    let target = call.headers["x-amz-target"].to_str().unwrap().to_owned();
    (target, serde_json::from_slice(&call.body).unwrap())
}

#[test]
fn one_message_is_a_request_of_its_own_with_everything_in_it() {
    let attribute = |name: &str, data_type: &str, value| Attribute {
        name: name.into(),
        data_type: data_type.into(),
        value,
    };
    let whole = SendMessage {
        delay_seconds: Some(5),
        group_id: Some("g".into()),
        deduplication_id: Some("d".into()),
        trace_header: Some("Root=1".into()),
        attributes: vec![
            attribute("a", "String", AttributeValue::Text("first".into())),
            attribute("b", "Binary", AttributeValue::Binary(vec![0, 255])),
            attribute("a", "Number", AttributeValue::Text("1".into())),
        ],
        ..message(URL, "say \"hi\"")
    };
    let expected = json!({
        "QueueUrl": URL, "MessageBody": "say \"hi\"", "DelaySeconds": 5, "MessageGroupId": "g",
        "MessageDeduplicationId": "d",
        "MessageAttributes": {
            "a": {"DataType": "Number", "StringValue": "1"},
            "b": {"DataType": "Binary", "BinaryValue": "AP8="},
        },
        "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}},
    });
    assert_eq!(
        request(&[whole]),
        ("AmazonSQS.SendMessage".into(), expected)
    );
}

#[test]
fn more_are_entries_with_their_places() {
    let expected = json!({"QueueUrl": URL, "Entries": [
        {"Id": "0", "MessageBody": "a"},
        {"Id": "1", "MessageBody": "b"},
    ]});
    assert_eq!(
        request(&[message(URL, "a"), message(URL, "b")]),
        ("AmazonSQS.SendMessageBatch".into(), expected)
    );
}

fn reply(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Reply {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
    Reply {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::from_iter(headers),
        body: Bytes::copy_from_slice(body.as_bytes()),
        complete: true,
    }
}

#[test]
fn refusals_are_told_from_trouble_and_from_what_is_not_sqs() {
    let kind = |reply: &Reply| match read(reply) {
        Said::Taken => "taken".to_owned(),
        Said::Refused(error) => format!("refused {} {}", error.status, error.code),
        Said::Throttled(error) => format!("throttled {} {}", error.status, error.code),
        Said::Troubled(error) => format!("troubled {} {}", error.status, error.code),
        Said::NotSqs(_) => "not SQS".to_owned(),
    };
    let missing = r#"{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "m"}"#;
    let query = (
        "x-amzn-query-error",
        "AWS.SimpleQueueService.NonExistentQueue;Sender",
    );
    for (reply, expected) in [
        (reply(200, &[], "{}"), "taken"),
        (
            reply(400, &[query], missing),
            "refused 400 AWS.SimpleQueueService.NonExistentQueue",
        ),
        (reply(400, &[], missing), "refused 400 QueueDoesNotExist"),
        (reply(403, &[], "<html>"), "refused 403 InternalFailure"),
        (
            reply(400, &[], r#"{"__type": "RequestThrottled"}"#),
            "throttled 400 RequestThrottled",
        ),
        (reply(429, &[], ""), "throttled 429 InternalFailure"),
        (
            reply(503, &[], r#"{"__type": "ThrottlingException"}"#),
            "throttled 503 ThrottlingException",
        ),
        (
            reply(500, &[], r#"{"__type": "InternalError"}"#),
            "troubled 500 InternalError",
        ),
        (reply(302, &[], ""), "not SQS"),
        (
            Reply {
                complete: false,
                ..reply(200, &[], "{}")
            },
            "not SQS",
        ),
    ] {
        assert_eq!(kind(&reply), expected);
    }
}

fn shown(results: Vec<EntryResult>) -> Vec<String> {
    let answer = |answer: Answer| match answer {
        Ok(SqsAnswer::Stored(result)) => result.message_id,
        Err(NoAnswer::Unreachable(reason)) => reason,
        other => format!("{other:?}"),
    };
    let show = |result| match result {
        EntryResult::Answered(given) => answer(given).replace("unexpected response from SQS: ", ""),
        EntryResult::Refused(error) => format!("refused {} {}", error.status, error.code),
        EntryResult::Failed(error) => format!("failed {} {}", error.status, error.code),
    };
    results.into_iter().map(show).collect()
}

/// The digests of `a` and `b`.
const A: &str = "0cc175b9c0f1b6a831c399e269772661";
const B: &str = "92eb5ffee6ae2fec3ad71c777531578f";

fn of_batch(body: &Json) -> Vec<String> {
    let (a, b) = (message(URL, "a"), message(URL, "b"));
    shown(results(&[&a, &b], &reply(200, &[], &body.to_string())))
}

#[test]
fn each_entry_has_its_own_result_in_whatever_order_they_come() {
    let [a, b] = [("0", A), ("1", B)]
        .map(|(id, md5)| json!({"Id": id, "MessageId": format!("m{id}"), "MD5OfMessageBody": md5}));
    assert_eq!(of_batch(&json!({"Successful": [b, a]})), ["m0", "m1"]);
    let failed = |code: &str, fault: bool| json!({"Id": "1", "Code": code, "SenderFault": fault});
    for (entry, expected) in [
        (
            failed("InvalidMessageContents", true),
            "refused 400 InvalidMessageContents",
        ),
        (failed("InternalError", false), "failed 500 InternalError"),
        (
            failed("ServiceUnavailable", false),
            "failed 503 ServiceUnavailable",
        ),
        (
            failed("RequestThrottled", true),
            "failed 400 RequestThrottled",
        ),
    ] {
        let both = json!({"Successful": [a], "Failed": [entry]});
        assert_eq!(of_batch(&both), ["m0", expected]);
    }
}

#[test]
fn nothing_but_an_id_and_the_right_digest_is_success() {
    let entry = |id: &str, md5: &str| json!({"Id": id, "MessageId": "m", "MD5OfMessageBody": md5});
    let wrong = "the message's id or digest is missing or wrong";
    let (missing, twice) = ("entries are missing", "an entry occurs twice");
    for (body, expected) in [
        (json!({}), [missing, missing]),
        (json!({"__type": "InternalError"}), [missing, missing]),
        (
            json!({"Successful": [entry("0", B), entry("1", A)]}),
            [wrong, wrong],
        ),
        (
            json!({"Successful": [entry("7", A), entry("x", B)]}),
            [missing, missing],
        ),
        (
            json!({"Successful": [entry("0", A), entry("0", A)]}),
            [twice, missing],
        ),
        (
            json!({"Successful": [entry("0", A)], "Failed": [{"Id": "0"}, {"Id": "1"}]}),
            [twice, "failed 500 "],
        ),
        (
            json!({"Successful": [{"Id": "0"}, entry("1", "")]}),
            [wrong, wrong],
        ),
    ] {
        assert_eq!(of_batch(&body), expected);
    }
    let (a, b) = (message(URL, "a"), message(URL, "b"));
    for garbage in ["", "<html>", "{", "[]"] {
        let reply = reply(200, &[], garbage);
        let unreadable = "the answer cannot be read";
        assert_eq!(
            shown(results(&[&a, &b], &reply)),
            [unreadable; 2],
            "{garbage}"
        );
        let alone = shown(results(&[&a], &reply)).remove(0);
        assert!(alone == unreadable || alone == wrong, "{garbage}: {alone}");
    }
}
