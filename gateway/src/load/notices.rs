//! Settings of stages that another setting of this program decides about, or that have no effect
//! here: named in the log when the definition is read, so that none is passed over in silence.

use crate::access_log::LogArgs;
use crate::api::{Api, Apis, LoggingLevel, MethodSetting, Stage};

/// A kind of setting without effect, or whose effect depends on a setting of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The property.
    pub property: &'static str,
    /// What becomes of it here.
    pub text: &'static str,
    /// The stages that have it, each with its API.
    pub stages: Vec<String>,
}

/// Logs a line for each kind of setting without effect, with the stages that have it.
pub(crate) fn report(apis: &Apis, logs: &LogArgs) {
    for Notice {
        property,
        text,
        stages,
    } in notices(apis, logs)
    {
        tracing::warn!("{property}: {text} (stage {})", stages.join(", "));
    }
}

/// The kinds of settings without effect that the stages of `apis` have.
pub fn notices(apis: &Apis, logs: &LogArgs) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut add = |property, is_meant: &dyn Fn(&Stage) -> bool, text| {
        let stages = stages(apis, is_meant);
        if !stages.is_empty() {
            notices.push(Notice {
                property,
                text,
                stages,
            });
        }
    };
    if logs.access_log.is_none() {
        let text = "its lines are written when --access-log names a file, or - for standard output";
        add(
            "AccessLogSetting",
            &|stage| stage.access_log.is_some(),
            text,
        );
    }
    if logs.execution_log.is_none() {
        let text = "execution logs are written when --execution-log names a file; the admin port \
                    shows those of single requests (POST /execution-log)";
        let is_on = |setting: &MethodSetting| {
            setting
                .logging
                .is_some_and(|level| level != LoggingLevel::Off)
        };
        add(
            "LoggingLevel",
            &|stage| stage.methods.0.iter().any(is_on),
            text,
        );
    }
    let text = "no segments are sent to X-Ray; X-Amzn-Trace-Id is passed on to backends and queues \
                as on AWS";
    add("TracingEnabled", &|stage| stage.is_traced, text);
    let text = "nothing is cached, because CacheClusterEnabled is not true";
    let caches = |setting: &MethodSetting| setting.caching == Some(true);
    let is_uncached = |stage: &Stage| !stage.has_cache && stage.methods.0.iter().any(caches);
    add("CachingEnabled", &is_uncached, text);
    let text = "canary and stage have the same deployment, for a definition holds one; only the \
                variables of the canary differ";
    add("CanarySetting", &|stage| stage.canary.is_some(), text);
    notices
}

/// The stages that are meant, each with its API.
fn stages(apis: &Apis, is_meant: impl Fn(&Stage) -> bool) -> Vec<String> {
    let of = |api: &Api| {
        let meant = api.stages.iter().filter(|stage| is_meant(stage));
        let names = meant.map(|stage| format!("{} of {}", stage.name, api.name));
        names.collect::<Vec<_>>()
    };
    apis.apis.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::MethodSettings;

    #[test]
    fn settings_without_effect_are_named_with_their_stages() {
        let stage = Stage {
            name: "prod".into(),
            is_traced: true,
            methods: MethodSettings(vec![MethodSetting {
                logging: Some(LoggingLevel::Info),
                caching: Some(true),
                ..MethodSetting::default()
            }]),
            ..Stage::default()
        };
        let api = Api {
            name: "orders".into(),
            stages: vec![Stage::default(), stage],
            ..Api::default()
        };
        let apis = Apis {
            apis: vec![api],
            ..Apis::default()
        };
        let first = |logs: &LogArgs| {
            let notices = notices(&apis, logs);
            assert!(notices.iter().all(|it| it.stages == ["prod of orders"]));
            notices.iter().map(|it| it.property).collect::<Vec<_>>()
        };
        let logs = LogArgs::default();
        assert_eq!(
            first(&logs),
            ["LoggingLevel", "TracingEnabled", "CachingEnabled"]
        );
        let logs = LogArgs {
            execution_log: Some("-".into()),
            ..logs
        };
        assert_eq!(first(&logs), ["TracingEnabled", "CachingEnabled"]);
    }
}
