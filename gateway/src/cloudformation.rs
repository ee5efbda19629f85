//! `AWS::ApiGateway::*` and `AWS::ApiGatewayV2::*` resources of CloudFormation templates, and SAM's, to
//! [`Apis`]. One file for each type of resource.

mod authorizer;
mod canary;
mod content;
mod cors;
mod domain_name;
mod endpoint;
mod gateway_response;
mod http_api;
mod integration;
mod kinds;
mod membership;
mod method;
mod method_settings;
mod nodes;
mod resource_tree;
mod rest_api;
mod sam;
mod sam_auth;
mod sam_authorizer;
mod sam_events;
mod sam_policy;
mod sam_usage;
mod stage;
#[cfg(test)]
mod tests;
mod unsupported;
mod usage;
mod validation;
mod web_acl;

use kit::cloudformation::{Account, Stack};
use kit::document::Problem;

use crate::api::Apis;

/// Adds the APIs and domains of a stack to `apis`, and what is wrong with them to `problems`.
pub(crate) fn read_stack(
    stack: &Stack,
    account: Option<&Account>,
    apis: &mut Apis,
    problems: &mut Vec<Problem>,
) {
    for resource in stack.of_kind(kinds::REST_API) {
        apis.apis
            .extend(rest_api::read(stack, resource, account, problems));
    }
    for resource in stack.of_kind(kinds::SERVERLESS_API) {
        let Some((api, domain)) = sam::read(stack, resource, account, problems) else {
            continue;
        };
        apis.apis.push(api);
        if let Some((domain, mappings, mutual)) = domain {
            let mutual = mutual.map(|mutual| (domain.clone(), mutual));
            apis.mutual_tls.extend(mutual);
            apis.domains.entry(domain).or_default().extend(mappings);
        }
    }
    for kind in [kinds::V2_API, kinds::HTTP_API] {
        for resource in stack.of_kind(kind) {
            apis.apis
                .extend(http_api::read(stack, resource, account, problems));
        }
    }
    web_acl::refuse(stack, &mut apis.apis, problems);
    let domains = [kinds::DOMAIN_NAME, kinds::V2_DOMAIN_NAME].map(|kind| stack.of_kind(kind));
    let domains = domains.into_iter().flatten();
    let refused: Vec<String> = domains
        .filter_map(|resource| domain_name::check(resource, apis, problems))
        .collect();
    let mappings = [kinds::BASE_PATH_MAPPING, kinds::API_MAPPING].map(|kind| stack.of_kind(kind));
    for resource in mappings.into_iter().flatten() {
        let mapping = domain_name::mapping(resource, stack, &apis.apis, problems);
        if let Some((domain, mapping)) = mapping {
            apis.domains.entry(domain).or_default().push(mapping);
        }
    }
    // A host without base paths answers 403; one that is not known would answer for every API.
    let closed = refused.into_iter().map(|domain| (domain, Vec::new()));
    apis.domains.extend(closed);
    sam_events::report_orphans(stack, problems);
    http_api::report_orphans(stack, problems);
    usage::read(stack, &mut apis.usage, problems);
    sam_usage::read(stack, &mut apis.usage, problems);
    for resource in stack.of_kind(kinds::REQUEST_VALIDATOR) {
        validation::check_validator(resource, problems);
    }
    for resource in stack.all() {
        unsupported::report_unsupported(resource, problems);
        unsupported::report_orphan(stack, resource, problems);
    }
}
