//! Callers of `AWS_IAM` methods with policies of their own, and sessions that end. The signatures are
//! those of `signatures`.

use super::signatures::{plain, session};
use super::*;

/// What comes of a request: whether the cache may be invalidated, or error type and message.
fn outcome(callers: &str, policy: &str, request: &Request) -> Result<bool, (&'static str, String)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("callers.yaml");
    std::fs::write(&file, callers).unwrap();
    let known = Known {
        credentials: read_callers(&file).unwrap(),
        ..known()
    };
    begun_by(
        &known,
        policy,
        PATHS,
        request,
        |exchange, step| match step {
            Ok(Step::Admitted) => Ok(exchange.may_invalidate),
            Ok(other) => panic!("{other:?}"),
            Err(fault) => Err((fault.error_type().unwrap(), fault.message())),
        },
    )
}

/// A caller of the API's own account with these statements.
fn caller(statements: &str) -> String {
    format!(
        "callers: [{{accessKeyId: AKIDEXAMPLE, secretAccessKey: secretsecret, policy: {{Version: '2012-10-17', Statement: [{statements}]}}}}]"
    )
}

fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!("{{Effect: {effect}, Action: '{action}', Resource: '{resource}'}}")
}

const METHOD: &str = "arn:aws:execute-api:eu-west-1:111122223333:abc/dev/GET/iam";
const DENIED: &str = "User: arn:aws:iam::111122223333:user/AKIDEXAMPLE is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********3333:abc/dev/GET/iam";

#[test]
fn a_caller_may_do_what_its_policy_allows() {
    let request = plain();
    let with = |statements: &str| outcome(&caller(statements), "", &request);
    let allow = |resource: &str| statement("Allow", "execute-api:Invoke", resource);
    for resource in [
        METHOD,
        "*",
        "arn:aws:execute-api:*:*:*/dev/*",
        "arn:aws:execute-api:eu-west-1:111122223333:a?c/*/GET/iam",
    ] {
        assert_eq!(with(&allow(resource)), Ok(false), "{resource}");
    }
    let all = statement("Allow", "execute-api:*", "*");
    assert_eq!(
        with(&all),
        Ok(true),
        "InvalidateCache is one of all actions"
    );
    let silent = Err(("AccessDeniedException", DENIED.to_owned()));
    for statements in [
        String::new(),
        allow("arn:aws:execute-api:eu-west-1:111122223333:abc/prod/*"),
        allow("arn:aws:execute-api:eu-west-1:111122223333:abc/dev/POST/*"),
        statement("Allow", "sqs:SendMessage", "*"),
        "{Effect: Allow, Action: '*', Resource: '*', Condition: {IpAddress: {'aws:SourceIp': 10.0.0.0/8}}}".to_owned(),
    ] {
        assert_eq!(with(&statements), silent, "{statements}");
    }
    let denial = statement("Deny", "execute-api:Invoke", METHOD);
    let denied = Err((
        "AccessDeniedException",
        format!("{DENIED} with an explicit deny"),
    ));
    assert_eq!(with(&format!("{all}, {denial}")), denied);
    let denial = statement("Deny", "execute-api:InvalidateCache", "*");
    assert_eq!(with(&format!("{all}, {denial}")), Ok(false));
    let own = "{Effect: Allow, Action: '*', Resource: 'arn:aws:execute-api:*:*:abc/dev/GET/iam', Condition: {StringEquals: {'aws:username': AKIDEXAMPLE}}}";
    assert_eq!(with(own), Ok(true));
}

#[test]
fn in_one_account_the_apis_policy_may_allow_it_and_else_both_must() {
    let request = plain();
    let nothing = caller("");
    assert_eq!(outcome(&nothing, &policy("Allow"), &request), Ok(false));
    assert_eq!(outcome(&nothing, SILENT, &request).unwrap_err().1, DENIED);
    let denial = caller(&statement("Deny", "*", "*"));
    let (_, message) = outcome(&denial, &policy("Allow"), &request).unwrap_err();
    assert!(message.ends_with(" with an explicit deny"), "{message}");

    let foreign = |policy: &str| {
        format!(
            "callers: [{{accessKeyId: ASIAEXAMPLE, secretAccessKey: sessionsecret, sessionToken: 'session/token==', arn: 'arn:aws:sts::444455556666:assumed-role/reader/session', policy: [{policy}]}}]"
        )
    };
    let all = "{Statement: {Effect: Allow, Action: '*', Resource: '*'}}";
    let allowed = "x-amazon-apigateway-policy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: '444455556666'}, Action: '*', Resource: '*'}]}";
    assert_eq!(outcome(&foreign(all), allowed, &session()), Ok(true));
    for (own, of_api) in [(all, ""), ("", allowed), (all, SILENT)] {
        let (kind, _) = outcome(&foreign(own), of_api, &session()).unwrap_err();
        assert_eq!(kind, "AccessDeniedException", "{own} {of_api}");
    }
}

#[test]
fn a_session_ends() {
    let until = |time: &str| {
        format!(
            "callers: [{{accessKeyId: ASIAEXAMPLE, secretAccessKey: sessionsecret, sessionToken: 'session/token==', expiration: '{time}'}}]"
        )
    };
    assert_eq!(
        outcome(&until("2023-11-14T22:13:21Z"), "", &session()),
        Ok(true)
    );
    assert_eq!(
        outcome(&until("2023-11-14T22:13:20Z"), "", &session()),
        Err((
            "ExpiredTokenException",
            "The security token included in the request is expired".to_owned()
        ))
    );
    assert_eq!(Fault::ExpiredToken.status(), 403);
}
