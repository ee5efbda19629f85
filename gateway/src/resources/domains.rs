//! `AWS::ApiGateway::DomainName` and `BasePathMapping`.

use kit::cloudformation::Resource as Declared;
use kit::document::{Node, Problem};

use super::rest_api::refuse_private;
use crate::api::{Api, BasePathMapping};

pub(super) const DOMAIN: &str = "AWS::ApiGateway::DomainName";
pub(super) const MAPPING: &str = "AWS::ApiGateway::BasePathMapping";

/// A domain needs no entry of its own; only what it asks for is looked at. Certificates are the TLS proxy's.
pub(super) fn check(declared: &Declared, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    let mut fields = declared.fields()?;
    refuse_private(&declared.label(), fields.optional("EndpointConfiguration"), problems);
    fields.ignore(&["DomainName", "CertificateArn", "RegionalCertificateArn", "OwnershipVerificationCertificateArn"]);
    fields.ignore(&["SecurityPolicy", "Tags"]);
    fields.unsupported(&["MutualTlsAuthentication", "RoutingMode"]);
    problems.extend(fields.finish());
    Ok(())
}

/// The domain's name, and what one of its base paths leads to. `apis` are those that it may lead to.
pub(super) fn mapping(
    declared: &Declared,
    apis: &[Api],
    problems: &mut Vec<Problem>,
) -> Result<(String, BasePathMapping), Problem> {
    let mut fields = declared.fields()?;
    let domain = fields.required("DomainName")?.text()?.to_lowercase();
    let (api_id, stage) = (fields.required("RestApiId")?, fields.optional("Stage"));
    let base_path = match fields.optional("BasePath").map(Node::text).transpose()? {
        None | Some("(none)") => String::new(),
        Some(path) => path.trim_matches('/').to_owned(),
    };
    problems.extend(fields.finish());
    let label = declared.label();
    let api = apis.iter().find(|api| Ok(api.id.as_str()) == api_id.text());
    let api = api.ok_or_else(|| api_id.problem(format!("{label}: RestApiId is not an API of this template")))?;
    let stage = stage.map(|node| Ok((node, node.text()?))).transpose()?;
    if let Some((node, name)) = stage.filter(|(_, name)| api.stage(name).is_none()) {
        return Err(node.problem(format!("{label}: {} has no stage {name}", api.name)));
    }
    let stage = stage.map(|(_, name)| name.to_owned());
    Ok((domain, BasePathMapping { base_path, api_id: api.id.clone(), stage }))
}
