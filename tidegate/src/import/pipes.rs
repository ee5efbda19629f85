//! Door: a pipe, with what it reads and calls.

use kit::arn::Arn;
use kit::control_plane::Question;
use serde_json::Value;

use super::Importer;
use super::errors::Failure;
use super::parts::{arn_of, properties};

/// What `DescribePipe` shows that is a property of the resource.
const PROPERTIES: [&str; 11] = [
    "Name",
    "Description",
    "DesiredState",
    "RoleArn",
    "Source",
    "SourceParameters",
    "Enrichment",
    "EnrichmentParameters",
    "Target",
    "TargetParameters",
    "LogConfiguration",
];

impl Importer {
    /// Imports a pipe by its name, with its queues, API destinations and connections.
    pub(super) async fn pipe(&mut self, name: &str) -> Result<(), Failure> {
        let (id, is_new) = self.parts.begin("Pipe", name);
        if !is_new {
            return Ok(());
        }
        let what = format!("pipe {name}");
        let pipe = self.plane.ask(&Question::pipe(name)).await;
        let pipe = pipe.map_err(|refusal| self.failure(&what, &refusal))?;
        let own = pipe.get("Arn").or_else(|| pipe.get("Source"));
        self.parts
            .learn_account(own.and_then(Value::as_str).unwrap_or_default());
        let mut members = properties(&pipe, &PROPERTIES);
        self.parts.brought.push(what.clone());
        for member in ["Source", "Enrichment", "Target"] {
            let Some(arn) = members
                .get(member)
                .and_then(Value::as_str)
                .map(str::to_owned)
            else {
                continue;
            };
            if let Some(value) = self.leads_to(&what, member, &arn).await? {
                members.insert(member.to_owned(), value);
            }
        }
        self.parts.put(&id, "AWS::Pipes::Pipe", members);
        Ok(())
    }

    /// Imports what a pipe reads or calls; what the pipe refers to it by, if that is not its ARN.
    async fn leads_to(
        &mut self,
        pipe: &str,
        member: &str,
        text: &str,
    ) -> Result<Option<Value>, Failure> {
        let Some(arn) = Arn::parse(text) else {
            return Ok(None);
        };
        match (
            arn.service,
            arn.resource.split('/').collect::<Vec<_>>().as_slice(),
        ) {
            ("sqs", _) => Ok(self.queue_of(&arn, pipe).await?.map(|id| arn_of(&id))),
            ("events", ["api-destination", name, ..]) => {
                let id = self.destination(name, pipe).await?;
                Ok(Some(arn_of(&id)))
            }
            ("execute-api", [api, stage, ..]) => {
                self.parts.miss(format!(
                    "{pipe}: {member} is the API {api}: bring it with --api {api}/{stage}, or it is \
                     called on AWS"
                ));
                Ok(None)
            }
            (service, _) => {
                self.parts.miss(format!(
                    "{pipe}: {member} is of the service {service}, which is called on AWS or at \
                     {}",
                    kit::service::endpoint_variable(service)
                ));
                Ok(None)
            }
        }
    }
}
