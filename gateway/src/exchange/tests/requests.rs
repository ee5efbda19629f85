//! The integration request of a request.

use super::*;

#[test]
fn the_call_is_what_api_gateway_would_send() {
    let call = call(SQS, &POST).unwrap();
    assert_eq!(
        (call.method.as_str(), call.url.as_str()),
        (
            "POST",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
        )
    );
    assert_eq!(
        call.body,
        "Action=SendMessage&MessageBody=%7B%22id%22%3A7%2C%22who%22%3A%22Ada%22%7D"
    );
    let headers: Vec<_> = call
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    assert_eq!(
        headers,
        [
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("user-agent", "AmazonAPIGateway_abc"),
            (
                "x-amzn-trace-id",
                "Root=1-00000000-000000000000000000000000"
            ),
        ]
    );
}

#[test]
fn path_parameters_fill_the_uri_and_cannot_leave_it() {
    let url =
        |path: &'static str| call(S3, &Given { path, ..POST }).map(|call| call.url.to_string());
    assert_eq!(
        url("/e/a%20b/%C3%A9%3F").unwrap(),
        "https://s3.eu-west-1.amazonaws.com/my-bucket/a%20b/%C3%A9%3F"
    );
    assert_eq!(
        url("/e/..a/.b").unwrap(),
        "https://s3.eu-west-1.amazonaws.com/my-bucket/..a/.b"
    );
    for path in [
        "/e/..%2Fother%2Fx",
        "/e/%2e%2e/other",
        "/e/a/../b",
        "/e/a/%2E",
        "/e/..",
    ] {
        assert_eq!(url(path), Err(Fault::InvalidPath), "{path}");
    }
    // Decoded once only: this is a key that holds percent signs.
    assert_eq!(
        url("/e/%252e%252e").unwrap(),
        "https://s3.eu-west-1.amazonaws.com/my-bucket/%252e%252e"
    );
}

#[test]
fn actions_go_into_the_query_with_what_is_mapped_there() {
    let action = r#"type: aws
httpMethod: POST
uri: arn:aws:apigateway:eu-west-1:sqs:action/SendMessage&DelaySeconds={p}
requestParameters:
  integration.request.path.p: method.request.path.p
  integration.request.querystring.MessageBody: method.request.body.who
  integration.request.querystring.QueueUrl: "'https://q'"
  integration.request.querystring.Absent: method.request.querystring.absent
  integration.request.querystring.All: method.request.multivaluequerystring.x
  integration.request.header.X-Stage: stageVariables.queue
  integration.request.header.X-Id: context.requestId
"#;
    let call = call(
        action,
        &Given {
            path: "/e/3",
            query: "x=1&x=2",
            ..POST
        },
    )
    .unwrap();
    let query =
        "Action=SendMessage&DelaySeconds=3&MessageBody=Ada&QueueUrl=https%3A%2F%2Fq&All=1&All=2";
    assert_eq!(
        call.url.as_str(),
        format!("https://sqs.eu-west-1.amazonaws.com/?{query}")
    );
    assert_eq!(
        (&call.headers["x-stage"], &call.headers["x-id"]),
        (&"orders".parse().unwrap(), &"request".parse().unwrap())
    );
}

#[test]
fn bodies_are_rendered_passed_or_refused_by_type() {
    let types = |templates: &str, behavior: &str| {
        let integration = format!(
            "type: aws\nhttpMethod: POST\nuri: arn:aws:apigateway:r:sqs:path/q\npassthroughBehavior: {behavior}\n{templates}"
        );
        call(
            &integration,
            &Given {
                headers: &[("content-type", "text/plain; charset=utf-8")],
                body: "raw",
                ..POST
            },
        )
        .map(|call| String::from_utf8(call.body.to_vec()).unwrap())
    };
    let json = "requestTemplates: {application/json: j}";
    assert_eq!(types("", "when_no_match").unwrap(), "raw");
    assert_eq!(types("", "when_no_templates").unwrap(), "raw");
    assert_eq!(types("", "never"), Err(Fault::UnsupportedMediaType));
    assert_eq!(types(json, "when_no_match").unwrap(), "raw");
    assert_eq!(
        types(json, "when_no_templates"),
        Err(Fault::UnsupportedMediaType)
    );
    assert_eq!(
        types("requestTemplates: {text/plain: '<$input.body>'}", "never").unwrap(),
        "<raw>"
    );
    assert_eq!(
        types(
            "requestTemplates: {$default: d, application/json: j}",
            "never"
        )
        .unwrap(),
        "d"
    );
    assert_eq!(
        types("requestTemplates: {text/plain: ''}", "never").unwrap(),
        "raw",
        "an empty template passes through"
    );
}

#[test]
fn overrides_win_over_mappings_and_reserved_headers_fail() {
    let overriding = |line: &str| {
        format!(
            "type: aws\nhttpMethod: POST\nuri: arn:aws:apigateway:r:sqs:path/{{q}}\nrequestParameters: {{integration.request.path.q: method.request.path.p, integration.request.header.X: \"'mapped'\"}}\nrequestTemplates:\n  application/json: |\n    {line}\n"
        )
    };
    let override_all = "#set($context.requestOverride.header.x = 'set')#set($context.requestOverride.path.q = 'b/c')#set($context.requestOverride.querystring.y = '1 2')";
    let call_of = |line: &str| call(&overriding(line), &POST);
    let planned = call_of(override_all).unwrap();
    assert_eq!(
        (planned.url.as_str(), planned.headers["x"].to_str().unwrap()),
        ("https://sqs.r.amazonaws.com/b/c?y=1%202", "set")
    );
    assert_eq!(
        call_of("#set($context.requestOverride.header.Authorization = 'x')"),
        Err(Fault::ConfigurationError)
    );
    assert_eq!(
        call_of("#set($context.requestOverride.path.q = '../x')"),
        Err(Fault::InvalidPath)
    );
}

#[test]
fn json_that_cannot_be_read_has_no_values() {
    let integration = "type: aws\nhttpMethod: POST\nuri: arn:aws:apigateway:r:sqs:path/q\nrequestParameters: {integration.request.header.X: method.request.body.a}\n";
    let header = |body: &'static str| {
        call(integration, &Given { body, ..POST }).map(|call| {
            call.headers
                .get("x")
                .map(|x| x.to_str().unwrap().to_owned())
        })
    };
    assert_eq!(
        header(r#"{"a":{"b":1}}"#).unwrap().as_deref(),
        Some(r#"{"b":1}"#)
    );
    assert_eq!(
        (header(r#"{"a":null}"#).unwrap(), header("text").unwrap()),
        (None, None)
    );
    assert_eq!(header(r#"{"a":"#), Err(Fault::InvalidJson));
}

#[test]
fn headers_that_belong_to_the_connection_are_not_mapped() {
    let integration = "type: aws\nhttpMethod: POST\nuri: arn:aws:apigateway:r:sqs:path/q\nrequestParameters: {integration.request.header.A: method.request.header.TE, integration.request.header.B: method.request.multivalueheader.X}\n";
    let call = call(
        integration,
        &Given {
            headers: &[("te", "trailers"), ("x", "1"), ("x", "2")],
            ..POST
        },
    )
    .unwrap();
    assert_eq!(
        (call.headers.get("a"), call.headers["b"].to_str().unwrap()),
        (None, "1,2")
    );
}
