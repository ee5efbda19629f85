//! Door: queues, with their dead-letter queues.

use kit::arn::Arn;
use kit::control_plane::{Question, Refusal};
use kit::definition::QUEUE_SETTINGS;
use serde_json::{Map, Value, json};

use super::Importer;
use super::errors::Failure;
use super::parts::{arn_of, reference};

/// The most dead-letter queues behind each other.
const DEPTH: usize = 10;

impl Importer {
    /// Imports a queue by its name; its id in the template.
    pub(super) async fn queue(&mut self, name: &str) -> Result<String, Failure> {
        let (first, is_new) = self.parts.begin("Queue", name);
        if !is_new {
            return Ok(first);
        }
        let mut behind = self.one_queue(name, &first).await?;
        for _ in 0..DEPTH {
            let Some(dead) = behind.take() else { break };
            let (id, is_new) = self.parts.begin("Queue", &dead);
            if is_new {
                behind = self.dead_letters(&dead, &id).await?;
            }
        }
        Ok(first)
    }

    /// Imports the dead-letter queue of another one. Of one that cannot be read, the name is all
    /// that is known.
    async fn dead_letters(&mut self, name: &str, id: &str) -> Result<Option<String>, Failure> {
        match self.one_queue(name, id).await {
            Err(failure) if failure.is_about_one() => {
                self.parts
                    .miss(format!("{failure}: it is made with SQS's defaults"));
                let mut members = Map::from_iter([("QueueName".to_owned(), json!(name))]);
                if name.ends_with(".fifo") {
                    members.insert("FifoQueue".to_owned(), json!(true));
                }
                self.parts.put(id, "AWS::SQS::Queue", members);
                Ok(None)
            }
            read => read,
        }
    }

    /// Imports the queue with this ARN, which `owner` uses; its id in the template. Of one that is
    /// elsewhere or cannot be read, the name is all that is known.
    pub(super) async fn queue_of(
        &mut self,
        arn: &Arn<'_>,
        owner: &str,
    ) -> Result<Option<String>, Failure> {
        let name = arn.name();
        if !self.parts.is_here(arn) {
            self.parts.miss(format!(
                "{owner}: the queue {name} is in the account {} and the region {}: up makes one with \
                 SQS's defaults",
                arn.account, arn.region
            ));
            return Ok(None);
        }
        match self.queue(name).await {
            Ok(id) => Ok(Some(id)),
            Err(failure) if failure.is_about_one() => {
                self.parts.release("Queue", name);
                self.parts.miss(format!(
                    "{owner}: {failure}: up makes one with SQS's defaults"
                ));
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Imports one queue; the name of its dead-letter queue.
    async fn one_queue(&mut self, name: &str, id: &str) -> Result<Option<String>, Failure> {
        let what = format!("queue {name}");
        let named = json!({"QueueName": name});
        let answer = self
            .plane
            .ask(&Question::json("sqs", "AmazonSQS.GetQueueUrl", &named))
            .await;
        let answer = answer.map_err(|refusal| self.failure(&what, &refusal))?;
        let asked = json!({"QueueUrl": answer["QueueUrl"], "AttributeNames": ["All"]});
        let question = Question::json("sqs", "AmazonSQS.GetQueueAttributes", &asked);
        let answer = self.plane.ask(&question).await;
        let answer = answer.map_err(|refusal| self.failure(&what, &refusal))?;
        let attributes = answer.get("Attributes").and_then(Value::as_object);
        let attributes = attributes.cloned().unwrap_or_default();
        let own = attributes
            .get("QueueArn")
            .and_then(Value::as_str)
            .unwrap_or_default();
        self.parts.learn_account(own);
        self.parts.brought.push(what.clone());
        let mut members = settings(name, &attributes);
        let dead = members
            .get("RedrivePolicy")
            .and_then(|policy| policy.get("deadLetterTargetArn"));
        let dead = dead.and_then(Value::as_str).map(str::to_owned);
        let dead = dead.and_then(|dead| {
            let arn = Arn::parse(&dead)?;
            self.parts.is_here(&arn).then(|| arn.name().to_owned())
        });
        if let Some(dead) = &dead {
            let dead_id = self.parts.id_of("Queue", dead);
            members["RedrivePolicy"]["deadLetterTargetArn"] = arn_of(&dead_id);
        }
        self.parts.put(id, "AWS::SQS::Queue", members);
        self.policy(id, &attributes);
        Ok(dead)
    }

    /// The policy of a queue, which is a resource of its own in a template.
    fn policy(&mut self, queue: &str, attributes: &Map<String, Value>) {
        let policy = attributes.get("Policy").and_then(Value::as_str);
        let policy = policy.and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let Some(policy) = policy.filter(Value::is_object) {
            let members = json!({"Queues": [reference(queue)], "PolicyDocument": policy});
            let id = self.parts.free_id(&format!("{queue}Policy"));
            let members = members.as_object().cloned().unwrap_or_default();
            self.parts.put(&id, "AWS::SQS::QueuePolicy", members);
        }
    }

    /// A failure about `what`.
    pub(super) fn failure(&self, what: &str, refusal: &Refusal) -> Failure {
        Failure::of(what, self.plane.region(), refusal)
    }
}

/// The properties of a queue, by its attributes.
fn settings(name: &str, attributes: &Map<String, Value>) -> Map<String, Value> {
    let mut members = Map::from_iter([("QueueName".to_owned(), json!(name))]);
    for setting in QUEUE_SETTINGS {
        let Some(value) = attributes.get(setting) else {
            continue;
        };
        let parsed = || serde_json::from_str(value.as_str()?).ok();
        let value = match setting.ends_with("Policy") {
            true => parsed().unwrap_or_else(|| value.clone()),
            false => value.clone(),
        };
        members.insert(setting.to_owned(), value);
    }
    members
}
