//! Who may call, in the forms that templates have.

use super::*;
use crate::api::{Access, AuthorizerEvent, AuthorizerKind, IdentitySource, Policy};

/// What guards the method for `verb` at `path`: `open`, `closed`, `iam`, or the authorizer's name
/// and scopes.
fn guard(apis: &Apis, verb: &str, path: &str) -> String {
    let verb = verb.parse().unwrap();
    let route = crate::stage::route(apis, "localhost", &verb, path).unwrap();
    match &route.method.access {
        Access::Open => "open".to_owned(),
        Access::Closed => "closed".to_owned(),
        Access::Iam => "iam".to_owned(),
        Access::Authorizer { authorizer, scopes } => {
            format!("{} {}", authorizer.name, scopes.join(" "))
        }
    }
}

fn parts(authorization: &str, authorizer: &str) -> String {
    let authorizer = format!(
        "  Guard: {{Type: AWS::ApiGateway::Authorizer, Properties: {{Name: guard, RestApiId: !Ref Api, {authorizer}}}}}\n"
    );
    PARTS.replace("AuthorizationType: NONE", authorization) + &authorizer
}

const FUNCTION: &str = "Type: TOKEN, IdentitySource: method.request.header.X-Token, AuthorizerResultTtlInSeconds: 0, AuthorizerUri: !Sub 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:f/invocations'";
const POOL: &str = "Type: COGNITO_USER_POOLS, IdentitySource: method.request.header.Authorization, ProviderARNs: ['arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_A']";

#[test]
fn authorizers_of_a_template_guard_the_methods_that_name_them() {
    let at = |template: &str| guard(&load(template).unwrap(), "POST", "/prod/events/a");
    let custom = "AuthorizationType: CUSTOM\n      AuthorizerId: !Ref Guard";
    assert_eq!(at(&parts(custom, FUNCTION)), "guard ");
    let attribute = custom.replace("!Ref Guard", "!GetAtt Guard.AuthorizerId");
    assert_eq!(at(&parts(&attribute, FUNCTION)), "guard ");
    let pool = "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: !Ref Guard\n      AuthorizationScopes: [a, b]";
    assert_eq!(at(&parts(pool, POOL)), "guard a b");
    assert_eq!(at(&parts("AuthorizationType: AWS_IAM", FUNCTION)), "iam");
    let apis = load(&parts(custom, FUNCTION)).unwrap();
    let (_, method) = &apis.apis[0].resources[0].methods[0];
    let Access::Authorizer { authorizer, .. } = &method.access else {
        panic!("{:?}", method.access);
    };
    let AuthorizerKind::Lambda(lambda) = &authorizer.kind else {
        panic!("{authorizer:?}");
    };
    assert!(matches!(lambda.event, AuthorizerEvent::Token(None)) && lambda.ttl.is_zero());
    assert_eq!(lambda.identity, [IdentitySource::Header("X-Token".into())]);
}

#[test]
fn what_does_not_fit_together_is_refused_and_closed() {
    let custom = "AuthorizationType: CUSTOM\n      AuthorizerId: !Ref Guard";
    for (template, message) in [
        (
            parts("AuthorizationType: CUSTOM", FUNCTION),
            "needs an AuthorizerId",
        ),
        (
            parts(custom, POOL),
            "does not fit the kind of its authorizer",
        ),
        (
            parts(&custom.replace("!Ref Guard", "other"), FUNCTION),
            "AuthorizerId other is not an authorizer of this API",
        ),
        (
            parts("AuthorizerId: !Ref Guard", FUNCTION),
            "AuthorizerId and AuthorizationScopes are for",
        ),
        (
            parts(custom, &FUNCTION.replace("TOKEN", "MAGIC")),
            "invalid type magic",
        ),
    ] {
        refused(&template, message);
        let apis = load_with(&template, true).unwrap();
        assert_eq!(
            guard(&apis, "POST", "/prod/events/a"),
            "closed",
            "{message}"
        );
    }
}

#[test]
fn a_policy_of_a_template_is_read_or_closes_the_api() {
    let with = |policy: &str| {
        PARTS.replace(
            "Properties: {Name: parts}",
            &format!("Properties: {{Name: parts, Policy: {policy}}}"),
        )
    };
    let statement =
        "{Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*'}";
    let apis = load(&with(&format!(
        "{{Version: '2012-10-17', Statement: [{statement}]}}"
    )))
    .unwrap();
    let count = |policy: &Option<Policy>| policy.as_ref().unwrap().statements.len();
    assert_eq!(count(&apis.apis[0].policy), 1);
    let broken = with("{Version: '2012-10-17', Statement: [{Effect: Maybe}]}");
    refused(
        &broken,
        "the resource policy cannot be applied: Effect of a statement",
    );
    assert!(load_with(&broken, true).unwrap().apis[0].is_closed);
}

fn sam(auth: &str) -> String {
    format!(
        r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Auth: {auth}
      DefinitionBody:
        openapi: 3.0.1
        paths:
          /a:
            get: {{x-amazon-apigateway-integration: &mock {{type: mock, responses: {{default: {{statusCode: 200}}}}}}}}
            options: {{x-amazon-apigateway-integration: *mock}}
            put: {{security: [{{NONE: []}}], x-amazon-apigateway-integration: *mock}}
            post: {{security: [{{Pool: [x]}}], x-amazon-apigateway-integration: *mock}}
            delete: {{security: [], x-amazon-apigateway-integration: *mock}}
"#
    )
}

#[test]
fn sams_auth_guards_what_does_not_guard_itself() {
    let authorizers = "Authorizers: {Pool: {UserPoolArn: 'arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_A'}, Fn: {FunctionArn: 'arn:aws:lambda:eu-west-1:1:function:f', FunctionPayloadType: REQUEST, Identity: {Headers: [X-A], QueryStrings: [q], ReauthorizeEvery: 30}}}";
    let guards = |auth: &str| {
        let apis = load(&sam(auth)).unwrap();
        ["get", "options", "put", "post", "delete"]
            .map(|verb| guard(&apis, &verb.to_uppercase(), "/prod/a"))
    };
    let default = format!("{{DefaultAuthorizer: Fn, {authorizers}}}");
    assert_eq!(guards(&default), ["Fn ", "Fn ", "open", "Pool x", "open"]);
    let cors = format!(
        "{{DefaultAuthorizer: Fn, AddDefaultAuthorizerToCorsPreflight: false, {authorizers}}}"
    );
    assert_eq!(guards(&cors), ["Fn ", "open", "open", "Pool x", "open"]);
    let none = format!("{{{authorizers}}}");
    assert_eq!(guards(&none), ["open", "open", "open", "Pool x", "open"]);
    let iam = format!("{{DefaultAuthorizer: AWS_IAM, {authorizers}}}");
    assert_eq!(guards(&iam)[0], "iam");
    let wrong = sam("{DefaultAuthorizer: Nobody}");
    refused(&wrong, "DefaultAuthorizer Nobody is not in Authorizers");
    assert!(load_with(&wrong, true).unwrap().apis[0].is_closed);
}

#[test]
fn sams_resource_policy_becomes_a_policy() {
    let authorizers = "Authorizers: {Pool: {UserPoolArn: 'arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_A'}}";
    let auth = format!(
        "{{{authorizers}, ResourcePolicy: {{IpRangeWhitelist: [10.0.0.0/8], AwsAccountBlacklist: ['444455556666'], SourceVpcWhitelist: [vpc-1, vpce-1]}}}}"
    );
    let apis = load(&sam(&auth)).unwrap();
    let policy = apis.apis[0].policy.as_ref().unwrap();
    let denials = policy
        .statements
        .iter()
        .filter(|one| one.effect == crate::api::Effect::Deny);
    assert_eq!((policy.statements.len(), denials.count()), (4, 3));
}
