//! `CanarySetting` of a stage, and `DeploymentCanarySettings` of a deployment:
//! `docs/aws/api-gateway.md#canary`.

use kit::document::{Node, OrCollect as _, Problem};

use crate::api::{Canary, Stage};

/// What a canary changes about its stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct CanarySetting {
    percent: f64,
    overrides: Vec<(String, String)>,
    uses_stage_cache: bool,
    deployment_id: Option<String>,
}

/// Reads a canary setting; `label` names its owner in messages.
pub(super) fn setting(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<CanarySetting> {
    let mut fields = node.fields(label).or_collect(problems)?;
    let percent = fields
        .optional("PercentTraffic")
        .map_or(Ok(0.0), percent)
        .or_collect(problems);
    let overrides = fields
        .optional("StageVariableOverrides")
        .map(Node::text_map)
        .transpose()
        .or_collect(problems);
    let uses_stage_cache = fields
        .optional("UseStageCache")
        .map_or(Ok(false), Node::boolean)
        .or_collect(problems);
    let deployment_id = fields
        .optional("DeploymentId")
        .map(Node::text)
        .transpose()
        .or_collect(problems);
    problems.extend(fields.finish());
    let overrides = overrides?.unwrap_or_default().into_iter();
    Some(CanarySetting {
        percent: percent?,
        overrides: overrides
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        uses_stage_cache: uses_stage_cache?,
        deployment_id: deployment_id?.map(ToOwned::to_owned),
    })
}

fn percent(node: &Node) -> Result<f64, Problem> {
    let number = node.text()?.trim().parse::<f64>().ok();
    number
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| node.problem("PercentTraffic must be a number from 0 to 100"))
}

impl CanarySetting {
    /// The setting of a deployment that is itself the canary.
    pub(super) fn deployed_as(self, deployment_id: &str) -> CanarySetting {
        CanarySetting {
            deployment_id: Some(deployment_id.to_owned()),
            ..self
        }
    }

    /// The canary of `stage`.
    pub(super) fn of(self, stage: &Stage) -> Canary {
        let mut own = Stage {
            canary: None,
            ..stage.clone()
        };
        own.variables.extend(self.overrides);
        own.deployment_id = self.deployment_id.unwrap_or(own.deployment_id);
        Canary {
            percent: self.percent,
            stage: Box::new(own),
            uses_stage_cache: self.uses_stage_cache,
        }
    }
}
