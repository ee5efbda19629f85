//! Access, decided for whole requests.

mod caller_policies;
mod signatures;
mod tokens;

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use kit::document::Node;
use kit::time::Timestamp;
use serde_json::{Value as Json, json};

use super::*;
use crate::api::{Api, Apis, Stage};
use crate::method_request::{Request, parse_query};
use crate::openapi::Document;

/// 2023-11-14T22:13:20Z
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A request from 192.0.2.7.
pub(super) fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |(name, value): &(&str, &str)| {
        (
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        )
    };
    Request {
        method: method.parse().unwrap(),
        sent_method: method.parse().unwrap(),
        path: path.into(),
        raw_query: query.into(),
        query: parse_query(query),
        headers: headers.iter().map(header).collect(),
        body: Bytes::new(),
        sent_body: None,
        source_ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
        tls: None,
        received: NOW,
        request_id: "request".into(),
        extended_request_id: "extended".into(),
        trace_id: "Root=1-00000000-000000000000000000000000".into(),
        has_replaced_id: false,
        vpc_endpoint: None,
    }
}

/// An API with `GET /iam`, `GET /token`, `GET /request/{id}` and `GET /open`.
const PATHS: &str = r#"
paths:
  /iam: {get: {x-amazon-apigateway-auth: {type: AWS_IAM}, x-amazon-apigateway-integration: &mock {type: mock, responses: {default: {statusCode: 200}}}}}
  /token: {get: {security: [{tokens: []}], x-amazon-apigateway-integration: *mock}}
  /request/{id}: {get: {security: [{requests: []}], x-amazon-apigateway-integration: *mock}}
  /open: {get: {x-amazon-apigateway-integration: *mock}}
components:
  securitySchemes:
    tokens: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authorizer: {type: token, identityValidationExpression: "t-[a-z]+", authorizerUri: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:${stageVariables.fn}/invocations"}}
    requests: {type: apiKey, name: Unused, in: header, x-amazon-apigateway-authorizer: {type: request, identitySource: "method.request.header.X-User, method.request.querystring.q, context.identity.sourceIp, stageVariables.fn", authorizerUri: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/f/invocations", authorizerResultTtlInSeconds: 60}}
"#;

pub(super) fn apis(policy: &str, paths: &str) -> Apis {
    let text = format!("openapi: 3.0.1\n{policy}\n{paths}");
    let mut problems = Vec::new();
    let document = Document::read(&Node::parse("t", &text).unwrap(), &mut problems).unwrap();
    assert_eq!(problems, []);
    let stages = vec![Stage {
        name: "dev".into(),
        deployment_id: "d".into(),
        variables: [("fn".to_owned(), "auth".to_owned())].into(),
        ..Stage::default()
    }];
    let api = Api {
        id: "abc".into(),
        stages,
        resources: document.resources,
        is_closed: document.is_closed,
        policy: document.policy,
        ..Api::default()
    };
    Apis {
        apis: vec![api],
        ..Apis::default()
    }
}

fn known() -> Known {
    Known {
        owner: Owner {
            region: "eu-west-1".into(),
            account: "111122223333".into(),
        },
        credentials: signatures::credentials(),
    }
}

/// Begins with a request, and shows the exchange what came of it.
fn begun<T>(
    policy: &str,
    paths: &str,
    request: &Request,
    work: impl FnOnce(&mut Exchange<'_>, Result<Step<'_>, Fault>) -> T,
) -> T {
    begun_by(&known(), policy, paths, request, work)
}

/// The same where other credentials are known.
fn begun_by<T>(
    known: &Known,
    policy: &str,
    paths: &str,
    request: &Request,
    work: impl FnOnce(&mut Exchange<'_>, Result<Step<'_>, Fault>) -> T,
) -> T {
    let apis = apis(policy, paths);
    let route = crate::stage::route(&apis, "localhost", &request.method, &request.path).unwrap();
    let mut exchange = Exchange::new(&route, request, "111122223333");
    let step = begin(&mut exchange, known, |issuer| vec![issuer.url()]);
    work(&mut exchange, step)
}

/// The event that a Lambda authorizer is asked with, and the URL of the call.
fn asked(request: &Request) -> Result<(String, Json, Option<Vec<String>>), Fault> {
    begun("", PATHS, request, |_, step| match step? {
        Step::Ask(question) => Ok((
            question.call.url.to_string(),
            serde_json::from_slice(&question.call.body).unwrap(),
            question.key.map(|key| key.identity),
        )),
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_token_authorizer_is_asked_with_the_token() {
    let asked_with = |token| asked(&request("GET", "/dev/token", &[("authorization", token)]));
    let (url, event, kept) = asked_with("t-a").unwrap();
    assert_eq!(
        url,
        "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:auth/invocations"
    );
    let arn = "arn:aws:execute-api:eu-west-1:111122223333:abc/dev/GET/token";
    let expected = json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": "t-a"});
    assert_eq!((event, kept), (expected, Some(vec!["t-a".to_owned()])));
    for refused in ["", " ", "t-7", "xt-a"] {
        assert_eq!(
            asked_with(refused).unwrap_err(),
            Fault::Unauthorized,
            "{refused:?}"
        );
    }
    assert_eq!(
        asked(&request("GET", "/dev/token", &[])).unwrap_err(),
        Fault::Unauthorized
    );
}

#[test]
fn a_request_authorizer_is_asked_with_the_request() {
    let sent = request(
        "GET",
        "/dev/request/a%2Fb?q=1&q=2",
        &[("x-user", "u"), ("host", "h")],
    );
    let (_, event, kept) = asked(&sent).unwrap();
    let identity = ["u", "2", "192.0.2.7", "auth"].map(ToOwned::to_owned);
    assert_eq!(kept.as_deref(), Some(identity.as_slice()));
    let expected = json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-west-1:111122223333:abc/dev/GET/request/a/b",
        "resource": "/request/{id}",
        "path": "/request/a%2Fb",
        "httpMethod": "GET",
        "headers": {"Host": "h", "X-User": "u"},
        "multiValueHeaders": {"Host": ["h"], "X-User": ["u"]},
        "queryStringParameters": {"q": "2"},
        "multiValueQueryStringParameters": {"q": ["1", "2"]},
        "pathParameters": {"id": "a/b"},
        "stageVariables": {"fn": "auth"},
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(event[name], *value, "{name}");
    }
    let context = &event["requestContext"];
    assert_eq!(
        (&context["stage"], &context["identity"]["sourceIp"]),
        (&json!("dev"), &json!("192.0.2.7"))
    );
    for lacking in ["/dev/request/7", "/dev/request/7?q="] {
        let lacking = request("GET", lacking, &[("x-user", "u")]);
        assert_eq!(asked(&lacking).unwrap_err(), Fault::Unauthorized);
    }
}

/// The message to the client when an authorizer answered with this effect, and the resource policy
/// says this; `None` when the request goes on.
fn combined(policy: &str, effect: Option<&str>) -> Option<String> {
    let sent = request("GET", "/dev/token", &[("authorization", "t-a")]);
    let statements = effect.map(|effect| json!({"Action": "*", "Effect": effect, "Resource": "*"}));
    let statements: Vec<Json> = statements.into_iter().collect();
    let grant = answer::Grant {
        context: [("principalId".to_owned(), "me".into())]
            .into_iter()
            .collect(),
        policy: policy::parse(
            &json!({"Statement": statements}),
            policy::PolicyKind::Authorizer,
        )
        .unwrap(),
        usage_key: Some("key".into()),
    };
    begun(policy, PATHS, &sent, |exchange, step| {
        let concluded = step.and_then(|_| conclude_answer(exchange, &known().owner, &grant));
        match concluded {
            Ok(()) => {
                assert_eq!(
                    exchange
                        .context()
                        .get(&["authorizer", "principalId"])
                        .unwrap(),
                    "me"
                );
                assert_eq!(exchange.usage_key.as_deref(), Some("key"));
                None
            }
            Err(Fault::AccessDenied(text)) => Some(text),
            Err(other) => panic!("{other:?}"),
        }
    })
}

/// A resource policy that does this to every request.
fn policy(effect: &str) -> String {
    format!(
        "x-amazon-apigateway-policy: {{Version: '2012-10-17', Statement: [{{Effect: {effect}, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*'}}]}}"
    )
}

const SILENT: &str = "x-amazon-apigateway-policy: {Version: '2012-10-17', Statement: []}";

/// Table A of the developer guide, "How API Gateway resource policies affect authorization".
#[test]
fn an_authorizer_and_a_resource_policy_decide_together() {
    let denied = "User is not authorized to access this resource";
    let explicitly = "User is not authorized to access this resource with an explicit deny";
    let by_policy = "User: anonymous is not authorized to perform: execute-api:Invoke on resource: \
         arn:aws:execute-api:eu-west-1:********3333:abc/dev/GET/token with an explicit deny";
    let (allow, deny) = (policy("Allow"), policy("Deny"));
    for (policy, effect, expected) in [
        ("", Some("Allow"), None),
        ("", None, Some(denied)),
        ("", Some("Deny"), Some(explicitly)),
        (&allow, Some("Allow"), None),
        (&allow, None, None),
        (&allow, Some("Deny"), Some(explicitly)),
        (SILENT, Some("Allow"), None),
        (SILENT, None, Some(denied)),
        (SILENT, Some("Deny"), Some(explicitly)),
        (&deny, Some("Allow"), Some(by_policy)),
    ] {
        assert_eq!(
            combined(policy, effect).as_deref(),
            expected,
            "{policy} {effect:?}"
        );
    }
}

#[test]
fn without_an_authorizer_the_resource_policy_must_allow_the_request() {
    let begin = |policy: &str| {
        let sent = request("GET", "/dev/open", &[]);
        begun(policy, PATHS, &sent, |_, step| {
            step.map(|_| ()).map_err(|fault| fault.body())
        })
    };
    let denied = r#"{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********3333:abc/dev/GET/open"}"#;
    assert_eq!(begin(""), Ok(()));
    assert_eq!(begin(&policy("Allow")), Ok(()));
    assert_eq!(begin(SILENT), Err(denied.to_owned()));
    assert!(
        begin(&policy("Deny"))
            .unwrap_err()
            .contains(" with an explicit deny")
    );
}

/// A policy names a path once; no other spelling of the path gets around it.
#[test]
fn other_spellings_of_a_path_have_the_same_arn() {
    let paths = "paths: {'/a/{p+}': {get: {x-amazon-apigateway-integration: {type: mock, responses: {default: {statusCode: 200}}}}}}";
    let apis = apis("", paths);
    for path in [
        "/dev/a/b/c",
        "/dev//a/b/c",
        "/dev/a/%62/c",
        "/dev/a/b%2Fc",
        "/dev/a/b/c/",
    ] {
        let route = crate::stage::route(&apis, "localhost", &http::Method::GET, path).unwrap();
        let arn = known().owner.method_arn(&route, &http::Method::GET);
        assert!(arn.ends_with(":abc/dev/GET/a/b/c"), "{path}: {arn}");
    }
}

#[test]
fn a_private_api_is_reached_through_an_endpoint_that_its_policy_names() {
    let private = |policy: &str, from: Option<&str>| {
        let mut apis = apis(policy, PATHS);
        apis.apis[0].endpoint_type = EndpointType::Private;
        let mut request = request("GET", "/dev/open", &[]);
        request.vpc_endpoint = from.map(|text| text.parse().unwrap());
        let route =
            crate::stage::route(&apis, "localhost", &request.method, &request.path).unwrap();
        let mut exchange = Exchange::new(&route, &request, "111122223333");
        let step = begin(&mut exchange, &known(), |issuer| vec![issuer.url()]);
        let endpoint = exchange.context().get(&["identity", "vpceId"]);
        step.map(|_| endpoint)
            .map_err(|fault| fault.status().as_u16())
    };
    let policy = |key: &str, value: &str| {
        format!(
            r#"x-amazon-apigateway-policy: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*", Condition: {{StringEquals: {{"{key}": {value}}}}}}}]}}"#
        )
    };
    let by_endpoint = policy("aws:SourceVpce", "vpce-1");
    let by_network = policy("aws:SourceVpc", "vpc-1");
    let first = "vpce-1@vpc-1=192.0.2.0/24";
    let named = Ok(Some("vpce-1".to_owned()));
    assert_eq!(private(&by_endpoint, Some(first)), named);
    assert_eq!(private(&by_network, Some(first)), named);
    assert_eq!(private(&by_endpoint, Some("vpce-2=192.0.2.0/24")), Err(403));
    assert_eq!(
        private(&by_endpoint, None),
        Err(403),
        "not through an endpoint"
    );
    assert_eq!(private("", Some(first)), Err(403), "without a policy");
}
