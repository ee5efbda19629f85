//! A canary: the part of a stage's traffic that meets another deployment. See
//! `docs/aws/api-gateway.md#canary`.

use super::stage::Stage;

/// `CanarySetting` of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Canary {
    /// `PercentTraffic`: the share of requests, 0 to 100.
    pub percent: f64,
    /// The stage as those requests see it: with the canary's deployment id, and
    /// `StageVariableOverrides` over the stage's variables.
    pub stage: Box<Stage>,
    /// `UseStageCache`: whether those requests share the stage's cache.
    pub uses_stage_cache: bool,
}

impl Canary {
    /// The stage for a request that drew this number between 0 and 100; `None` for the stage's own
    /// deployment.
    pub fn chosen_by(&self, draw: f64) -> Option<&Stage> {
        (draw < self.percent).then_some(&*self.stage)
    }
}
