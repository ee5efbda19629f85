//! `AWS::ApiGateway::DomainName` and `BasePathMapping`, and their `AWS::ApiGatewayV2` forms
//! `DomainName` and `ApiMapping`, which REST APIs need for base paths of several levels.

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Node, OrCollect as _, Problem};

use super::endpoint::refuse_private;
use super::kinds;
use super::membership::is_declared;
use crate::api::{Api, Apis, BasePathMapping, MutualTls};

/// Reads the mutual TLS of a domain into `apis`, and checks it for settings that are not supported;
/// it is served by its base path mappings, and its certificate is a setting of the program. Returns
/// the name of a domain that cannot be guarded as it is declared.
pub(super) fn check(
    declared: &Declared,
    apis: &mut Apis,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let mut fields = declared.fields().or_collect(problems)?;
    // The second is that of `AWS::ApiGatewayV2::DomainName`.
    let configurations = ["EndpointConfiguration", "DomainNameConfigurations"];
    let configurations = configurations.map(|name| fields.optional(name));
    let is_private = configurations
        .into_iter()
        .any(|node| refuse_private(&declared.label(), node, problems));
    let name = fields
        .optional("DomainName")
        .and_then(|node| node.text().ok());
    let mutual = fields.optional("MutualTlsAuthentication");
    let mutual = mutual.map(|node| mutual_tls(&declared.label(), node, problems));
    let is_unreadable = mutual == Some(None);
    if let (Some(name), Some(Some(mutual))) = (name, mutual) {
        apis.mutual_tls.insert(name.to_lowercase(), mutual);
    }
    let is_guarded = is_private || is_unreadable;
    problems.extend(fields.finish());
    name.filter(|_| is_guarded).map(str::to_lowercase)
}

/// `MutualTlsAuthentication`.
pub(super) fn mutual_tls(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<MutualTls> {
    let owner = format!("{label}: MutualTlsAuthentication");
    let mut fields = node.fields(owner).or_collect(problems)?;
    let uri = fields.required("TruststoreUri").and_then(Node::text);
    let truststore = uri.or_collect(problems)?.to_owned();
    // Which version of the object is meant: the file that a setting names in its place has none.
    fields.ignore(&["TruststoreVersion"]);
    problems.extend(fields.finish());
    Some(MutualTls {
        truststore,
        place: node.place.to_string(),
    })
}

/// The name of a domain, and where one of its base paths leads among `apis`.
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
    let is_v2 = declared.kind == kinds::API_MAPPING;
    let (id_field, path_field) = if is_v2 {
        ("ApiId", "ApiMappingKey")
    } else {
        ("RestApiId", "BasePath")
    };
    let id = fields
        .required(id_field)
        .and_then(|node| Ok((node, node.text()?)))
        .or_collect(problems);
    let stage = fields
        .optional("Stage")
        .map(|node| Ok((node, node.text()?)))
        .transpose()
        .or_collect(problems);
    let base_path = fields
        .optional(path_field)
        .map(Node::text)
        .transpose()
        .or_collect(problems);
    problems.extend(fields.finish());
    let label = declared.label();
    let (node, id) = id?;
    let Some(api) = apis.iter().find(|api| api.id == id) else {
        // An API that is declared and could not be read is reported already.
        if !is_declared(stack, id) {
            problems.push(node.problem(format!(
                "{label}: {id_field} is not an API of this template"
            )));
        }
        return None;
    };
    let (stage, base_path) = (stage?, base_path?);
    if let Some((node, name)) = stage.filter(|(_, name)| api.stage(name).is_none()) {
        problems.push(node.problem(format!("{label}: API {} has no stage {name}", api.name)));
        return None;
    }
    let mapping = BasePathMapping {
        base_path: trimmed(base_path),
        api_id: api.id.clone(),
        stage: stage.map(|(_, name)| name.to_owned()),
    };
    Some((domain?.to_lowercase(), mapping))
}

/// A base path without slashes at its ends.
fn trimmed(base_path: Option<&str>) -> String {
    match base_path {
        None | Some("(none)") => String::new(),
        Some(path) => path.trim_matches('/').to_owned(),
    }
}
