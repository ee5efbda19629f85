//! `AWS::ApiGateway::ApiKey`, `UsagePlan` and `UsagePlanKey`.

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::kinds::{API_KEY, USAGE_PLAN, USAGE_PLAN_KEY};
use crate::api::{ApiKey, PlanStage, Usage, UsagePlan};
use crate::usage::{key_value, method_throttles, quota, throttle};

/// Adds the keys and plans of a template.
pub(super) fn read(stack: &Stack, usage: &mut Usage, problems: &mut Vec<Problem>) {
    for declared in stack.of_kind(API_KEY) {
        key(declared, usage, problems);
    }
    for declared in stack.of_kind(USAGE_PLAN) {
        usage.plans.extend(plan(declared, problems));
    }
    for declared in stack.of_kind(USAGE_PLAN_KEY) {
        link(declared, usage, problems);
    }
}

fn key(declared: &Declared, usage: &mut Usage, problems: &mut Vec<Problem>) {
    let Some(mut fields) = declared.fields().or_collect(problems) else {
        return;
    };
    let name = fields
        .optional("Name")
        .map_or(Ok(declared.logical_id.as_str()), Node::text)
        .or_collect(problems);
    let value = fields.optional("Value").map(key_value).transpose();
    let value = value.or_collect(problems);
    let enabled = fields.optional("Enabled").map(Node::boolean).transpose();
    let enabled = enabled.or_collect(problems).flatten();
    let stages = fields.optional("StageKeys").map(Node::list).transpose();
    let stages = stages.or_collect(problems).flatten().unwrap_or_default();
    fields.ignore(&["CustomerId", "Description", "GenerateDistinctId", "Tags"]);
    problems.extend(fields.finish());
    let (Some(name), Some(value)) = (name, value) else {
        return;
    };
    let id = declared.physical_id.clone();
    let stages: Vec<PlanStage> = stages
        .iter()
        .filter_map(|node| stage_key(node, problems))
        .collect();
    if !stages.is_empty() {
        usage.plans.push(UsagePlan {
            id: format!("{id} (StageKeys)"),
            stages,
            keys: vec![id.clone()],
            ..UsagePlan::default()
        });
    }
    usage.keys.push(ApiKey {
        id,
        name: name.to_owned(),
        value,
        is_enabled: enabled.unwrap_or(false),
    });
}

/// A stage that a key is good for without a plan.
fn stage_key(node: &Node, problems: &mut Vec<Problem>) -> Option<PlanStage> {
    let mut fields = node.fields("StageKeys").or_collect(problems)?;
    let api = required(&mut fields, "RestApiId", problems);
    let stage = required(&mut fields, "StageName", problems);
    problems.extend(fields.finish());
    Some(PlanStage {
        api: Some(api?.to_owned()),
        stage: Some(stage?.to_owned()),
        methods: Vec::new(),
    })
}

fn plan(declared: &Declared, problems: &mut Vec<Problem>) -> Option<UsagePlan> {
    let mut fields = declared.fields().or_collect(problems)?;
    let stages = fields.optional("ApiStages").map(Node::list).transpose();
    let stages = stages.or_collect(problems).flatten().unwrap_or_default();
    let mut plan = limits(&declared.physical_id, &mut fields, problems);
    fields.ignore(&["UsagePlanName", "Description", "Tags"]);
    problems.extend(fields.finish());
    plan.stages = stages
        .iter()
        .filter_map(|node| api_stage(node, problems))
        .collect();
    Some(plan)
}

/// A plan with the `Throttle` and the `Quota` of these fields.
pub(super) fn limits(id: &str, fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> UsagePlan {
    let limit = fields.optional("Throttle");
    let limit = limit.and_then(|node| throttle(node, ["RateLimit", "BurstLimit"], problems));
    let quota = fields
        .optional("Quota")
        .and_then(|node| quota(node, ["Limit", "Period", "Offset"], problems));
    UsagePlan {
        id: id.to_owned(),
        throttle: limit,
        quota,
        ..UsagePlan::default()
    }
}

fn api_stage(node: &Node, problems: &mut Vec<Problem>) -> Option<PlanStage> {
    let mut fields = node.fields("ApiStages").or_collect(problems)?;
    let api = required(&mut fields, "ApiId", problems);
    let stage = required(&mut fields, "Stage", problems);
    let methods = fields.optional("Throttle");
    problems.extend(fields.finish());
    Some(PlanStage {
        api: Some(api?.to_owned()),
        stage: Some(stage?.to_owned()),
        methods: method_throttles(methods, ["RateLimit", "BurstLimit"], problems),
    })
}

fn link(declared: &Declared, usage: &mut Usage, problems: &mut Vec<Problem>) {
    let Some(mut fields) = declared.fields().or_collect(problems) else {
        return;
    };
    let key = required(&mut fields, "KeyId", problems);
    let plan = fields
        .required("UsagePlanId")
        .and_then(|node| Ok((node, node.text()?)))
        .or_collect(problems);
    fields.ignore(&["KeyType"]);
    problems.extend(fields.finish());
    let (Some(key), Some((node, id))) = (key, plan) else {
        return;
    };
    match usage.plans.iter_mut().find(|plan| plan.id == id) {
        Some(plan) => plan.keys.push(key.to_owned()),
        None => problems.push(node.problem(format!(
            "{}: UsagePlanId {id} is not a usage plan of this template",
            declared.label()
        ))),
    }
}

fn required<'n>(
    fields: &mut Fields<'n>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<&'n str> {
    let found = fields.required(name).and_then(Node::text);
    found.or_collect(problems)
}
