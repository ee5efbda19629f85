//! AddPermission and RemovePermission: statements of the queue's `Policy` attribute, which is kept
//! and not enforced.

use kit::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;
use super::output::Output;
use crate::engine::{Engine, QueueDefinition};
use crate::fault::Fault;

/// Lets other accounts use the queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AddPermission {
    queue_url: Option<String>,
    label: String,
    #[serde(rename = "AWSAccountIds")]
    accounts: Vec<String>,
    actions: Vec<String>,
}

/// Takes a permission back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RemovePermission {
    queue_url: Option<String>,
    label: String,
}

/// The actions that a permission can name.
const ACTIONS: &[&str] = &[
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
];
const MOST_ACTIONS: usize = 7;
const MOST_STATEMENTS: usize = 20;
const MOST_PRINCIPALS: usize = 50;

impl AddPermission {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        self.check()?;
        let definition = &engine
            .queue(queue)
            .ok_or(Fault::QueueDoesNotExist)?
            .definition;
        let mut policy = read_policy(definition);
        let statements = statements(&mut policy);
        if statements
            .iter()
            .any(|statement| statement["Sid"] == self.label.as_str())
        {
            return Err(Fault::invalid("Label", &self.label, "Already exists."));
        }
        if statements.len() >= MOST_STATEMENTS {
            let text = format!(
                "{MOST_STATEMENTS} statements are in the policy already, which is the maximum."
            );
            return Err(Fault::OverLimit(text));
        }
        let accounts = self
            .accounts
            .iter()
            .map(|account| json!(format!("arn:aws:iam::{account}:root")))
            .collect();
        let actions = self
            .actions
            .iter()
            .map(|action| json!(format!("SQS:{action}")))
            .collect();
        statements.push(json!({
            "Sid": self.label,
            "Effect": "Allow",
            "Principal": {"AWS": one_or_many(accounts)},
            "Action": one_or_many(actions),
            "Resource": definition.arn.to_string(),
        }));
        engine.change_queue(queue, |definition| {
            definition.attributes.policy = Some(policy.to_string());
            definition.modified = now;
        });
        Ok(Output::Empty {})
    }

    fn check(&self) -> Result<(), Fault> {
        for (name, missing) in [
            ("Label", self.label.is_empty()),
            ("AWSAccountIds", self.accounts.is_empty()),
            ("Actions", self.actions.is_empty()),
        ] {
            if missing {
                return Err(Fault::missing(name));
            }
        }
        if !is_label(&self.label) {
            let reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
            return Err(Fault::invalid("Label", &self.label, reason));
        }
        if self.accounts.len() > MOST_PRINCIPALS {
            let count = self.accounts.len();
            return Err(Fault::OverLimit(format!(
                "{count} principals were found, maximum allowed is {MOST_PRINCIPALS}."
            )));
        }
        if self.actions.len() > MOST_ACTIONS {
            let count = self.actions.len();
            return Err(Fault::OverLimit(format!(
                "{count} Actions were found, maximum allowed is {MOST_ACTIONS}."
            )));
        }
        match self
            .actions
            .iter()
            .find(|action| !ACTIONS.contains(&action.as_str()))
        {
            None => Ok(()),
            Some(unknown) => {
                let reason = "Please refer to the appropriate WSDL for a list of valid actions. ";
                Err(Fault::invalid(
                    "ActionName",
                    format!("SQS:{unknown}"),
                    reason,
                ))
            }
        }
    }
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=80).contains(&label.len()) && label.bytes().all(plain)
}

impl RemovePermission {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        let definition = &engine
            .queue(queue)
            .ok_or(Fault::QueueDoesNotExist)?
            .definition;
        let mut policy = read_policy(definition);
        let statements = statements(&mut policy);
        let count = statements.len();
        statements.retain(|statement| statement["Sid"] != self.label.as_str());
        if statements.len() == count {
            return Err(Fault::invalid("Label", &self.label, "can't find label."));
        }
        let rest = (!statements.is_empty()).then(|| policy.to_string());
        engine.change_queue(queue, |definition| {
            definition.attributes.policy = rest;
            definition.modified = now;
        });
        Ok(Output::Empty {})
    }
}

/// The queue's policy, or an empty one as SQS begins it.
fn read_policy(definition: &QueueDefinition) -> Value {
    let known = definition
        .attributes
        .policy
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    known.filter(Value::is_object).unwrap_or_else(|| {
        json!({
            "Version": "2008-10-17",
            "Id": format!("{}/SQSDefaultPolicy", definition.arn),
            "Statement": [],
        })
    })
}

/// The statements of a policy, which is an object; a single statement becomes a list of one.
fn statements(policy: &mut Value) -> &mut Vec<Value> {
    let entry = &mut policy["Statement"];
    if !entry.is_array() {
        let single = entry.take();
        *entry = if single.is_null() {
            json!([])
        } else {
            json!([single])
        };
    }
    entry.as_array_mut().expect("it was made an array just now")
}

fn one_or_many(mut values: Vec<Value>) -> Value {
    if values.len() == 1 {
        values.remove(0)
    } else {
        Value::Array(values)
    }
}
