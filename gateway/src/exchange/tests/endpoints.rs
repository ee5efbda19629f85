//! Calls to HTTP endpoints, and to services by their actions.

use super::*;

/// An endpoint with a parameter in its path and in its query.
const HTTP: &str = r#"type: http
httpMethod: ANY
uri: https://example.com:8443/base/{p}?tenant=${stageVariables.queue}&p={p}
requestParameters:
  integration.request.path.p: method.request.path.p
  integration.request.querystring.extra: method.request.querystring.x
  integration.request.header.X-In: method.request.header.X-In
"#;

fn header<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    call.headers.get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn an_endpoint_gets_what_is_mapped_and_no_more() {
    let given = Given {
        path: "/e/a%20b/c:d",
        query: "x=1&y=2",
        headers: &[
            ("x-in", "v"),
            ("x-other", "w"),
            ("authorization", "Basic x"),
        ],
        ..POST
    };
    let call = call(HTTP, &given).unwrap();
    assert_eq!(
        call.url.as_str(),
        "https://example.com:8443/base/a%20b/c:d?tenant=orders&p=a%20b%2Fc%3Ad&extra=1"
    );
    assert_eq!(
        (header(&call, "x-in"), header(&call, "x-other")),
        (Some("v"), None)
    );
    assert_eq!(header(&call, "authorization"), None);
    assert_eq!(header(&call, "x-amzn-apigateway-api-id"), Some("abc"));
    assert_eq!(header(&call, "content-type"), Some("application/json"));
    let get = Given {
        method: "GET",
        body: "",
        ..given
    };
    let call = super::call(HTTP, &get).unwrap();
    assert_eq!(header(&call, "content-type"), None);
}

#[test]
fn a_proxy_passes_on_what_is_not_between_two_parties() {
    let proxy = HTTP.replace("type: http\n", "type: http_proxy\n");
    let given = Given {
        query: "x=1&y=%26",
        headers: &[
            ("host", "gateway"),
            ("x-in", "v"),
            ("x-many", "1"),
            ("x-many", "2"),
            ("user-agent", "client/1"),
            ("connection", "close, x-hop"),
            ("x-hop", "h"),
            ("te", "gzip"),
            ("authorization", "AWS4-HMAC-SHA256 Credential=x"),
        ],
        ..POST
    };
    let call = call(&proxy, &given).unwrap();
    assert_eq!(
        call.url.query(),
        Some("tenant=orders&p=a&x=1&y=%26&extra=1")
    );
    assert_eq!(call.body, POST.body);
    assert_eq!(header(&call, "user-agent"), Some("client/1"));
    assert_eq!(call.headers.get_all("x-many").iter().count(), 2);
    for name in ["host", "connection", "x-hop", "te", "authorization"] {
        assert_eq!(header(&call, name), None, "{name}");
    }
}

#[test]
fn clients_leave_neither_the_path_nor_the_host() {
    for path in ["/e/..", "/e/a/%2e%2e/b", "/e/..%2Fx"] {
        assert_eq!(
            call(HTTP, &Given { path, ..POST }),
            Err(Fault::InvalidPath),
            "{path}"
        );
    }
    let host = "type: http\nhttpMethod: GET\nuri: 'http://{p}.example.com/'\nrequestParameters: {integration.request.path.p: method.request.path.p}\n";
    let url = |path| call(host, &Given { path, ..POST }).map(|call| call.url.to_string());
    assert_eq!(url("/e/tenant").unwrap(), "http://tenant.example.com/");
    for path in ["/e/evil.example%2Fx", "/e/evil@x", "/e/evil:80", "/e/x%23"] {
        assert_eq!(url(path), Err(Fault::InvalidPath), "{path}");
    }
}

#[test]
fn reserved_headers_fail_and_others_vanish() {
    let mapped = |name: &str| {
        let integration = format!(
            "type: http\nhttpMethod: POST\nuri: 'http://example.com/'\nrequestParameters: {{integration.request.header.{name}: \"'v'\"}}\n"
        );
        call(&integration, &POST).map(|call| header(&call, name).map(ToOwned::to_owned))
    };
    for name in ["Content-Length", "Transfer-Encoding", "X-Amzn-Trace-Id"] {
        assert_eq!(mapped(name), Err(Fault::ConfigurationError), "{name}");
    }
    for name in ["Expect", "Proxy-Authenticate", "TE", "Via"] {
        assert_eq!(mapped(name), Ok(None), "{name}");
    }
    for name in ["Authorization", "Connection", "Referer", "Host"] {
        assert_eq!(mapped(name), Ok(Some("v".into())), "{name}");
    }
}

#[test]
fn an_action_of_the_json_protocol_is_a_header() {
    let action = |uri: &str| {
        let uri =
            format!("type: aws\nhttpMethod: POST\nuri: 'arn:aws:apigateway:eu-west-1:{uri}'\n");
        let call = call(&uri, &POST).unwrap();
        let target = header(&call, "x-amz-target").map(ToOwned::to_owned);
        (call.url.to_string(), target)
    };
    assert_eq!(
        action("events:action/PutEvents"),
        (
            "https://events.eu-west-1.amazonaws.com/".to_owned(),
            Some("AWSEvents.PutEvents".to_owned())
        )
    );
    assert_eq!(
        action("sns:action/Publish&TopicArn=x"),
        (
            "https://sns.eu-west-1.amazonaws.com/?Action=Publish&TopicArn=x".to_owned(),
            None
        )
    );
}

#[test]
fn a_role_may_be_a_stage_variable() {
    let role = |arn: &str| {
        let integration = format!("{SQS}credentials: {arn}\n");
        exchange(&integration, &POST, |exchange| match build(exchange)? {
            IntegrationRequest::Call(_, signing) => Ok(format!("{:?}", signing.identity)),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(
        role("'arn:aws:iam::1:role/${stageVariables.queue}'"),
        Ok(r#"Role("arn:aws:iam::1:role/orders")"#.to_owned())
    );
    assert_eq!(
        role("'${stageVariables.none}'"),
        Err(Fault::ConfigurationError)
    );
}

#[test]
fn a_call_in_the_callers_name_needs_one() {
    let integration = format!("{SQS}credentials: 'arn:aws:iam::*:user/*'\n");
    let identity = |caller: Option<Credentials>| {
        exchange(&integration, &POST, |exchange| {
            exchange.caller_credentials = caller;
            match build(exchange)? {
                IntegrationRequest::Call(_, signing) => {
                    Ok(signing.identity.key().map(String::from))
                }
                other => panic!("{other:?}"),
            }
        })
    };
    assert_eq!(identity(None), Err(Fault::ConfigurationError));
    let caller = Credentials::new("AKID", "secret", None, None, "test");
    assert_eq!(identity(Some(caller)), Ok(Some("key AKID".to_owned())));
}

#[test]
fn a_reply_is_mapped_or_passed_on() {
    let mapped =
        format!("{HTTP}responses: {{'4..': {{statusCode: 422}}, default: {{statusCode: 200}}}}\n");
    let reply = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-own", "v")];
    let answer = response(&mapped, &POST, 404, &reply, "{}").unwrap();
    assert_eq!(answer.status, 422);
    assert!(!answer.headers.iter().any(|(name, _)| name == "x-own"));
    let proxy = HTTP.replace("type: http\n", "type: http_proxy\n");
    let answer = response(&proxy, &POST, 404, &reply, "{}").unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_ref()),
        (404, b"{}".as_ref())
    );
    let cookies = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie");
    assert_eq!(cookies.count(), 2);
}
