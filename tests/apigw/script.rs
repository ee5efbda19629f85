//! What the backend answers: the case's own words, or what SQS and STS would say.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::call::{Call, ROLE};
use crate::suite::shown;
use crate::tokens;

/// An answer, ready to be written.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A message that the queue took.
#[derive(Debug, Clone)]
pub struct Message(pub Json);

impl Reply {
    fn new(kind: &str, body: impl Into<Vec<u8>>) -> Reply {
        let headers = vec![("Content-Type".to_owned(), kind.to_owned())];
        Reply {
            status: 200,
            headers,
            body: body.into(),
        }
    }

    fn with_request_id(mut self) -> Reply {
        self.headers
            .push(("x-amzn-RequestId".into(), Uuid::new_v4().to_string()));
        self
    }
}

/// The answer that a case's rule describes.
pub fn scripted(rule: &Json, call: &Call) -> Reply {
    let (body, mut status) = content(rule, call);
    status = rule
        .get("status")
        .and_then(Json::as_u64)
        .map_or(status, |it| it.try_into().expect("a status"));
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, values) in rule["headers"].as_object().into_iter().flatten() {
        let alone = std::slice::from_ref(values);
        let values = values.as_array().map_or(alone, Vec::as_slice);
        headers.extend(values.iter().map(|value| (name.clone(), shown(value))));
    }
    let has_kind = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let is_typed = ["type", "echo", "b64", "json", "body", "jwks"]
        .iter()
        .any(|it| rule.get(it).is_some());
    if !has_kind && is_typed {
        let kind = rule["type"].as_str().unwrap_or("application/json");
        headers.push(("Content-Type".to_owned(), kind.to_owned()));
    }
    Reply {
        status,
        headers,
        body,
    }
}

fn content(rule: &Json, call: &Call) -> (Vec<u8>, u16) {
    let text = String::from_utf8_lossy(&call.body);
    match rule["echo"].as_str() {
        Some("body" | "lambda") => return (call.body.clone(), 200),
        Some("http") => return (spaced(&echo(call, &text)).into_bytes(), 200),
        Some("status") => {
            let status = call
                .path()
                .rsplit('/')
                .next()
                .and_then(|it| it.parse().ok());
            let status: u16 = status.expect("the path ends with a status");
            let body = json!({"message": "", "status_code": status});
            return (spaced(&body).into_bytes(), status);
        }
        Some("proxy") => {
            let body = json!({"statusCode": 200, "body": text, "isBase64Encoded": false});
            return (spaced(&body).into_bytes(), 200);
        }
        Some(other) => panic!("unknown echo {other}"),
        None => {}
    }
    if let Some(names) = rule.get("jwks") {
        return (spaced(&tokens::key_set(names)).into_bytes(), 200);
    }
    let body = match (rule.get("b64"), rule.get("json"), rule.get("body")) {
        (Some(text), _, _) => STANDARD.decode(shown(text)).expect("base64"),
        (_, Some(json), _) => spaced(json).into_bytes(),
        (_, _, Some(text)) => shown(text).into_bytes(),
        _ => Vec::new(),
    };
    (body, 200)
}

/// The request as JSON, as httpbin shows it.
fn echo(call: &Call, text: &str) -> Json {
    let mut args: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in call.query() {
        args.entry(name)
            .and_modify(|it| *it += &format!(",{value}"))
            .or_insert(value);
    }
    let headers: Map<String, Json> = call
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.clone().into()))
        .collect();
    let data = serde_json::from_str(text).unwrap_or_else(|_| Json::from(text));
    json!({"args": args, "data": data, "headers": headers, "method": call.method, "path": call.path()})
}

/// JSON with a blank after each comma and colon.
pub fn spaced(json: &Json) -> String {
    match json {
        Json::Array(items) => {
            format!(
                "[{}]",
                items.iter().map(spaced).collect::<Vec<_>>().join(", ")
            )
        }
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| {
                format!("{}: {}", Json::from(name.as_str()), spaced(value))
            };
            format!(
                "{{{}}}",
                members.iter().map(member).collect::<Vec<_>>().join(", ")
            )
        }
        single => single.to_string(),
    }
}

/// What SQS answers, and the messages that it took.
pub fn sqs(call: &Call) -> (Reply, Vec<Message>) {
    match call.header("x-amz-target") {
        Some(target) => sqs_json(call, target.rsplit('.').next().unwrap_or_default()),
        None => sqs_query(call),
    }
}

fn sqs_json(call: &Call, action: &str) -> (Reply, Vec<Message>) {
    let fields: Json = serde_json::from_slice(&call.body).unwrap_or_default();
    let alone = std::slice::from_ref(&fields);
    let entries = fields["Entries"].as_array().map_or(alone, Vec::as_slice);
    let mut messages = Vec::new();
    let mut done = Vec::new();
    for entry in entries {
        let body = entry["MessageBody"].as_str().unwrap_or_default();
        let attributes = entry
            .get("MessageAttributes")
            .cloned()
            .unwrap_or_else(|| json!({}));
        messages.push(message(call, body, &attributes, entry));
        let mut sent = sent(body);
        if let (Some(id), Some(sent)) = (entry.get("Id"), sent.as_object_mut()) {
            sent.insert("Id".into(), id.clone());
        }
        done.push(sent);
    }
    let body = match action {
        "SendMessageBatch" => json!({"Successful": done, "Failed": []}),
        "SendMessage" => done.remove(0),
        _ => json!({}),
    };
    (
        Reply::new("application/x-amz-json-1.0", spaced(&body)).with_request_id(),
        messages,
    )
}

fn sqs_query(call: &Call) -> (Reply, Vec<Message>) {
    let fields = call.fields();
    if fields.get("Action").map(String::as_str) != Some("SendMessage") {
        let text = "Access to the resource is denied.";
        let error = json!({"Code": "AccessDenied", "Message": text, "Type": "Sender"});
        let body = json!({"Error": error, "RequestId": Uuid::new_v4().to_string()});
        let mut reply = Reply::new("application/json", spaced(&body));
        reply.status = 403;
        return (reply, Vec::new());
    }
    let body = fields.get("MessageBody").cloned().unwrap_or_default();
    let messages = vec![message(call, &body, &attributes(&fields), &json!(fields))];
    let sent = sent(&body);
    let (id, digest) = (shown(&sent["MessageId"]), shown(&sent["MD5OfMessageBody"]));
    let request = Uuid::new_v4().to_string();
    let reply = if call
        .header("accept")
        .is_some_and(|accept| accept.contains("xml"))
    {
        let text = format!(
            "<?xml version=\"1.0\"?><SendMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">\
             <SendMessageResult><MessageId>{id}</MessageId><MD5OfMessageBody>{digest}</MD5OfMessageBody>\
             </SendMessageResult><ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata>\
             </SendMessageResponse>"
        );
        Reply::new("text/xml", text)
    } else {
        let result = json!({
            "MD5OfMessageAttributes": null, "MD5OfMessageBody": digest,
            "MD5OfMessageSystemAttributes": null, "MessageId": id, "SequenceNumber": null,
        });
        let response =
            json!({"ResponseMetadata": {"RequestId": request}, "SendMessageResult": result});
        Reply::new(
            "application/json",
            spaced(&json!({"SendMessageResponse": response})),
        )
    };
    (reply.with_request_id(), messages)
}

fn sent(body: &str) -> Json {
    let digest: String = Md5::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({"MessageId": Uuid::new_v4().to_string(), "MD5OfMessageBody": digest})
}

fn message(call: &Call, body: &str, attributes: &Json, fields: &Json) -> Message {
    let path = call.path();
    Message(json!({"body": body, "attributes": attributes, "path": path, "fields": fields}))
}

/// `MessageAttribute.N.Name`, `.Value.DataType` and so on, by the attributes' names.
fn attributes(fields: &BTreeMap<String, String>) -> Json {
    let mut numbered: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for (key, value) in fields {
        let plural = key.strip_prefix("MessageAttributes.");
        let rest = plural.or_else(|| key.strip_prefix("MessageAttribute."));
        if let Some((number, part)) = rest.and_then(|rest| rest.split_once('.')) {
            numbered.entry(number).or_default().insert(part, value);
        }
    }
    let attribute = |mut parts: BTreeMap<&str, &str>| {
        let name = parts.remove("Name").unwrap_or_default();
        let values = parts.into_iter().map(|(part, value)| {
            let part = part.strip_prefix("Value.").unwrap_or(part);
            (part.to_owned(), Json::from(value))
        });
        (name.to_owned(), values.collect::<Map<_, _>>().into())
    };
    numbered
        .into_values()
        .map(attribute)
        .collect::<Map<String, Json>>()
        .into()
}

/// The credentials that STS gives for every role.
pub fn assumed_role() -> Reply {
    let (key, secret) = ROLE;
    let text = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser>\
         <AssumedRoleId>AROAEXAMPLE:session</AssumedRoleId>\
         <Arn>arn:aws:sts::123456789012:assumed-role/role/session</Arn></AssumedRoleUser><Credentials>\
         <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>roletoken</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></AssumeRoleResponse>",
        Uuid::new_v4()
    );
    Reply::new("text/xml", text)
}
