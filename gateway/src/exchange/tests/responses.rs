//! The method response to a reply.

use super::*;

const PATTERNS: &str = r#"responses:
  '2\d{2}': {statusCode: 202, responseTemplates: {application/json: "{\"id\":$input.json('$.id')}", text/plain: t}}
  '4\d{2}': {statusCode: 400, responseParameters: {method.response.header.X-Code: integration.response.header.x-code, method.response.header.Date: integration.response.body.when, method.response.header.Content-Type: "'text/x'"}}
"#;

#[test]
fn the_integration_response_is_chosen_by_status() {
    let integration = format!("{SQS}{PATTERNS}");
    let ok = response(&integration, &POST, 201, &[], r#"{"id":"m"}"#).unwrap();
    assert_eq!(
        (ok.status.as_u16(), ok.body.as_ref()),
        (202, br#"{"id":"m"}"#.as_slice())
    );
    let trace = "Root=1-00000000-000000000000000000000000";
    let headers = [
        ("Content-Type", "application/json"),
        ("X-Amzn-Trace-Id", trace),
    ];
    assert_eq!(
        ok.headers,
        headers.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    let plain = Given {
        headers: &[("accept", "text/plain;q=1, */*")],
        ..POST
    };
    assert_eq!(
        response(&integration, &plain, 200, &[], "").unwrap().body,
        "t"
    );

    let refused = response(
        &integration,
        &POST,
        404,
        &[("x-code", "c")],
        r#"{"when":"now"}"#,
    )
    .unwrap();
    let headers: Vec<_> = refused
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        headers[..3],
        [
            ("X-Code", "c"),
            ("x-amzn-Remapped-Date", "now"),
            ("Content-Type", "text/x")
        ]
    );
    assert_eq!(
        (refused.status.as_u16(), refused.body.as_ref()),
        (400, br#"{"when":"now"}"#.as_slice())
    );
    assert_eq!(
        response(&integration, &POST, 500, &[], ""),
        Err(Fault::ConfigurationError),
        "no default"
    );
}

#[test]
fn a_refusal_by_sqs_is_never_mapped_to_success() {
    let mapped = response(&format!("{SQS}{DEFAULT_200}"), &POST, 500, &[], "");
    assert_eq!(mapped, Err(Fault::ConfigurationError), "by a mapping");
    let in_request = SQS.replace(
        "Action=",
        "#set($context.responseOverride.status = 202)Action=",
    );
    let error = "responses: {default: {statusCode: 500}}\n";
    let overridden = response(&format!("{in_request}{error}"), &POST, 403, &[], "");
    assert_eq!(
        overridden,
        Err(Fault::ConfigurationError),
        "by the request template"
    );
    let template = "responses: {default: {statusCode: 500, responseTemplates: {application/json: '#set($context.responseOverride.status = 200)'}}}\n";
    let overridden = response(&format!("{SQS}{template}"), &POST, 403, &[], "");
    assert_eq!(
        overridden,
        Err(Fault::ConfigurationError),
        "by the response template"
    );
    let kinder = response(
        &format!("{}{error}", in_request.replace("202", "444")),
        &POST,
        403,
        &[],
        "",
    )
    .unwrap();
    assert_eq!(
        kinder.status, 444,
        "another error is the definition's choice"
    );
    assert_eq!(
        response(&format!("{in_request}{error}"), &POST, 200, &[], "")
            .unwrap()
            .status,
        202
    );
}

#[test]
fn other_services_are_mapped_as_they_are() {
    let reply = response(&format!("{S3}{DEFAULT_200}"), &POST, 404, &[], "gone").unwrap();
    assert_eq!(
        (reply.status.as_u16(), reply.body.as_ref()),
        (200, b"gone".as_slice())
    );
}

/// Recorded: `docs/aws/api-gateway.md#mock`.
#[test]
fn a_mock_answers_with_its_templates_status() {
    let mock = |template: &str, given: &Given| {
        let integration = format!(
            "type: mock\nrequestTemplates: {{application/json: \"{template}\"}}\nresponses: {{default: {{statusCode: 204}}, '404': {{statusCode: 404}}}}\n"
        );
        response_of_mock(&integration, given)
    };
    assert_eq!(mock("{statusCode: 200}", &POST), Ok(204));
    assert_eq!(mock("{'statusCode': 404,}", &POST), Ok(404));
    for wrong in [r#"{\"statusCode\": \"200\"}"#, "{statusCode: 200", ""] {
        assert_eq!(
            mock(wrong, &POST),
            Err(Fault::ConfigurationError),
            "{wrong}"
        );
    }
    let body = Given {
        headers: &[("content-type", "text/plain")],
        body: r#"{"statusCode": 404}"#,
        ..POST
    };
    assert_eq!(
        mock("{statusCode: 200}", &body),
        Err(Fault::ConfigurationError),
        "a client does not choose the status"
    );
}

fn response_of_mock(integration: &str, given: &Given) -> Result<u16, Fault> {
    exchange(integration, given, |exchange| match build(exchange)? {
        IntegrationRequest::Mock(reply) => Ok(respond(exchange, &reply)?.status.as_u16()),
        IntegrationRequest::Call(call, _) | IntegrationRequest::Http(call, _) => {
            panic!("a call was planned: {call:?}")
        }
    })
}
