//! Policies, evaluated for one request.

use serde_json::{Value as Json, json};

use super::*;
use crate::authorization::facts::{Caller, INVOKE};
use crate::authorization::tests::request;

const ARN: &str = "arn:aws:execute-api:eu-west-1:111122223333:abc/dev/GET/pets/7";

/// The verdict of a resource policy on a GET from 192.0.2.7, by `caller`.
fn verdict_for(caller: &Caller, statements: &Json) -> Verdict {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let policy = parse(&document, PolicyKind::Resource).unwrap();
    let request = request("GET", "/pets/7", &[("user-agent", "curl/8")]);
    let facts = Facts {
        action: INVOKE,
        resource: ARN.to_owned(),
        caller,
        region: "eu-west-1",
        request: &request,
        endpoint: request.vpc_endpoint.as_ref(),
    };
    evaluate(&policy, &facts)
}

fn verdict(statements: &Json) -> Verdict {
    verdict_for(&Caller::Anonymous, statements)
}

/// A statement for everybody with these further fields.
fn statement(effect: &str, more: &Json) -> Json {
    let mut all = json!({"Effect": effect, "Principal": "*"});
    let fields = all.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
    }
    if !fields.contains_key("Action") && !fields.contains_key("NotAction") {
        fields.insert("Action".into(), INVOKE.into());
    }
    if !fields.contains_key("Resource") && !fields.contains_key("NotResource") {
        fields.insert("Resource".into(), "*".into());
    }
    all
}

#[test]
fn a_denial_wins_over_what_allows() {
    let (allow, deny) = (
        statement("Allow", &json!({})),
        statement("Deny", &json!({})),
    );
    assert_eq!(verdict(&json!([])), Verdict::Silent);
    assert_eq!(verdict(&json!([allow])), Verdict::Allowed);
    assert_eq!(verdict(&json!(allow)), Verdict::Allowed);
    assert_eq!(verdict(&json!([allow, deny])), Verdict::Denied);
    assert_eq!(verdict(&json!([deny, allow])), Verdict::Denied);
}

#[test]
fn actions_and_resources_match_with_wildcards() {
    let allows = |more: Json| verdict(&json!([statement("Allow", &more)])) == Verdict::Allowed;
    for matching in [
        json!({"Resource": ARN}),
        json!({"Resource": "arn:aws:execute-api:*:*:abc/*/GET/pets/?"}),
        json!({"Resource": ["x", "arn:aws:execute-api:eu-west-1:*"]}),
        json!({"Resource": "execute-api:/dev/GET/pets/*"}),
        json!({"Resource": "execute-api:/*"}),
        json!({"NotResource": "execute-api:/dev/POST/*"}),
        json!({"Action": "execute-api:*"}),
        json!({"Action": "EXECUTE-API:invoke"}),
        json!({"Action": ["s3:GetObject", "*"]}),
        json!({"NotAction": "execute-api:InvalidateCache"}),
    ] {
        assert!(allows(matching.clone()), "{matching}");
    }
    for other in [
        json!({"Resource": "arn:aws:execute-api:eu-west-1:111122223333:abc/dev/GET/pets"}),
        json!({"Resource": "arn:aws:execute-api:eu-west-1:111122223333:abc/dev/get/pets/7"}),
        json!({"Resource": "execute-api:/prod/*"}),
        json!({"NotResource": "*"}),
        json!({"Action": "execute-api:InvalidateCache"}),
        json!({"NotAction": "execute-api:Invoke"}),
    ] {
        assert!(!allows(other.clone()), "{other}");
    }
}

#[test]
fn conditions_hold_all_at_once_and_one_value_is_enough() {
    let holds = |condition: Json| {
        let statement = statement("Allow", &json!({"Condition": condition}));
        verdict(&json!([statement])) == Verdict::Allowed
    };
    for holding in [
        json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}),
        json!({"IpAddress": {"AWS:sourceip": "192.0.2.7"}}),
        json!({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}}),
        json!({"StringLike": {"aws:UserAgent": "curl/*"}}),
        json!({"StringNotLike": {"aws:UserAgent": ["wget*", "Mozilla*"]}}),
        json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}, "Bool": {"aws:SecureTransport": "false"}}),
        json!({"StringEqualsIgnoreCase": {"aws:UserAgent": "CURL/8"}}),
        json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
        json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
        json!({"ForAllValues:StringEquals": {"aws:SourceVpce": "vpce-1"}}),
        json!({"Null": {"aws:SourceVpc": true}}),
        json!({"NumericGreaterThanEquals": {"aws:EpochTime": 1_700_000_000}}),
        json!({"DateGreaterThan": {"aws:CurrentTime": "2023-11-14T00:00:00Z"}, "DateLessThan": {"aws:CurrentTime": "2023-11-15T00:00:00+00:00"}}),
        json!({"StringEquals": {"aws:UserAgent": "${aws:UserAgent}"}}),
    ] {
        assert!(holds(holding.clone()), "{holding}");
    }
    for failing in [
        json!({"IpAddress": {"aws:SourceIp": "192.0.2.8/31"}}),
        json!({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        json!({"StringLike": {"aws:UserAgent": "wget*"}}),
        json!({"StringEquals": {"aws:UserAgent": "curl*"}}),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
        json!({"ForAnyValue:StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
        json!({"Null": {"aws:SourceIp": "true"}}),
        json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}, "Bool": {"aws:SecureTransport": "true"}}),
        json!({"StringLike": {"aws:UserAgent": "${aws:username}"}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2023-11-14"}}),
    ] {
        assert!(!holds(failing.clone()), "{failing}");
    }
}

#[test]
fn principals_are_everybody_an_account_or_a_caller() {
    let arn = "arn:aws:iam::444455556666:user/ada";
    let ada = Caller::Principal {
        arn: arn.to_owned(),
        account: "444455556666".to_owned(),
        user_id: "ada".to_owned(),
    };
    let allows = |caller: &Caller, principal: Json| {
        let statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"});
        verdict_for(caller, &json!([statement])) == Verdict::Allowed
    };
    for named in [json!("*"), json!({"AWS": "*"})] {
        assert!(
            allows(&ada, named.clone()) && allows(&Caller::Anonymous, named.clone()),
            "{named}"
        );
    }
    for named in [
        json!({"AWS": arn}),
        json!({"AWS": ["444455556666"]}),
        json!({"AWS": "arn:aws:iam::444455556666:root"}),
    ] {
        assert!(allows(&ada, named.clone()), "{named}");
        assert!(!allows(&Caller::Anonymous, named.clone()), "{named}");
    }
    for other in [
        json!({"AWS": "111122223333"}),
        json!({"AWS": "arn:aws:iam::444455556666:user/bob"}),
        json!({"Service": "apigateway.amazonaws.com"}),
    ] {
        assert!(!allows(&ada, other.clone()), "{other}");
    }
    let spared =
        json!({"Effect": "Deny", "NotPrincipal": {"AWS": arn}, "Action": "*", "Resource": "*"});
    assert_eq!(verdict_for(&ada, &json!([spared])), Verdict::Silent);
    assert_eq!(verdict(&json!([spared])), Verdict::Denied);
}

#[test]
fn what_is_not_understood_is_no_policy() {
    for wrong in [
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]),
        json!([{"Effect": "Allow", "Principal": "ada", "Action": "*", "Resource": "*"}]),
        json!([{"Effect": "Allow", "Principal": {"Who": "*"}, "Action": "*", "Resource": "*"}]),
        json!([statement(
            "Allow",
            &json!({"Condition": {"StringSounds": {"a": "b"}}})
        )]),
        json!([statement(
            "Allow",
            &json!({"Condition": {"Sum:StringEquals": {"a": "b"}}})
        )]),
        json!([statement(
            "Allow",
            &json!({"Condition": {"NumericEquals": {"a": "x"}}})
        )]),
        json!([statement(
            "Allow",
            &json!({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0/8"}}})
        )]),
        json!([statement("Allow", &json!({"Nonsense": 1}))]),
        json!("all"),
    ] {
        let document = json!({"Version": "2012-10-17", "Statement": wrong});
        assert!(parse(&document, PolicyKind::Resource).is_err(), "{wrong}");
    }
    let later = json!({"Version": "2030-01-01", "Statement": []});
    assert!(parse(&later, PolicyKind::Resource).is_err());
}
