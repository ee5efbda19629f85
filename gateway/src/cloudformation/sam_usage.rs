//! `UsagePlan` in `Auth` of SAM's APIs: the plan and the key that SAM makes of it. Facts: the SAM
//! developer guide, "ApiUsagePlan".

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Node, OrCollect as _, Problem};

use super::kinds::SERVERLESS_API;
use super::usage::limits;
use crate::api::{ApiKey, PlanStage, Usage, UsagePlan};

/// Adds the plans and keys of all APIs.
pub(super) fn read(stack: &Stack, usage: &mut Usage, problems: &mut Vec<Problem>) {
    for declared in stack.of_kind(SERVERLESS_API) {
        let auth = declared.properties.get("Auth");
        let Some(node) = auth.and_then(|auth| auth.get("UsagePlan")) else {
            continue;
        };
        let Some((owner, plan)) = plan(declared, node, problems) else {
            continue;
        };
        // APIs that share a plan share its key.
        match usage.plans.iter_mut().find(|known| known.id == plan.id) {
            Some(known) => known.stages.extend(plan.stages),
            None => {
                usage.keys.push(ApiKey {
                    id: plan.keys[0].clone(),
                    name: format!("{owner}ApiKey"),
                    value: None,
                    is_enabled: true,
                });
                usage.plans.push(plan);
            }
        }
    }
}

/// The plan of one API, and whose it is: the API's, or that of all who share it.
fn plan(
    declared: &Declared,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<(String, UsagePlan)> {
    let label = format!("{}: Auth: UsagePlan", declared.label());
    let mut fields = node.fields(&label).or_collect(problems)?;
    let kind = fields.required("CreateUsagePlan");
    let owner = kind.and_then(|node| match node.text()? {
        "PER_API" => Ok(Some(declared.logical_id.clone())),
        "SHARED" => Ok(Some("Serverless".to_owned())),
        "NONE" => Ok(None),
        other => Err(node.problem(format!(
            "{label}: invalid CreateUsagePlan {other}: expected PER_API, SHARED or NONE"
        ))),
    });
    let owner = owner.or_collect(problems).flatten();
    let limits = limits("", &mut fields, problems);
    fields.ignore(&["UsagePlanName", "Description", "Tags"]);
    problems.extend(fields.finish());
    let owner = owner?;
    let stage = declared.properties.get("StageName");
    let plan = UsagePlan {
        id: format!("{owner}UsagePlan"),
        stages: vec![PlanStage {
            api: Some(declared.physical_id.clone()),
            stage: stage
                .and_then(|node| node.text().ok())
                .map(ToOwned::to_owned),
            methods: Vec::new(),
        }],
        keys: vec![format!("{owner}ApiKey")],
        ..limits
    };
    Some((owner, plan))
}
