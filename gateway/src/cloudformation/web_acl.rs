//! Web ACLs that a template associates with stages: WAF stands in front of them on AWS, and nothing
//! does here.

use kit::cloudformation::{NotRun, Stack};
use kit::document::Problem;

use crate::api::Api;

/// Refuses the associations of a stack with stages of `apis`, and closes these stages for programs
/// that go on.
pub(super) fn refuse(stack: &Stack, apis: &mut [Api], problems: &mut Vec<Problem>) {
    for resource in &stack.not_run {
        let NotRun {
            logical_id, kind, ..
        } = resource;
        let Some((arn, place)) = &resource.protects else {
            continue;
        };
        let Some((id, stage)) = stage_of(arn) else {
            continue;
        };
        let Some(api) = apis.iter_mut().find(|api| api.id == id) else {
            continue;
        };
        let message = format!(
            "{logical_id} ({kind}): web ACLs are not supported: the stage {stage} of API {} would be served unguarded",
            api.name
        );
        problems.push(place.problem(message).tolerable());
        match api.stages.iter_mut().find(|known| known.name == stage) {
            Some(stage) => {
                stage.is_closed = true;
                stage.canary = None;
            }
            None => api.is_closed = true,
        }
    }
}

/// API and stage of `arn:aws:apigateway:{region}::/restapis/{api}/stages/{stage}`.
fn stage_of(arn: &str) -> Option<(&str, &str)> {
    let (_, path) = arn.split_once(":/restapis/")?;
    path.split_once("/stages/")
}
