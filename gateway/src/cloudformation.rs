//! `AWS::ApiGateway::*` resources of CloudFormation templates, and SAM's `AWS::Serverless::Api`, to
//! [`Apis`]. One file for each type of resource.

mod canary;
mod content;
mod domain_name;
mod endpoint;
mod integration;
mod kinds;
mod membership;
mod method;
mod method_settings;
mod resource_tree;
mod rest_api;
mod sam;
mod stage;
#[cfg(test)]
mod tests;
mod unsupported;

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
        let Some((api, domains)) = sam::read(stack, resource, account, problems) else {
            continue;
        };
        apis.apis.push(api);
        for (domain, mapping) in domains {
            apis.domains.entry(domain).or_default().push(mapping);
        }
    }
    for resource in stack.of_kind(kinds::DOMAIN_NAME) {
        domain_name::check(resource, problems);
    }
    for resource in stack.of_kind(kinds::BASE_PATH_MAPPING) {
        let mapping = domain_name::mapping(resource, stack, &apis.apis, problems);
        if let Some((domain, mapping)) = mapping {
            apis.domains.entry(domain).or_default().push(mapping);
        }
    }
    for resource in stack.all() {
        unsupported::report_unsupported(resource, problems);
        unsupported::report_orphan(stack, resource, problems);
    }
}
