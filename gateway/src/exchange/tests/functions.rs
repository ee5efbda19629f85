//! Functions as backends: the event that one gets, and what its result becomes.

use serde_json::{Value as Json, json};

use super::*;

const PROXY: &str = "type: aws_proxy
httpMethod: POST
uri: arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:${stageVariables.queue}:live/invocations
requestParameters: {integration.request.header.X-Mapped: \"'x'\", integration.request.querystring.q: \"'x'\"}
responses: {'4.*': {statusCode: 500}}
";

const CUSTOM: &str = "type: aws
httpMethod: POST
uri: arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations
responses:
  default: {statusCode: 200}
  '.*not found.*': {statusCode: 404}
  '(\\n|.)+': {statusCode: 502, responseTemplates: {application/json: \"$input.path('$.errorMessage')\"}}
";

/// An exchange in an API whose binary types are these.
fn among<T>(
    types: &[&str],
    integration: &str,
    given: &Given,
    work: impl FnOnce(&mut Exchange<'_>) -> T,
) -> T {
    let (mut apis, request) = (apis(integration), request(given));
    for name in types {
        apis.apis[0].encoding.binary_types.add(name);
    }
    let route = crate::stage::route(&apis, "localhost", &request.method, &request.path).unwrap();
    work(&mut Exchange::new(&route, &request, "123456789012"))
}

fn event(types: &[&str], given: &Given) -> Json {
    among(types, PROXY, given, |exchange| {
        match build(exchange).unwrap() {
            IntegrationRequest::Call(call, _) => serde_json::from_slice(&call.body).unwrap(),
            other => panic!("no call was planned: {other:?}"),
        }
    })
}

#[test]
fn a_function_gets_the_whole_request() {
    let given = Given {
        method: "PUT",
        path: "/default//e/a%2Bb//c/",
        query: "a=1&b=x+y&a=2",
        headers: &[
            ("host", "abc.example.com"),
            ("authorization", "Bearer t"),
            ("x-many", "one"),
            ("x-many", "two"),
            ("te", "deflate"),
            ("connection", "keep-alive"),
        ],
        body: "{\"a\": 1}",
    };
    let call = call(PROXY, &given).unwrap();
    assert_eq!(
        call.url.as_str(),
        "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:orders:live/invocations"
    );
    assert!(!call.headers.contains_key("x-mapped"));
    let mut event = event(&[], &given);
    let names: Vec<_> = event.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names[..2], ["resource", "path"]);
    let context = event["requestContext"].take();
    let expected = json!({
        "resource": "/e/{p+}",
        "path": "/e/a%2Bb//c/",
        "httpMethod": "PUT",
        "headers": {"Host": "abc.example.com", "Authorization": "Bearer t", "X-Many": "two"},
        "multiValueHeaders": {
            "Host": ["abc.example.com"], "Authorization": ["Bearer t"], "X-Many": ["one", "two"],
        },
        "queryStringParameters": {"a": "2", "b": "x y"},
        "multiValueQueryStringParameters": {"a": ["1", "2"], "b": ["x y"]},
        "pathParameters": {"p": "a%2Bb//c"},
        "stageVariables": {"queue": "orders"},
        "requestContext": null,
        "body": "{\"a\": 1}",
        "isBase64Encoded": false,
    });
    assert_eq!(event, expected);
    assert_eq!(
        (
            &context["accountId"],
            &context["resourcePath"],
            &context["stage"]
        ),
        (&json!("123456789012"), &json!("/e/{p+}"), &json!("default"))
    );
    assert_eq!(context["path"], "/default//e/a%2Bb//c/");
    assert_eq!(context["identity"]["sourceIp"], "127.0.0.1");
    assert_eq!(context["identity"]["cognitoIdentityId"], Json::Null);
    assert_eq!(context.get("requestOverride"), None);
}

#[test]
fn what_a_request_has_not_is_null_and_binary_bodies_are_base64() {
    let signed = Given {
        headers: &[
            ("authorization", "AWS4-HMAC-SHA256 Credential=x"),
            ("content-type", "image/png; a=b"),
        ],
        ..POST
    };
    let empty = event(&[], &Given { body: "", ..signed });
    for name in [
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "body",
    ] {
        assert_eq!(empty[name], Json::Null, "{name}");
    }
    assert_eq!(empty["headers"], json!({"Content-Type": "image/png; a=b"}));
    let binary = event(
        &["image/*"],
        &Given {
            body: "é",
            ..signed
        },
    );
    assert_eq!(
        (&binary["body"], &binary["isBase64Encoded"]),
        (&json!("w6k="), &json!(true))
    );
    let text = event(
        &[],
        &Given {
            body: "é",
            ..signed
        },
    );
    assert_eq!(
        (&text["body"], &text["isBase64Encoded"]),
        (&json!("é"), &json!(false))
    );
}

/// Status, headers without the trace, and body of the answer to this result.
fn answer(accept: &'static str, result: &str) -> Result<(u16, String, Bytes), Fault> {
    let headers: &[_] = if accept == "image/png" {
        &[("accept", "image/png, */*")]
    } else {
        &[("accept", "*/*")]
    };
    among(
        &["image/png"],
        PROXY,
        &Given { headers, ..POST },
        |exchange| {
            let reply = reply(200, &[], result);
            let response = respond(exchange, &reply)?;
            let headers: Vec<String> = response
                .headers
                .iter()
                .filter(|(name, _)| name != "X-Amzn-Trace-Id")
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            Ok((response.status.as_u16(), headers.join(", "), response.body))
        },
    )
}

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let header = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
    };
    Reply {
        status: StatusCode::from_u16(status).unwrap(),
        headers: headers.iter().map(header).collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        complete: true,
    }
}

/// Recorded: `docs/aws/api-gateway.md#lambda-proxy-integrations`.
#[test]
fn a_result_becomes_the_answer() {
    const JSON: &str = "Content-Type: application/json";
    for (result, status, headers, body) in [
        ("{}", 200, JSON, ""),
        (r#"{"statusCode": 201, "body": "b"}"#, 201, JSON, "b"),
        (r#"{"statusCode": "404", "body": null}"#, 404, JSON, ""),
        (
            r#"{"headers": {"content-type": "a/b", "X": true, "N": 1, "Date": "d", "Z": null}}"#,
            200,
            "content-type: a/b, X: true, N: 1, x-amzn-Remapped-Date: d",
            "",
        ),
        (
            r#"{"headers": {"x": "1", "Y": "a"}, "multiValueHeaders": {"X": ["1", "2"], "y": ["b"]}}"#,
            200,
            "X: 1, X: 2, y: b, Y: a, Content-Type: application/json",
            "",
        ),
        (
            r#"{"isBase64Encoded": true, "body": "QQ=="}"#,
            200,
            JSON,
            "QQ==",
        ),
    ] {
        let expected = (status, headers.to_owned(), Bytes::from(body));
        assert_eq!(answer("*/*", result), Ok(expected), "{result}");
    }
    let binary = answer("image/png", r#"{"isBase64Encoded": true, "body": "QQ=="}"#);
    assert_eq!(binary.unwrap().2, "A");
    assert_eq!(
        answer("image/png", r#"{"isBase64Encoded": true, "body": "!"}"#),
        Err(Fault::ConfigurationError)
    );
}

#[test]
fn a_result_of_another_form_is_502() {
    for result in [
        "",
        "null",
        "\"text\"",
        "[]",
        r#"{"isValidResponse": "no"}"#,
        r#"{"statusCode": 200, "cookies": []}"#,
        r#"{"statusCode": "ok"}"#,
        r#"{"statusCode": 99}"#,
        r#"{"statusCode": 600}"#,
        r#"{"body": {}}"#,
        r#"{"headers": []}"#,
        r#"{"headers": {"a": {}}}"#,
        r#"{"multiValueHeaders": {"a": "b"}}"#,
        r#"{"isBase64Encoded": 2}"#,
        r#"{"errorMessage": "failed", "errorType": "Error"}"#,
    ] {
        assert_eq!(
            answer("*/*", result),
            Err(Fault::MalformedFunctionResponse),
            "{result}"
        );
    }
}

fn custom(status: u16, body: &str) -> Result<(u16, Bytes), Fault> {
    exchange(CUSTOM, &POST, |exchange| {
        let response = respond(exchange, &reply(status, &[], body))?;
        Ok((response.status.as_u16(), response.body))
    })
}

#[test]
fn a_custom_integration_selects_by_the_error_message() {
    let failed = |message: &str| json!({"errorMessage": message}).to_string();
    assert_eq!(custom(200, "\"Pass\""), Ok((200, "\"Pass\"".into())));
    assert_eq!(custom(202, ""), Ok((200, "".into())));
    assert_eq!(
        custom(200, &failed("it was not found")).map(|(status, _)| status),
        Ok(404)
    );
    assert_eq!(
        custom(200, &failed("two\nlines")),
        Ok((502, "two\nlines".into()))
    );
    assert_eq!(custom(429, "{}"), Err(Fault::FunctionUnavailable));
    let message = "Could not parse request body into json: Unexpected character";
    assert_eq!(
        custom(
            400,
            &json!({"Type": "User", "message": message}).to_string()
        ),
        Err(Fault::InvalidFunctionPayload(message.to_owned()))
    );
    assert_eq!(custom(413, "{}"), Err(Fault::FunctionPayloadTooLarge));
}
