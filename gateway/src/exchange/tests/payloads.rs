//! Bodies between client, templates and backend: binary types, content handling, several values of
//! one header.

use super::*;

const UPLOAD: &str = r#"type: aws
httpMethod: ANY
uri: arn:aws:apigateway:eu-west-1:s3:path/my-bucket/key
contentHandling: HANDLING
"#;

fn sent(handling: &str, template: &str, types: &[&str], given: &Given) -> Result<Bytes, Fault> {
    let integration = UPLOAD.replace("HANDLING", handling) + template;
    let (mut apis, request) = (apis(&integration), request(given));
    for name in types {
        apis.apis[0].encoding.binary_types.add(name);
    }
    let route = crate::stage::route(&apis, "localhost", &request.method, &request.path).unwrap();
    match build(&mut Exchange::new(&route, &request, "123456789012"))? {
        IntegrationRequest::Call(call, _) => Ok(call.body),
        other => panic!("no call was planned: {other:?}"),
    }
}

const TEMPLATE: &str = "requestTemplates: {image/png: 'got $input.body'}\n";

#[test]
fn a_template_reads_binary_bodies_as_base64_only() {
    let png = Given {
        headers: &[("content-type", "image/png")],
        body: "é",
        ..POST
    };
    assert_eq!(
        sent("CONVERT_TO_TEXT", TEMPLATE, &["image/png"], &png).unwrap(),
        "got w6k="
    );
    assert_eq!(
        sent("CONVERT_TO_TEXT", TEMPLATE, &[], &png).unwrap(),
        "got é"
    );
    let encoded = Given {
        body: "AP8=",
        ..png
    };
    assert_eq!(
        sent("CONVERT_TO_BINARY", "", &[], &encoded).unwrap(),
        b"\0\xff"[..]
    );
    assert_eq!(
        sent("CONVERT_TO_BINARY", TEMPLATE, &[], &encoded),
        Err(Fault::ConfigurationError),
        "the bytes are no text"
    );
    assert_eq!(
        sent("CONVERT_TO_BINARY", "", &[], &png),
        Err(Fault::ConfigurationError),
        "the text is not base64"
    );
}

#[test]
fn a_template_can_make_bytes() {
    let integration = format!(
        "{S3}{}",
        "responses: {default: {statusCode: 200, contentHandling: CONVERT_TO_BINARY, responseTemplates: {application/json: \"$input.path('$.image')\"}}}\n"
    );
    let made = response(&integration, &POST, 200, &[], r#"{"image": "AP8="}"#).unwrap();
    assert_eq!(made.body, b"\0\xff"[..]);
    assert_eq!(
        response(&integration, &POST, 200, &[], r#"{"image": "no base64"}"#),
        Err(Fault::ConfigurationError)
    );
}

const ENDPOINT: &str = r#"type: http_proxy
httpMethod: POST
uri: https://example.com/
contentHandling: HANDLING
responses: {default: {statusCode: 200}, 5..: {statusCode: 500, contentHandling: CONVERT_TO_BINARY}}
"#;

/// What a proxied endpoint is sent, in an API whose PNGs are binary.
fn proxied(handling: &str, media_type: &'static str, body: &'static str) -> Result<Bytes, Fault> {
    let mut apis = apis(&ENDPOINT.replace("HANDLING", handling));
    apis.apis[0].encoding.binary_types.add("image/png");
    let mut request = request(&Given { body, ..POST });
    let media_type = HeaderValue::from_static(media_type);
    request.headers.insert("content-type", media_type);
    let route = crate::stage::route(&apis, "localhost", &request.method, &request.path).unwrap();
    match build(&mut Exchange::new(&route, &request, "123456789012"))? {
        IntegrationRequest::Http(call, _) => Ok(call.body),
        other => panic!("no call to an endpoint was planned: {other:?}"),
    }
}

#[test]
fn a_proxy_converts_bodies_as_content_handling_says() {
    let png = |handling, body| proxied(handling, "image/png", body);
    assert_eq!(png("CONVERT_TO_TEXT", "é").unwrap(), "w6k=");
    assert_eq!(png("CONVERT_TO_BINARY", "é").unwrap(), "é");
    let text = |handling, body| proxied(handling, "text/plain", body);
    assert_eq!(text("CONVERT_TO_TEXT", "é").unwrap(), "é");
    assert_eq!(text("CONVERT_TO_BINARY", "w6k=").unwrap(), "é");
    assert_eq!(
        text("CONVERT_TO_BINARY", "no base64"),
        Err(Fault::ConfigurationError)
    );
}

#[test]
fn a_proxys_answer_is_converted_by_the_response_for_its_status() {
    let integration = ENDPOINT.replace("HANDLING", "CONVERT_TO_TEXT");
    let answer = |status, body| response(&integration, &POST, status, &[], body);
    assert_eq!(answer(200, "AP8=").unwrap().body, "AP8=");
    let failed = answer(503, "AP8=").unwrap();
    assert_eq!(
        (failed.status.as_u16(), failed.body),
        (503, b"\0\xff"[..].into())
    );
    assert_eq!(answer(503, "no base64"), Err(Fault::ConfigurationError));
}

#[test]
fn every_value_of_a_header_arrives() {
    let integration = format!(
        "{S3}{}",
        "responses: {default: {statusCode: 200, responseParameters: {method.response.header.Set-Cookie: integration.response.multivalueheader.Set-Cookie, method.response.header.X-Last: integration.response.header.X-Many}}}\n"
    );
    let headers = [
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("x-many", "one"),
        ("x-many", "two"),
    ];
    let mapped = response(&integration, &POST, 200, &headers, "").unwrap();
    let shown: Vec<_> = mapped
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    for header in [
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("X-Last", "two"),
    ] {
        assert!(shown.contains(&header), "{shown:?}");
    }
    assert_eq!(
        shown.iter().filter(|(name, _)| *name == "X-Last").count(),
        1
    );
}
