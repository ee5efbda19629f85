//! Which stages of an API count: those with the deployment of the chosen one. Pure.

use serde_json::Value;

/// The stages of an API.
#[derive(Debug, PartialEq)]
pub(super) struct Stages {
    /// The one whose deployment counts; `None` for an API that has no stage.
    pub chosen: Option<String>,
    /// Those with its deployment.
    pub kept: Vec<Value>,
    /// The names of the others.
    pub others: Vec<String>,
}

fn name(stage: &Value) -> &str {
    stage["stageName"].as_str().unwrap_or_default()
}

impl Stages {
    /// Chooses among the stages of an API: `wanted`, else the one that was deployed last.
    ///
    /// # Errors
    /// There is no such stage; what there is instead.
    pub(super) fn choose(all: Vec<Value>, wanted: Option<&str>) -> Result<Stages, String> {
        let chosen = match wanted {
            Some(wanted) => all.iter().find(|stage| name(stage) == wanted),
            None => all.iter().max_by(|a, b| changed(a).total_cmp(&changed(b))),
        };
        let Some(chosen) = chosen else {
            return match wanted {
                Some(wanted) => Err(format!("no stage {wanted}: expected {}", listed(&all))),
                None => Ok(Stages {
                    chosen: None,
                    kept: Vec::new(),
                    others: Vec::new(),
                }),
            };
        };
        let (own, deployment) = (name(chosen).to_owned(), chosen["deploymentId"].clone());
        let is_same = |stage: &Value| name(stage) == own || stage["deploymentId"] == deployment;
        let (kept, others): (Vec<Value>, Vec<Value>) = all.into_iter().partition(is_same);
        Ok(Stages {
            chosen: Some(own),
            kept,
            others: others.iter().map(|stage| name(stage).to_owned()).collect(),
        })
    }
}

fn listed(stages: &[Value]) -> String {
    match stages {
        [] => "none: the API has no stage".to_owned(),
        stages => stages.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

/// When a stage was changed last. REST APIs say it in seconds, HTTP APIs in a text whose digits
/// sort by time.
fn changed(stage: &Value) -> f64 {
    match &stage["lastUpdatedDate"] {
        Value::Number(seconds) => seconds.as_f64().unwrap_or_default(),
        Value::String(text) => {
            let digits: String = text.chars().filter(char::is_ascii_digit).take(14).collect();
            digits.parse().unwrap_or_default()
        }
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn all() -> Vec<Value> {
        let stage = |name: &str, deployment: &str, date: Value| {
            let (id, changed) = (deployment, date);
            json!({"stageName": name, "deploymentId": id, "lastUpdatedDate": changed})
        };
        vec![
            stage("dev", "d2", json!(1_700_000_500.5)),
            stage("prod", "d1", json!(1_700_000_100)),
            stage("blue", "d1", json!(1_700_000_000)),
        ]
    }

    #[test]
    fn the_last_deployment_counts_unless_a_stage_is_named() {
        let names = |stages: &Stages| {
            stages
                .kept
                .iter()
                .map(|s| name(s).to_owned())
                .collect::<Vec<_>>()
        };
        let last = Stages::choose(all(), None).unwrap();
        assert_eq!(
            (last.chosen.as_deref(), names(&last)),
            (Some("dev"), vec!["dev".to_owned()])
        );
        assert_eq!(last.others, ["prod", "blue"]);
        let named = Stages::choose(all(), Some("prod")).unwrap();
        assert_eq!(
            (names(&named), named.others),
            (vec!["prod".into(), "blue".into()], vec!["dev".to_owned()])
        );
        assert_eq!(
            Stages::choose(all(), Some("x")).unwrap_err(),
            "no stage x: expected dev, prod, blue"
        );
        assert_eq!(Stages::choose(Vec::new(), None).unwrap().chosen, None);
        let text = |date: &str| json!({"lastUpdatedDate": date});
        assert!(
            changed(&text("2024-03-18T09:41:07Z")) < changed(&text("2024-03-18T10:00:00+00:00"))
        );
    }
}
