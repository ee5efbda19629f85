//! Signatures made by botocore 1.43, for 2023-11-14T22:13:20Z.

use std::time::Duration;

use super::*;

const HOST: (&str, &str) = ("host", "api.example");
const DATE: (&str, &str) = ("x-amz-date", "20231114T221320Z");

pub(super) fn credentials() -> Vec<Credentials> {
    let role = "arn:aws:sts::444455556666:assumed-role/reader/session";
    [
        "AKIDEXAMPLE:secretsecret".to_owned(),
        format!("ASIAEXAMPLE:sessionsecret:session/token==@{role}"),
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect()
}

fn authorization(scope: &str, headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={scope}/aws4_request, SignedHeaders={headers}, Signature={signature}"
    )
}

const SCOPE: &str = "AKIDEXAMPLE/20231114/eu-west-1/execute-api";
const PLAIN: &str = "ed2a9004e84f74afb5a0cd9bbd72c356c21e09152f16dee9bad510ecd1f5400c";

/// `GET /dev/iam`, signed by a user of the API's account.
pub(super) fn plain() -> Request {
    let plain = authorization(SCOPE, "host;x-amz-date", PLAIN);
    request("GET", "/dev/iam", &[HOST, DATE, ("authorization", &plain)])
}

/// The same in a session.
pub(super) fn session() -> Request {
    let scope = "ASIAEXAMPLE/20231114/eu-west-1/execute-api";
    let names = "host;x-amz-date;x-amz-security-token";
    let signature = "dfee99a803eab1363d7d93a93279380752d9b880d48c1a66cdba2dae58010801";
    let authorization = authorization(scope, names, signature);
    let token = ("x-amz-security-token", "session/token==");
    let headers = [HOST, DATE, token, ("authorization", authorization.as_str())];
    request("GET", "/dev/iam", &headers)
}

/// What comes of a request: the caller's ARN as templates see it, or error type and body.
fn outcome(policy: &str, request: &Request) -> Result<String, (&'static str, String)> {
    let paths = "paths: {/iam: &p {x-amazon-apigateway-any-method: {x-amazon-apigateway-auth: {type: AWS_IAM}, x-amazon-apigateway-integration: {type: mock, responses: {default: {statusCode: 200}}}}}, '/iam/{x}': *p}";
    begun(policy, paths, request, |exchange, step| match step {
        Ok(Step::Admitted) => Ok(exchange.context().get(&["identity", "userArn"]).unwrap()),
        Ok(other) => panic!("{other:?}"),
        Err(fault) => Err((fault.error_type().unwrap(), fault.body())),
    })
}

fn signed(target: &str, headers: &[(&str, &str)]) -> Result<String, (&'static str, String)> {
    outcome("", &request("GET", target, headers))
}

#[test]
fn signatures_of_a_sdk_are_right() {
    let user = "arn:aws:iam::111122223333:user/AKIDEXAMPLE";
    let plain = authorization(SCOPE, "host;x-amz-date", PLAIN);
    let answer = signed("/dev/iam", &[HOST, DATE, ("authorization", &plain)]);
    assert_eq!(answer.as_deref(), Ok(user));
    let query = authorization(
        SCOPE,
        "host;x-amz-date",
        "2fb83d3f690ac83f15f0051ab5615a1554cd134c2858524ea0afc1207aae7a90",
    );
    let target = "/dev/iam/a%20b?b=2&a=x%20y&flag=";
    let answer = signed(target, &[HOST, DATE, ("authorization", &query)]);
    assert_eq!(answer.as_deref(), Ok(user));
    let presigned = "/dev/iam?q=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20231114%2Feu-west-1%2Fexecute-api%2Faws4_request&X-Amz-Date=20231114T221320Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=0856f25fe8720f66fff15e787d513b4cbaa158aae4e7b962ccc014007614fda3";
    assert_eq!(signed(presigned, &[HOST]).as_deref(), Ok(user));
    let mut late = request("GET", presigned, &[HOST]);
    late.received = NOW + Duration::from_secs(3600);
    assert_eq!(outcome("", &late).as_deref(), Ok(user));
    late.received = NOW + Duration::from_secs(3601);
    assert_eq!(
        outcome("", &late).unwrap_err().0,
        "InvalidSignatureException"
    );
}

#[test]
fn a_caller_that_signs_may_invalidate_unless_a_policy_denies_it() {
    let plain = authorization(SCOPE, "host;x-amz-date", PLAIN);
    let request = request("GET", "/dev/iam", &[HOST, DATE, ("authorization", &plain)]);
    let denied = r#"x-amazon-apigateway-policy: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "execute-api:InvalidateCache", Resource: "*"}]}"#;
    for (policy, expected) in [("", true), (denied, false)] {
        begun(policy, PATHS, &request, |exchange, step| {
            assert!(matches!(step, Ok(Step::Admitted)), "{step:?}");
            assert_eq!(exchange.may_invalidate, expected, "{policy}");
        });
    }
}

#[test]
fn an_integration_can_sign_as_its_caller() {
    let plain = authorization(SCOPE, "host;x-amz-date", PLAIN);
    let request = request("GET", "/dev/iam", &[HOST, DATE, ("authorization", &plain)]);
    begun("", PATHS, &request, |exchange, step| {
        assert!(matches!(step, Ok(Step::Admitted)), "{step:?}");
        let credentials = exchange.caller_credentials.as_ref().unwrap();
        assert_eq!(credentials.access_key_id(), "AKIDEXAMPLE");
        assert_eq!(credentials.session_token(), None);
    });
}

#[test]
fn a_body_is_covered_unless_the_client_says_that_it_is_not() {
    let post = |signature: &str, headers: &str, more: (&str, &str), body: &'static [u8]| {
        let authorization = authorization(SCOPE, headers, signature);
        let headers = [HOST, DATE, more, ("authorization", authorization.as_str())];
        let mut request = request("POST", "/dev/iam", &headers);
        request.body = Bytes::from_static(body);
        outcome("", &request).map_err(|(kind, _)| kind)
    };
    let covered = |body| {
        let signature = "873375f29a32b8ac69241350b01620e6927d64bc74236d90ebc9c1039d75d53c";
        let json = ("content-type", "application/json");
        post(signature, "content-type;host;x-amz-date", json, body)
    };
    assert!(covered(b"{\"a\": 1}").is_ok());
    assert_eq!(covered(b"{\"a\": 2}"), Err("InvalidSignatureException"));
    let uncovered = |declared, body| {
        let signature = "1bbb717da140ee814e944330e75aa0323042f1a866678c957d9d330fbff0ddd5";
        let names = "host;x-amz-content-sha256;x-amz-date";
        post(signature, names, ("x-amz-content-sha256", declared), body)
    };
    assert!(uncovered("UNSIGNED-PAYLOAD", b"{\"a\": 1}").is_ok());
    assert!(uncovered("UNSIGNED-PAYLOAD", b"anything").is_ok());
    assert_eq!(
        uncovered("00", b"{\"a\": 1}"),
        Err("InvalidSignatureException")
    );
}

#[test]
fn a_session_needs_its_token_and_another_account_a_policy() {
    let scope = "ASIAEXAMPLE/20231114/eu-west-1/execute-api";
    let names = "host;x-amz-date;x-amz-security-token";
    let signature = "dfee99a803eab1363d7d93a93279380752d9b880d48c1a66cdba2dae58010801";
    let authorization = authorization(scope, names, signature);
    let with = |token: &str, policy: &str| {
        let token = ("x-amz-security-token", token);
        let headers = [HOST, DATE, token, ("authorization", authorization.as_str())];
        outcome(policy, &request("GET", "/dev/iam", &headers))
    };
    let role = "arn:aws:sts::444455556666:assumed-role/reader/session";
    let allowed = "x-amazon-apigateway-policy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: '444455556666'}, Action: '*', Resource: '*'}]}";
    assert_eq!(with("session/token==", allowed).as_deref(), Ok(role));
    let (kind, body) = with("session/token==", "").unwrap_err();
    let denied = format!(
        r#"{{"Message":"User: {role} is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********3333:abc/dev/GET/iam"}}"#
    );
    assert_eq!((kind, body), ("AccessDeniedException", denied));
    assert_eq!(
        with("session/token==", SILENT).unwrap_err().0,
        "AccessDeniedException"
    );
    assert_eq!(
        with("other", allowed).unwrap_err().0,
        "UnrecognizedClientException"
    );
}

/// A caller of the API's own account has policies of its own, which count as allowing it.
#[test]
fn a_resource_policy_can_deny_a_caller_of_the_same_account() {
    let plain = authorization(SCOPE, "host;x-amz-date", PLAIN);
    let sent = request("GET", "/dev/iam", &[HOST, DATE, ("authorization", &plain)]);
    assert!(outcome(SILENT, &sent).is_ok() && outcome(&policy("Allow"), &sent).is_ok());
    let (kind, body) = outcome(&policy("Deny"), &sent).unwrap_err();
    assert_eq!(kind, "AccessDeniedException");
    assert!(
        body.contains("user/AKIDEXAMPLE is not authorized") && body.contains("explicit deny"),
        "{body}"
    );
}

#[test]
fn what_is_wrong_is_answered_in_awss_words() {
    let plain = authorization(SCOPE, "host;x-amz-date", PLAIN);
    let unknown = plain.replace("AKIDEXAMPLE", "AKIDNOBODY");
    let region = plain.replace("eu-west-1", "us-east-1");
    let service = plain.replace("execute-api", "sqs");
    let unsigned_host = plain.replace("host;", "");
    let wrong = |headers: &[(&str, &str)]| signed("/dev/iam", headers).unwrap_err();
    let check = |headers: &[(&str, &str)], kind: &str, text: &str| {
        let (found, body) = wrong(headers);
        assert_eq!(found, kind);
        assert!(body.contains(text), "{body}");
    };
    check(
        &[HOST],
        "MissingAuthenticationTokenException",
        r#"{"message":"Missing Authentication Token"}"#,
    );
    check(
        &[HOST, ("authorization", "Bearer abc")],
        "IncompleteSignatureException",
        "Invalid key=value pair (missing equal-sign)",
    );
    check(
        &[
            HOST,
            ("authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e"),
        ],
        "IncompleteSignatureException",
        "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
    check(
        &[HOST, DATE, ("authorization", &unknown)],
        "UnrecognizedClientException",
        r#"{"message":"The security token included in the request is invalid."}"#,
    );
    check(
        &[HOST, DATE, ("authorization", &region)],
        "InvalidSignatureException",
        "Credential should be scoped to a valid region, not 'us-east-1'.",
    );
    check(
        &[HOST, DATE, ("authorization", &service)],
        "InvalidSignatureException",
        "Credential should be scoped to correct service: 'execute-api'.",
    );
    check(
        &[HOST, DATE, ("authorization", &unsigned_host)],
        "InvalidSignatureException",
        "'Host' or ':authority' must be a 'SignedHeader'",
    );
    let other_host = ("host", "other.example");
    check(
        &[other_host, DATE, ("authorization", &plain)],
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\\n\\nThe Canonical String for this request should have been\\n'GET\\n/dev/iam\\n\\nhost:other.example\\n",
    );
    let mut late = request("GET", "/dev/iam", &[HOST, DATE, ("authorization", &plain)]);
    late.received = NOW + Duration::from_secs(301);
    let (kind, body) = outcome("", &late).unwrap_err();
    assert_eq!(kind, "InvalidSignatureException");
    let expired = "Signature expired: 20231114T221320Z is now earlier than 20231114T221321Z (20231114T221821Z - 5 min.)";
    assert!(body.contains(expired), "{body}");
    late.received = NOW - Duration::from_secs(301);
    assert!(
        outcome("", &late)
            .unwrap_err()
            .1
            .contains("Signature not yet current: 20231114T221320Z")
    );
    let (kind, body) = signed("/dev/iam?X-Amz-Signature=0", &[HOST]).unwrap_err();
    assert_eq!(kind, "IncompleteSignatureException");
    assert!(
        body.contains("AWS query-string parameters must include 'X-Amz-Algorithm'"),
        "{body}"
    );
}
