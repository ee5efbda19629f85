use super::render::render;
use crate::api::AccessLogFormat;

/// The line of a request of a client that tries to write lines of its own.
fn line(format: &str) -> String {
    let value = |name: &str| {
        let value = match name {
            "requestId" => "r-1",
            "extendedRequestId" => "e=",
            "identity.sourceIp" => "192.0.2.1",
            "identity.userAgent" => "a\"b\\c\n<d>,e",
            "requestTime" => "10/Mar/2024:09:15:02 +0000",
            "httpMethod" => "GET",
            "resourcePath" => "/events/{proxy+}",
            "protocol" => "HTTP/1.1",
            "status" => "403",
            "responseLength" => "23",
            "error.messageString" => "\"Forbidden\"",
            _ => return None,
        };
        Some(value.to_owned())
    };
    render(&AccessLogFormat::parse(format).unwrap(), value)
}

/// The formats that API Gateway's documentation offers.
#[test]
fn the_usual_formats() {
    assert_eq!(
        line(
            "$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime]\
             \"$context.httpMethod $context.resourcePath $context.protocol\" $context.status \
             $context.responseLength $context.requestId $context.extendedRequestId"
        ),
        "192.0.2.1 - - [10/Mar/2024:09:15:02 +0000]\"GET /events/{proxy+} HTTP/1.1\" 403 23 r-1 e=\n"
    );
    assert_eq!(
        line(
            r#"{ "requestId":"$context.requestId", "ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", "status":"$context.status", "error":$context.error.messageString }"#
        ),
        "{ \"requestId\":\"r-1\", \"ip\": \"192.0.2.1\", \"caller\":\"-\", \"status\":\"403\", \"error\":\"Forbidden\" }\n"
    );
    assert_eq!(
        line(
            r#"<request id="$context.requestId"> <ip>$context.identity.sourceIp</ip> <user>$context.identity.user</user></request>"#
        ),
        "<request id=\"r-1\"> <ip>192.0.2.1</ip> <user>-</user></request>\n"
    );
    assert_eq!(
        line(
            "$context.identity.sourceIp,$context.identity.caller,$context.requestTime,$context.status,$context.requestId"
        ),
        "192.0.2.1,-,10/Mar/2024:09:15:02 +0000,403,r-1\n"
    );
}

/// Our choice: AWS does not say what an absent text with quotes is.
#[test]
fn a_line_of_json_is_json_when_there_was_no_error() {
    let kind = "$context.error.validationErrorString";
    let json = line(&format!(
        r#"{{"id":"$context.requestId","error":{kind},"quoted":"{kind}"}}"#
    ));
    assert_eq!(json, "{\"id\":\"r-1\",\"error\":\"-\",\"quoted\":\"-\"}\n");
}

#[test]
fn a_value_stays_in_its_place() {
    let json = line(r#"{"id":"$context.requestId","ua":"$context.identity.userAgent"}"#);
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["ua"], "a\"b\\c\n<d>,e");
    assert_eq!(
        line(r#"$context.requestId "$context.identity.userAgent""#),
        "r-1 \"a\\\"b\\\\c\\n<d>,e\"\n"
    );
    assert_eq!(
        line("$context.requestId,$context.identity.userAgent"),
        "r-1,\"a\"\"b\\c\\n<d>,e\"\n"
    );
    assert_eq!(
        line("<r>$context.requestId $context.identity.userAgent</r>"),
        "<r>r-1 a&quot;b\\c &lt;d&gt;,e</r>\n"
    );
}
