//! Door: API destinations and connections.

use kit::control_plane::Question;
use serde_json::{Value, json};

use super::Importer;
use super::connections::{self, Described};
use super::errors::Failure;
use super::parts::{arn_of, properties};

/// What `DescribeApiDestination` shows that is a property of the resource.
const OF_DESTINATION: [&str; 5] = [
    "Name",
    "Description",
    "HttpMethod",
    "InvocationEndpoint",
    "InvocationRateLimitPerSecond",
];

impl Importer {
    /// Imports an API destination with its connection; its id in the template.
    pub(super) async fn destination(&mut self, name: &str, pipe: &str) -> Result<String, Failure> {
        let (id, is_new) = self.parts.begin("Destination", name);
        if !is_new {
            return Ok(id);
        }
        let what = format!("{pipe}: API destination {name}");
        let answer = self
            .described("AWSEvents.DescribeApiDestination", name, &what)
            .await?;
        let mut members = properties(&answer, &OF_DESTINATION);
        self.parts.brought.push(format!("API destination {name}"));
        let arn = answer
            .get("ConnectionArn")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if let Some(connection) = connection_name(arn) {
            let connection = self.connection(connection, &what).await?;
            members.insert("ConnectionArn".to_owned(), arn_of(&connection));
        }
        if let Some(api) = own_api(&members) {
            self.parts.miss(format!(
                "API destination {name}: it calls the API {api}: bring that with --api {api}, or it \
                 is called on AWS"
            ));
        }
        self.parts.put(&id, "AWS::Events::ApiDestination", members);
        Ok(id)
    }

    async fn connection(&mut self, name: &str, owner: &str) -> Result<String, Failure> {
        let (id, is_new) = self.parts.begin("Connection", name);
        if !is_new {
            return Ok(id);
        }
        let what = format!("{owner}: connection {name}");
        let answer = self
            .described("AWSEvents.DescribeConnection", name, &what)
            .await?;
        let Described {
            properties,
            missing,
        } = connections::described(name, &answer);
        self.parts.brought.push(format!("connection {name}"));
        missing.into_iter().for_each(|line| self.parts.miss(line));
        self.parts.put(&id, "AWS::Events::Connection", properties);
        Ok(id)
    }

    async fn described(
        &self,
        target: &'static str,
        name: &str,
        what: &str,
    ) -> Result<Value, Failure> {
        let question = Question::json("events", target, &json!({"Name": name}));
        let answer = self.plane.ask(&question).await;
        answer.map_err(|refusal| self.failure(what, &refusal))
    }
}

/// `arn:aws:events:eu-west-1:123456789012:connection/crm/0123…` is that of `crm`.
fn connection_name(arn: &str) -> Option<&str> {
    let (_, rest) = arn.split_once(":connection/")?;
    rest.split('/').next().filter(|name| !name.is_empty())
}

/// The API whose own host an API destination calls.
fn own_api(members: &serde_json::Map<String, Value>) -> Option<String> {
    let endpoint = members.get("InvocationEndpoint")?.as_str()?;
    let host = url::Url::parse(endpoint).ok()?.host_str()?.to_owned();
    let (id, rest) = host.split_once('.')?;
    rest.starts_with("execute-api.").then(|| id.to_owned())
}
