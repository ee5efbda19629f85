//! One message through a pipe without sending anything: the filter's verdict with its reason, the
//! event, and the requests to enrichment and target.
//!
//! Plan: `tidegate invoke` shows it. Credentials are not added to the requests, and what may be a
//! key in an endpoint's URL is hidden.

#[cfg(test)]
mod tests;

use kit::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::definition::{EnrichmentTarget, Pipe, Target};
use crate::event::Event;
use crate::targets::{Program, QueueTarget, check_json, plan};
use crate::transform::{BodyFormat, Transform, body};

/// What a pipe does with one message.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The pipe.
    pub pipe: String,
    /// The record that the filter sees, its body as text.
    pub record: Value,
    /// Why the record does not pass the filter; empty when it passes.
    pub misses: Vec<String>,
    /// What is sent to the enrichment, where the pipe has one.
    pub enrichment: Option<Invocation>,
    /// The events for the target, and what is sent for each. Empty when the filter or the enrichment
    /// leaves none, and when the enrichment's answer is needed and not known.
    pub deliveries: Vec<EventInvocation>,
    /// Whether the way ends because nobody knows the enrichment's answer.
    pub needs_answer: bool,
}

/// One event and what is sent for it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct EventInvocation {
    /// The event.
    pub event: String,
    /// What is sent to the target.
    pub target: Invocation,
}

/// What is sent to a target or an enrichment.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Invocation {
    /// The ARN of what is invoked.
    pub arn: String,
    /// What the input template made, or the event.
    pub body: Option<String>,
    /// The request, without credentials. A message for a queue is shown by its members.
    pub request: Option<String>,
    /// Why nothing can be sent.
    pub failure: Option<String>,
}

/// The message cannot be in a queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body of the message is empty: SQS takes a message with one character at least")]
pub struct EmptyBody;

/// Takes an event through a pipe at `now`. `answer` is what the enrichment would answer.
///
/// # Errors
/// The message's body is empty.
pub fn test_invoke(
    pipe: &Pipe,
    event: Event,
    answer: Option<&[u8]>,
    now: Timestamp,
) -> Result<Outcome, EmptyBody> {
    if event.body() == Some("") {
        return Err(EmptyBody);
    }
    let misses = pipe.filter.misses(&event);
    let mut outcome = Outcome {
        pipe: pipe.name.clone(),
        record: event.value().clone(),
        misses: misses.iter().map(ToString::to_string).collect(),
        ..Outcome::default()
    };
    if !outcome.misses.is_empty() {
        return Ok(outcome);
    }
    let id = event.value()["messageId"].as_str().unwrap_or_default();
    let id = id.to_owned();
    let planner = Planner { pipe, id: &id, now };
    let events = match &pipe.enrichment {
        None => vec![event],
        Some(enrichment) => {
            let format = enrichment.target.body_format();
            let arn = pipe.names.enrichment_arn.clone();
            let request =
                |event: &Event, body: &str| planner.enrich(&enrichment.target, event, body);
            let template = enrichment.input.as_ref();
            outcome.enrichment = Some(planner.invoke(arn, template, format, &event, request));
            outcome.needs_answer = answer.is_none();
            answer.map(Event::from_answer).unwrap_or_default()
        }
    };
    outcome.deliveries = events.iter().map(|event| planner.deliver(event)).collect();
    Ok(outcome)
}

/// What both stages of an execution need.
struct Planner<'a> {
    pipe: &'a Pipe,
    /// The message's id.
    id: &'a str,
    now: Timestamp,
}

impl Planner<'_> {
    fn deliver(&self, event: &Event) -> EventInvocation {
        let target = &self.pipe.target;
        let arn = self.pipe.names.target_arn.clone();
        let request = |event: &Event, body: &str| self.send(target, event, body);
        let template = self.pipe.input.as_ref();
        EventInvocation {
            event: event.text(),
            target: self.invoke(arn, template, target.body_format(), event, request),
        }
    }

    /// Makes the body, and the request with it.
    fn invoke(
        &self,
        arn: String,
        template: Option<&Transform>,
        format: BodyFormat,
        event: &Event,
        request: impl Fn(&Event, &str) -> Result<String, String>,
    ) -> Invocation {
        let mut invocation = Invocation {
            arn,
            ..Invocation::default()
        };
        let made = body(template, format, event, &self.pipe.names, self.now)
            .map_err(|error| error.to_string())
            .and_then(|body| Ok((request(event, &body)?, body)));
        match made {
            Ok((request, body)) => {
                invocation.request = Some(request);
                invocation.body = Some(body);
            }
            Err(reason) => invocation.failure = Some(reason),
        }
        invocation
    }

    fn enrich(
        &self,
        target: &EnrichmentTarget,
        event: &Event,
        body: &str,
    ) -> Result<String, String> {
        match target {
            EnrichmentTarget::Http(http) => plan(http, event, self.id, body.to_owned())
                .map(|call| call.uncompressed().describe())
                .map_err(|error| error.to_string()),
            EnrichmentTarget::Api(api) => api
                .request(event, self.id, body.to_owned())
                .map(|request| request.describe())
                .map_err(|error| error.to_string()),
            EnrichmentTarget::Program(program) => to_program(program, body),
        }
    }

    fn send(&self, target: &Target, event: &Event, body: &str) -> Result<String, String> {
        let text = body.to_owned();
        match target {
            Target::Http(http) => plan(http, event, self.id, text)
                .map(|call| call.describe())
                .map_err(|error| error.to_string()),
            Target::Api(api) => api
                .request(event, self.id, text)
                .map(|request| request.describe())
                .map_err(|error| error.to_string()),
            Target::Queue(queue) => to_queue(queue, event, text),
            Target::Feed(feed) => feed
                .entry(event, text, self.now)
                .map(|entry| feed.request(&[&entry]).describe())
                .map_err(|error| error.to_string()),
            Target::Program(program) => to_program(program, body),
        }
    }
}

fn to_program(program: &Program, body: &str) -> Result<String, String> {
    check_json(body).map_err(|error| error.to_string())?;
    Ok(program.request(&[body.to_owned()]).describe())
}

fn to_queue(queue: &QueueTarget, event: &Event, body: String) -> Result<String, String> {
    let entry = queue.plan(event, body).map_err(|error| error.to_string())?;
    let mut text = format!("SendMessage to {}/{}\n", queue.account, queue.queue);
    let named = [
        ("MessageGroupId", &entry.group),
        ("MessageDeduplicationId", &entry.deduplication),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    Ok(format!("{text}\n{}", entry.body))
}
