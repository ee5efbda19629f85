//! Which plan a key is good for a stage by. Core.

use std::collections::HashMap;

use crate::api::{ApiKey, KeyDigest, PlanStage, Usage, UsagePlan};

/// The keys and plans of a definition, to be looked up.
#[derive(Debug, Default)]
pub(super) struct Plans {
    usage: Usage,
    /// The index of a key by its value's digest.
    by_value: HashMap<KeyDigest, usize>,
}

impl Plans {
    /// All keys must have their values; one without is good for nothing.
    pub(super) fn new(usage: Usage) -> Plans {
        let keys = usage.keys.iter().enumerate();
        let by_value = keys
            .filter_map(|(index, key)| Some((key.value?, index)))
            .collect();
        Plans { usage, by_value }
    }

    /// The key with this value, if it is enabled.
    pub(super) fn key(&self, value: &str) -> Option<&ApiKey> {
        let index = self.by_value.get(&KeyDigest::of(value))?;
        self.usage.keys.get(*index).filter(|key| key.is_enabled)
    }

    /// The plan by which a key is good for a stage, and what it says of that stage.
    pub(super) fn plan(
        &self,
        key: &ApiKey,
        api_id: &str,
        api_name: &str,
        stage: &str,
    ) -> Option<(&UsagePlan, &PlanStage)> {
        let plans = self.usage.plans.iter();
        plans
            .filter(|plan| plan.keys.contains(&key.id))
            .find_map(|plan| {
                let mut stages = plan.stages.iter();
                let found = stages.find(|own| own.is(api_id, api_name, stage))?;
                Some((plan, found))
            })
    }

    /// Whether any plan has a quota.
    pub(super) fn have_quotas(&self) -> bool {
        self.usage.plans.iter().any(|plan| plan.quota.is_some())
    }

    /// Whether there is any key.
    pub(super) fn have_keys(&self) -> bool {
        !self.usage.keys.is_empty()
    }
}
