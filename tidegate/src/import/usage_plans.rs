//! Door: the usage plans of an API, with their keys, whose values AWS does not show unasked.

use kit::control_plane::{Question, RefusalKind};
use serde_json::{Map, Value, json};

use super::Importer;
use super::errors::Failure;
use super::parts::{camel, reference};

impl Importer {
    /// Imports the usage plans that hold stages of an API.
    pub(super) async fn usage_plans(
        &mut self,
        what: &str,
        api: &str,
        api_id: &str,
    ) -> Result<(), Failure> {
        let question = Question::api_gateway("/usageplans".to_owned()).with_query("limit", "500");
        let plans = match self.plane.list(question, "items").await {
            Ok(plans) => plans,
            Err(refusal) if refusal.kind == RefusalKind::NotFound => return Ok(()),
            Err(refusal) if refusal.is_about_all() => return Err(self.failure(what, &refusal)),
            Err(refusal) => {
                self.parts
                    .miss(format!("{what}: usage plans and API keys: {refusal}"));
                return Ok(());
            }
        };
        for plan in plans {
            let stages = plan["apiStages"].as_array().cloned().unwrap_or_default();
            let own: Vec<&Value> = stages
                .iter()
                .filter(|stage| stage["apiId"] == api)
                .collect();
            if !own.is_empty() {
                self.usage_plan(what, &plan, &own, api_id).await?;
            }
        }
        Ok(())
    }

    async fn usage_plan(
        &mut self,
        what: &str,
        plan: &Value,
        stages: &[&Value],
        api_id: &str,
    ) -> Result<(), Failure> {
        let (plan_id, name) = (text(plan, "id"), text(plan, "name"));
        let keys = self
            .listed(what, format!("/usageplans/{plan_id}/keys"))
            .await?;
        let id = self.parts.free_id(&format!("{}Plan", camel(&name)));
        self.parts.brought.push(format!("usage plan {name}"));
        self.parts.put(
            &id,
            "AWS::ApiGateway::UsagePlan",
            members(plan, stages, api_id),
        );
        for key in keys {
            let (key_id, is_new) = self.parts.begin("Key", &text(&key, "name"));
            if is_new {
                self.api_key(&text(&key, "name"), &key_id);
            }
            let link = self.parts.free_id(&format!("{id}{key_id}"));
            let members = json!({"KeyId": reference(&key_id), "KeyType": "API_KEY", "UsagePlanId": reference(&id)});
            let members = members.as_object().cloned().unwrap_or_default();
            self.parts
                .put(&link, "AWS::ApiGateway::UsagePlanKey", members);
        }
        Ok(())
    }

    fn api_key(&mut self, name: &str, id: &str) {
        self.parts.miss(format!(
            "API key {name}: its value is a secret: give it with --secret '{name}:ApiKey=…'"
        ));
        let value = format!("{{{{resolve:secretsmanager:{name}:SecretString:ApiKey}}}}");
        let members = json!({"Name": name, "Enabled": true, "Value": value});
        let members = members.as_object().cloned().unwrap_or_default();
        self.parts.put(id, "AWS::ApiGateway::ApiKey", members);
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// The properties of a usage plan, with the stages of one API.
fn members(plan: &Value, stages: &[&Value], api_id: &str) -> Map<String, Value> {
    let mut members = Map::from_iter([("UsagePlanName".to_owned(), plan["name"].clone())]);
    let stages = stages.iter().map(|stage| {
        let mut own = json!({"ApiId": reference(api_id), "Stage": stage["stage"]});
        if let Some(throttle) = stage.get("throttle").filter(|value| value.is_object()) {
            let methods = throttle.as_object().into_iter().flatten();
            own["Throttle"] = methods
                .map(|(name, value)| (name.clone(), limits(value)))
                .collect();
        }
        own
    });
    members.insert("ApiStages".to_owned(), stages.collect());
    for (own, property) in [("throttle", "Throttle"), ("quota", "Quota")] {
        if let Some(value) = plan.get(own).filter(|value| value.is_object()) {
            members.insert(property.to_owned(), limits(value));
        }
    }
    members
}

fn limits(value: &Value) -> Value {
    let members = value.as_object().into_iter().flatten();
    let members = members.filter(|(_, value)| !value.is_null());
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
    fn a_plan_is_spelt_as_in_templates() {
        let stage = json!({"apiId": "a1", "stage": "prod", "throttle": {"/a/POST": {"burstLimit": 1, "rateLimit": 2.0}}});
        let plan = json!({"id": "p", "name": "basic", "quota": {"limit": 10, "offset": 0, "period": "DAY"}, "throttle": null});
        let expected = json!({"UsagePlanName": "basic",
            "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": "prod", "Throttle": {"/a/POST": {"BurstLimit": 1, "RateLimit": 2.0}}}],
            "Quota": {"Limit": 10, "Offset": 0, "Period": "DAY"}});
        assert_eq!(Value::Object(members(&plan, &[&stage], "Api")), expected);
    }
}
