//! Definitions that are read leniently: what guards something and cannot be done closes it.

use super::*;
use crate::api::{Access, Api, EndpointType};

/// The only API of a definition that is refused with `message`, read leniently.
fn tolerated(template: &str, message: &str) -> Apis {
    refused(template, message);
    load_with(template, true).unwrap()
}

fn only(apis: &Apis) -> &Api {
    assert_eq!(apis.apis.len(), 1);
    &apis.apis[0]
}

#[test]
fn a_web_acl_that_stands_in_front_of_a_stage_is_refused() {
    let association = |kind: &str, arn: &str| {
        format!(
            "{PARTS}  Acl: {{Type: {kind}, Properties: {{WebACLArn: !GetAtt Rules.Arn, ResourceArn: {arn}}}}}\n"
        )
    };
    let arn = "!Sub 'arn:aws:apigateway:${AWS::Region}::/restapis/${Api}/stages/prod'";
    for kind in [
        "AWS::WAFv2::WebACLAssociation",
        "AWS::WAFRegional::WebACLAssociation",
    ] {
        let apis = tolerated(
            &association(kind, arn),
            &format!("Acl ({kind}): web ACLs are not supported"),
        );
        assert!(only(&apis).stages[0].is_closed);
    }
    let kind = "AWS::WAFv2::WebACLAssociation";
    for elsewhere in [
        "arn:aws:apigateway:eu-west-1::/restapis/other/stages/prod",
        "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/b",
        "!GetAtt Balancer.Arn",
    ] {
        let apis = load(&association(kind, elsewhere)).unwrap();
        assert!(!only(&apis).stages[0].is_closed, "{elsewhere}");
    }
}

#[test]
fn what_narrows_a_stage_or_an_api_is_kept_for_what_guards_it() {
    let with = "StageName: prod, StageDescription: {ClientCertificateId: c}";
    let apis = load(&PARTS.replace("StageName: prod", with)).unwrap();
    assert_eq!(
        only(&apis).stages[0].client_certificate.as_deref(),
        Some("c")
    );
    for configuration in [
        "EndpointConfiguration: {Types: [PRIVATE], VpcEndpointIds: [vpce-1]}",
        "Parameters: {endpointConfigurationTypes: PRIVATE}",
    ] {
        let private = PARTS.replace(
            "Properties: {Name: parts}",
            &format!("Properties: {{Name: parts, {configuration}}}"),
        );
        let apis = load(&private).unwrap();
        assert_eq!(only(&apis).endpoint_type, EndpointType::Private);
    }
}

#[test]
fn a_method_that_cannot_be_guarded_is_closed() {
    let guarded = PARTS.replace("AuthorizationType: NONE", "AuthorizationType: SECRET");
    let apis = tolerated(&guarded, "authorization type SECRET");
    let mut methods = only(&apis).resources.iter().flat_map(|r| &r.methods);
    assert!(methods.any(|(_, method)| matches!(method.access, Access::Closed)));
}

/// An unknown host would answer for every API.
#[test]
fn a_domain_that_cannot_be_guarded_answers_nobody() {
    let text = format!(
        "{PARTS}  D: {{Type: AWS::ApiGateway::DomainName, Properties: {{DomainName: D.example, EndpointConfiguration: {{Types: [PRIVATE]}}}}}}\n  M: {{Type: AWS::ApiGateway::BasePathMapping, Properties: {{DomainName: d.example, RestApiId: !Ref Api, Stage: prod}}}}\n"
    );
    let apis = tolerated(&text, "private custom domains are not supported");
    let route = crate::stage::route(&apis, "d.example", &http::Method::POST, "/events/a");
    assert_eq!(route.unwrap_err(), crate::stage::NoRoute::Forbidden);
}
