//! `AWS::ApiGateway::DomainName` and `BasePathMapping`.

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Node, OrCollect as _, Problem};

use super::is_declared;
use super::rest_api::refuse_private;
use crate::api::{Api, BasePathMapping};

pub(super) const DOMAIN: &str = "AWS::ApiGateway::DomainName";
pub(super) const MAPPING: &str = "AWS::ApiGateway::BasePathMapping";

/// A domain needs no entry of its own; only what it asks for is looked at. Certificates are the TLS
/// proxy's.
pub(super) fn check(declared: &Declared, problems: &mut Vec<Problem>) {
    let Some(mut fields) = declared.fields().or_collect(problems) else {
        return;
    };
    refuse_private(
        &declared.label(),
        fields.optional("EndpointConfiguration"),
        problems,
    );
    fields.ignore(&[
        "DomainName",
        "CertificateArn",
        "RegionalCertificateArn",
        "OwnershipVerificationCertificateArn",
    ]);
    fields.ignore(&["SecurityPolicy", "Tags"]);
    fields.unsupported(&["MutualTlsAuthentication", "RoutingMode"]);
    problems.extend(fields.finish());
}

/// The domain's name, and what one of its base paths leads to. `apis` are those that it may lead
/// to.
pub(super) fn mapping(
    declared: &Declared,
    stack: &Stack,
    apis: &[Api],
    problems: &mut Vec<Problem>,
) -> Option<(String, BasePathMapping)> {
    let mut fields = declared.fields().or_collect(problems)?;
    let domain = fields
        .required("DomainName")
        .and_then(Node::text)
        .or_collect(problems);
    let id = fields
        .required("RestApiId")
        .and_then(|node| Ok((node, node.text()?)))
        .or_collect(problems);
    let stage = fields
        .optional("Stage")
        .map(|node| Ok((node, node.text()?)))
        .transpose()
        .or_collect(problems);
    let base_path = fields
        .optional("BasePath")
        .map(Node::text)
        .transpose()
        .or_collect(problems);
    problems.extend(fields.finish());
    let label = declared.label();
    let (node, id) = id?;
    let Some(api) = apis.iter().find(|api| api.id == id) else {
        // One that is declared and could not be read has been told.
        if !is_declared(stack, id) {
            problems
                .push(node.problem(format!("{label}: RestApiId is not an API of this template")));
        }
        return None;
    };
    let (stage, base_path) = (stage?, base_path?);
    if let Some((node, name)) = stage.filter(|(_, name)| api.stage(name).is_none()) {
        problems.push(node.problem(format!("{label}: {} has no stage {name}", api.name)));
        return None;
    }
    let base_path = match base_path {
        None | Some("(none)") => String::new(),
        Some(path) => path.trim_matches('/').to_owned(),
    };
    let stage = stage.map(|(_, name)| name.to_owned());
    Some((
        domain?.to_lowercase(),
        BasePathMapping {
            base_path,
            api_id: api.id.clone(),
            stage,
        },
    ))
}
