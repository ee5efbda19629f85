//! Door: an HTTP API by its id, as its export has it.

use kit::cloudformation::mark_physical_id;
use kit::control_plane::Question;
use kit::counted::counted;
use serde_json::{Map, Value, json};

use super::Importer;
use super::errors::Failure;
use super::parts::{camel, reference};
use super::rest_apis::methods_of;
use super::stages::Stages;

/// What `GetStages` shows that is a property of the resource; the members of those that are
/// mappings of settings begin with capitals there.
const OF_STAGE: [(&str, &str); 5] = [
    ("stageName", "StageName"),
    ("autoDeploy", "AutoDeploy"),
    ("stageVariables", "StageVariables"),
    ("defaultRouteSettings", "DefaultRouteSettings"),
    ("routeSettings", "RouteSettings"),
];

impl Importer {
    pub(super) async fn http_api(&mut self, id: &str, stage: Option<&str>) -> Result<(), Failure> {
        let what = format!("API {id}");
        let api = self
            .plane
            .ask(&Question::api_gateway(format!("/v2/apis/{id}")))
            .await;
        let api = api.map_err(|refusal| {
            self.failure(
                &format!("{what}: no REST API and no HTTP API has this id"),
                &refusal,
            )
        })?;
        if api["protocolType"] == "WEBSOCKET" {
            return Err(Failure::new(format!(
                "{what}: it is a WebSocket API, which does not run here"
            )));
        }
        let name = api["name"].as_str().unwrap_or(id).to_owned();
        let what = format!("HTTP API {name} ({id})");
        let listed = self.listed(&what, format!("/v2/apis/{id}/stages")).await?;
        let stages = Stages::choose(listed, stage);
        let stages = stages.map_err(|reason| Failure::new(format!("{what}: {reason}")))?;
        let mut question = Question::api_gateway(format!("/v2/apis/{id}/exports/OAS30"))
            .with_query("outputType", "JSON")
            .with_query("includeExtensions", "true");
        if let Some(stage) = &stages.chosen {
            question = question.with_query("stageName", stage);
        }
        let export = self.plane.ask(&question).await;
        let export = export.map_err(|refusal| self.failure(&what, &refusal))?;
        let methods = counted(methods_of(&export), "route");
        let api_id = self.parts.free_id(&format!("{}Api", camel(&name)));
        let mut members = Map::from_iter([("Body".to_owned(), export.clone())]);
        if api["disableExecuteApiEndpoint"] == true {
            members.insert("DisableExecuteApiEndpoint".to_owned(), json!(true));
        }
        self.parts.put(&api_id, "AWS::ApiGatewayV2::Api", members);
        mark_physical_id(&mut self.parts.resources[&api_id], id);
        for stage in &stages.kept {
            let stage_id = format!(
                "{api_id}{}",
                camel(stage["stageName"].as_str().unwrap_or_default())
            );
            let stage_id = self.parts.free_id(&stage_id);
            self.parts.put(
                &stage_id,
                "AWS::ApiGatewayV2::Stage",
                stage_members(stage, &api_id),
            );
        }
        let of_stage = stages.chosen.as_deref().unwrap_or("none");
        self.parts
            .brought
            .push(format!("{what}, stage {of_stage}, {methods}"));
        self.note_others(&what, &stages);
        self.queues_of(&what, &export).await
    }
}

fn stage_members(stage: &Value, api: &str) -> Map<String, Value> {
    let mut members = Map::from_iter([("ApiId".to_owned(), reference(api))]);
    for (own, property) in OF_STAGE {
        let Some(value) = stage.get(own).filter(|value| !value.is_null()) else {
            continue;
        };
        let value = match property {
            "DefaultRouteSettings" => capitals(value),
            "RouteSettings" => {
                let routes = value.as_object().into_iter().flatten();
                Value::Object(
                    routes
                        .map(|(route, value)| (route.clone(), capitals(value)))
                        .collect(),
                )
            }
            _ => value.clone(),
        };
        members.insert(property.to_owned(), value);
    }
    members
}

fn capitals(value: &Value) -> Value {
    let members = value.as_object().into_iter().flatten();
    Value::Object(
        members
            .map(|(name, value)| (camel(name), value.clone()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_stage_are_spelt_as_in_templates() {
        let stage = json!({"stageName": "$default", "autoDeploy": true, "stageVariables": {"queueUrl": "u"},
            "routeSettings": {"POST /a": {"throttlingRateLimit": 5.0}}, "defaultRouteSettings": {"detailedMetricsEnabled": false}});
        let expected = json!({"ApiId": {"Ref": "A"}, "StageName": "$default", "AutoDeploy": true,
            "StageVariables": {"queueUrl": "u"}, "DefaultRouteSettings": {"DetailedMetricsEnabled": false},
            "RouteSettings": {"POST /a": {"ThrottlingRateLimit": 5.0}}});
        assert_eq!(Value::Object(stage_members(&stage, "A")), expected);
    }
}
