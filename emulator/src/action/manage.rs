//! Create, find, list, change, purge and delete queues.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use kit::time::Timestamp;
use serde::Deserialize;

use super::caller::{Caller, Cooldowns};
use super::number::Number;
use super::output::Output;
use super::{queue_attributes, tags};
use crate::engine::{Attributes, Engine, QueueArn, limits};
use crate::fault::Fault;

/// Makes a queue, or finds the one that is there with the same attributes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CreateQueue {
    queue_name: Option<String>,
    attributes: BTreeMap<String, String>,
    #[serde(rename = "tags", alias = "Tags")]
    tags: BTreeMap<String, String>,
}

/// Asks for the URL of a queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetQueueUrl {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

/// Asks for the URLs of the caller's queues.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListQueues {
    queue_name_prefix: String,
    max_results: Option<Number>,
    next_token: Option<String>,
}

/// Asks for the URLs of the queues that send their dead letters to this one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListDeadLetterSourceQueues {
    queue_url: Option<String>,
    max_results: Option<Number>,
    next_token: Option<String>,
}

/// Asks for attributes of a queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetQueueAttributes {
    queue_url: Option<String>,
    attribute_names: Vec<String>,
}

/// Changes attributes of a queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SetQueueAttributes {
    queue_url: Option<String>,
    attributes: BTreeMap<String, String>,
}

/// Drops all messages of a queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PurgeQueue {
    queue_url: Option<String>,
}

/// Removes a queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeleteQueue {
    queue_url: Option<String>,
}

impl CreateQueue {
    pub(super) fn apply(
        mut self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let name = self
            .queue_name
            .take()
            .ok_or_else(|| Fault::missing("QueueName"))?;
        let arn = caller.own(&name);
        let answer = Output::QueueUrl {
            queue_url: caller.url(&arn),
        };
        if let Some(queue) = engine.find(&arn).and_then(|queue| engine.queue(queue)) {
            return match queue_attributes::first_difference(
                &queue.definition.attributes,
                &self.attributes,
            )? {
                Some(attribute) => Err(Fault::QueueNameExists { attribute }),
                None => Ok(answer),
            };
        }
        let attributes = self.attributes(engine, &arn)?;
        tags::check(&self.tags)?;
        if caller.cooldowns == Cooldowns::AsAws && engine.was_deleted_recently(now, &arn) {
            return Err(Fault::QueueDeletedRecently);
        }
        engine.create_queue(now, arn, attributes, self.tags);
        Ok(answer)
    }

    fn attributes(&self, engine: &Engine, arn: &QueueArn) -> Result<Attributes, Fault> {
        let invalid = |text: &str| Err(Fault::InvalidParameterValue(text.to_owned()));
        let asks_fifo = self
            .attributes
            .get("FifoQueue")
            .is_some_and(|value| queue_attributes::is_true(value));
        if asks_fifo && !(arn.is_fifo() && arn.has_valid_name()) {
            return invalid(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end \
                 with .fifo suffix and be 1 to 80 in length",
            );
        }
        if !asks_fifo && (arn.is_fifo() || !arn.has_valid_name()) {
            return invalid(
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
            );
        }
        let mut attributes = Attributes::new(asks_fifo);
        queue_attributes::set(&mut attributes, &self.attributes)?;
        check_redrive(engine, arn, &attributes)?;
        Ok(attributes)
    }
}

/// A dead-letter queue exists, is of the same region, account and type, and allows this source.
fn check_redrive(engine: &Engine, source: &QueueArn, attributes: &Attributes) -> Result<(), Fault> {
    let Some(redrive) = &attributes.redrive else {
        return Ok(());
    };
    let target = &redrive.target;
    let invalid = |reason: &str| {
        Err(Fault::invalid(
            "RedrivePolicy",
            format!(
                "{{\"deadLetterTargetArn\":\"{target}\",\"maxReceiveCount\":{}}}",
                redrive.max_receives
            ),
            reason,
        ))
    };
    if (&target.region, &target.account) != (&source.region, &source.account) {
        return invalid(
            "Dead letter target must be in the same region and account as the source queue.",
        );
    }
    let Some(queue) = engine.find(target).and_then(|queue| engine.queue(queue)) else {
        return invalid("Dead letter target does not exist.");
    };
    if target.is_fifo() != source.is_fifo() {
        return invalid("Dead-letter queue must be same type of queue as the source.");
    }
    if !queue.definition.attributes.allows_source(source) {
        return invalid(
            "The dead-letter queue's RedriveAllowPolicy does not allow this source queue.",
        );
    }
    Ok(())
}

impl GetQueueUrl {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        _now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let name = self.queue_name.ok_or_else(|| Fault::missing("QueueName"))?;
        let queue = caller.named(engine, self.owner, &name)?;
        let arn = &engine
            .queue(queue)
            .ok_or(Fault::QueueDoesNotExist)?
            .definition
            .arn;
        Ok(Output::QueueUrl {
            queue_url: caller.url(arn),
        })
    }
}

impl ListQueues {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        _now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let own = |arn: &&QueueArn| arn.region == caller.region && arn.account == caller.account;
        let names = engine
            .queues()
            .map(|queue| &queue.definition.arn)
            .filter(own);
        let names = names.filter(|arn| arn.name.starts_with(&self.queue_name_prefix));
        let (queue_urls, next_token) =
            page(names, self.max_results, self.next_token.as_deref(), caller)?;
        Ok(Output::Queues {
            queue_urls,
            next_token,
        })
    }
}

impl ListDeadLetterSourceQueues {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        _now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        let target = &engine
            .queue(queue)
            .ok_or(Fault::QueueDoesNotExist)?
            .definition
            .arn;
        let names = engine.dead_letter_sources(target);
        let (queue_urls, next_token) =
            page(names, self.max_results, self.next_token.as_deref(), caller)?;
        Ok(Output::DeadLetterSources {
            queue_urls,
            next_token,
        })
    }
}

/// One page of queue URLs; a token only when a page size was asked for and more exist. The token is
/// the last name.
fn page<'a>(
    names: impl Iterator<Item = &'a QueueArn>,
    most: Option<Number>,
    token: Option<&str>,
    caller: &Caller,
) -> Result<(Vec<String>, Option<String>), Fault> {
    let asked = most.map(|Number(most)| {
        usize::try_from(most)
            .ok()
            .filter(|most| (1..=limits::PAGE).contains(most))
    });
    if asked == Some(None) {
        let text = "Value for parameter MaxResults is invalid. Reason: Must be an integer value between 1 and 1000.";
        return Err(Fault::InvalidParameterValue(text.to_owned()));
    }
    let after = token.map(read_token).transpose()?.unwrap_or_default();
    let size = asked.flatten().unwrap_or(limits::PAGE);
    let mut names = names.filter(|arn| arn.name > after).peekable();
    let shown: Vec<&QueueArn> = names.by_ref().take(size).collect();
    let more = names.peek().is_some() && asked.is_some();
    let token = shown
        .last()
        .filter(|_| more)
        .map(|last| BASE64_URL_SAFE_NO_PAD.encode(&last.name));
    Ok((
        shown.into_iter().map(|arn| caller.url(arn)).collect(),
        token,
    ))
}

fn read_token(token: &str) -> Result<String, Fault> {
    let name = BASE64_URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|name| String::from_utf8(name).ok());
    name.ok_or_else(|| Fault::InvalidParameterValue("Invalid or expired next token.".to_owned()))
}

impl GetQueueAttributes {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        let counts = engine.counts(now, queue);
        let definition = &engine
            .queue(queue)
            .ok_or(Fault::QueueDoesNotExist)?
            .definition;
        let all = queue_attributes::list(definition, counts, |at| engine.shown(at));
        Ok(Output::Attributes {
            attributes: queue_attributes::select(all, &self.attribute_names)?,
        })
    }
}

impl SetQueueAttributes {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        if self.attributes.is_empty() {
            return Err(Fault::missing("Attributes"));
        }
        let definition = &engine
            .queue(queue)
            .ok_or(Fault::QueueDoesNotExist)?
            .definition;
        let mut attributes = definition.attributes.clone();
        queue_attributes::set(&mut attributes, &self.attributes)?;
        if self.attributes.contains_key("RedrivePolicy") {
            check_redrive(engine, &definition.arn, &attributes)?;
        }
        engine.change_queue(queue, |definition| {
            definition.attributes = attributes;
            definition.modified = now;
        });
        Ok(Output::Empty {})
    }
}

impl PurgeQueue {
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
        if caller.cooldowns == Cooldowns::AsAws
            && definition
                .purge
                .is_some_and(|purge| purge.at + limits::COOLDOWN > now)
        {
            return Err(Fault::PurgeQueueInProgress {
                queue: definition.arn.name.clone(),
            });
        }
        engine.purge(now, queue);
        Ok(Output::Empty {})
    }
}

impl DeleteQueue {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        engine.delete_queue(now, queue);
        Ok(Output::Empty {})
    }
}
