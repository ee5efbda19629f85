//! Door: an API of API Gateway by its id, with its stages.

use kit::control_plane::{Question, RefusalKind};
use kit::counted::counted;
use kit::definition::template_of;
use kit::document::Node;
use serde_json::{Value, json};

use super::Importer;
use super::errors::Failure;
use super::stages::Stages;
use super::texts;

/// What an API of no stage has beside its methods, and where; a form of a definition each.
const ASIDE: [&str; 3] = ["authorizers", "models", "requestvalidators"];

impl Importer {
    /// Imports a REST API or an HTTP API: `a1b2c3`, or `a1b2c3/prod` for the stage that counts.
    pub(super) async fn api(&mut self, given: &str) -> Result<(), Failure> {
        let (id, stage) = match given.split_once('/') {
            Some((id, stage)) => (id, Some(stage)),
            None => (given, None),
        };
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_id || stage == Some("") {
            return Err(Failure::new(format!(
                "invalid --api {given:?}: expected the id of an API, or ID/STAGE"
            )));
        }
        if !self.parts.is_first(&format!("API {id}")) {
            return Ok(());
        }
        let question = Question::api_gateway(format!("/restapis/{id}"));
        match self.plane.ask(&question).await {
            Ok(api) => self.rest_api(&api, id, stage).await,
            Err(refusal) if refusal.kind == RefusalKind::NotFound => self.http_api(id, stage).await,
            Err(refusal) => Err(self.failure(&format!("API {id}"), &refusal)),
        }
    }

    async fn rest_api(
        &mut self,
        api: &Value,
        id: &str,
        stage: Option<&str>,
    ) -> Result<(), Failure> {
        let name = api["name"].as_str().unwrap_or(id).to_owned();
        let what = format!("REST API {name} ({id})");
        let listed = self.listed(&what, format!("/restapis/{id}/stages")).await?;
        let stages = Stages::choose(listed, stage);
        let stages = stages.map_err(|reason| Failure::new(format!("{what}: {reason}")))?;
        let export = match &stages.chosen {
            Some(stage) => self.export(&what, id, stage).await?,
            None => None,
        };
        let mut documents = vec![api.clone()];
        if !stages.kept.is_empty() {
            documents.push(json!({"item": stages.kept}));
        }
        if export.is_none() {
            documents.extend(self.as_edited(&what, id).await?);
        }
        let made =
            template(&documents).map_err(|reason| Failure::new(format!("{what}: {reason}")))?;
        let methods = match &export {
            Some(export) => methods_of(export),
            None => made
                .values()
                .filter(|one| one["Type"] == "AWS::ApiGateway::Method")
                .count(),
        };
        let api_id = self.parts.put_all(&super::parts::camel(&name), made, "Api");
        if let Some(export) = &export {
            self.parts.resources[&api_id]["Properties"]["Body"] = export.clone();
        }
        let of_stages = match (&stages.chosen, &export) {
            (Some(chosen), Some(_)) => format!("stage {chosen}"),
            (Some(chosen), None) => format!("stage {chosen}, as it is edited"),
            (None, _) => "no stage: as it is edited, not as it is deployed".to_owned(),
        };
        self.parts.brought.push(format!(
            "{what}, {of_stages}, {}",
            counted(methods, "method")
        ));
        self.note_others(&what, &stages);
        let all = export.unwrap_or_else(|| self.parts.resources.clone().into());
        self.queues_of(&what, &all).await?;
        self.usage_plans(&what, id, &api_id).await
    }

    /// The document of what is deployed to a stage; nothing where the service does not give it,
    /// which is noted.
    pub(super) async fn export(
        &mut self,
        what: &str,
        id: &str,
        stage: &str,
    ) -> Result<Option<Value>, Failure> {
        let path = format!("/restapis/{id}/stages/{stage}/exports/oas30");
        let question = Question::api_gateway(path).with_query("extensions", "apigateway");
        match self.plane.ask(&question).await {
            Ok(export) if methods_of(&export) > 0 => Ok(Some(export)),
            Ok(_) => {
                self.parts.miss(format!(
                    "{what}: the export of the stage {stage} has no integration, the API is as it is edited"
                ));
                Ok(None)
            }
            Err(refusal) if refusal.is_about_all() => Err(self.failure(what, &refusal)),
            Err(refusal) => {
                self.parts.miss(format!(
                    "{what}: the export of the stage {stage} cannot be read, the API is as it is edited: {refusal}"
                ));
                Ok(None)
            }
        }
    }

    /// The API as it is edited: what `get-resources` and its like show.
    async fn as_edited(&mut self, what: &str, id: &str) -> Result<Vec<Value>, Failure> {
        let question = Question::api_gateway(format!("/restapis/{id}/resources"))
            .with_query("embed", "methods")
            .with_query("limit", "500");
        let resources = self.plane.list(question, "items").await;
        let resources = resources.map_err(|refusal| self.failure(what, &refusal))?;
        let mut documents = vec![json!({"items": resources})];
        for kind in ASIDE {
            let question = Question::api_gateway(format!("/restapis/{id}/{kind}"));
            let listed = self
                .plane
                .list(question.with_query("limit", "500"), "items")
                .await;
            match listed {
                Ok(items) if items.is_empty() => {}
                Ok(items) => documents.push(json!({"items": items})),
                // An API without any may have no such list at all.
                Err(refusal) if refusal.kind == RefusalKind::NotFound => {}
                Err(refusal) if refusal.is_about_all() => {
                    return Err(self.failure(what, &refusal));
                }
                Err(refusal) => self.parts.miss(format!("{what}: {kind}: {refusal}")),
            }
        }
        Ok(documents)
    }

    pub(super) async fn listed(&self, what: &str, path: String) -> Result<Vec<Value>, Failure> {
        let listed = self.plane.list(Question::api_gateway(path), "item").await;
        listed.map_err(|refusal| self.failure(what, &refusal))
    }

    pub(super) fn note_others(&mut self, what: &str, stages: &Stages) {
        let Some(chosen) = &stages.chosen else { return };
        if !stages.others.is_empty() {
            let others = stages.others.join(", ");
            self.parts.miss(format!(
                "{what}: the stages {others} have other deployments than {chosen}: bring one of them \
                 instead with --api ID/STAGE"
            ));
        }
    }

    /// Imports the queues that an API sends to.
    pub(super) async fn queues_of(&mut self, what: &str, document: &Value) -> Result<(), Failure> {
        for queue in texts::queues(document) {
            let region = self.plane.region().to_owned();
            let arn = format!("arn:aws:sqs:{region}:{}:{}", queue.account, queue.name);
            self.parts.learn_account(&arn);
            if let Some(arn) = kit::arn::Arn::parse(&arn) {
                self.queue_of(&arn, what).await?;
            }
        }
        Ok(())
    }
}

/// The resources of the template that these documents of API Gateway make.
fn template(documents: &[Value]) -> Result<serde_json::Map<String, Value>, String> {
    let parsed = documents
        .iter()
        .map(|document| Node::parse("API Gateway", &document.to_string()));
    let parsed: Result<Vec<Node>, _> = parsed.collect();
    let parsed = parsed.map_err(|problem| problem.to_string())?;
    let made = template_of(parsed).map_err(|problem| problem.to_string())?;
    let made = made.first().map(Node::to_json).unwrap_or_default();
    let resources = made.get("Resources").and_then(Value::as_object);
    resources
        .cloned()
        .ok_or_else(|| "the answers describe no API".to_owned())
}

/// How many methods an OpenAPI document has.
pub(super) fn methods_of(export: &Value) -> usize {
    let paths = export["paths"].as_object().into_iter().flatten();
    let operations = paths.filter_map(|(_, path)| path.as_object()).flatten();
    operations
        .filter(|(_, operation)| operation.get("x-amazon-apigateway-integration").is_some())
        .count()
}
