//! One step of a stage at a time: shape a body, call a destination, post to a queue. Each tells the journal how it went.

use http::header;
use kit::call::Reply;
use kit::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::event::Event;
use crate::invoker::{Answer, Invoker, Wanted};
use crate::journal::{Details, Journal, Moment, Stage, Step};
use crate::outbox::Outbox;
use crate::retry::Verdict;
use crate::target::{self, Entry};
use crate::transform::{Names, Transform};

/// Why a stage failed.
pub struct Failure {
    /// What becomes of the message.
    pub verdict: Verdict,
    /// The step that failed.
    pub moment: Moment,
    /// What the journal may know.
    pub details: Box<Details>,
}

impl Failure {
    fn new(verdict: Verdict, moment: Moment) -> Failure {
        let details = Box::new(Details::of_error(&verdict));
        Failure { verdict, moment, details }
    }

    /// A customer error, in AWS's terms, before or after the call itself.
    pub fn rejected(reason: impl Into<String>) -> Failure {
        Failure::new(Verdict::Rejected { reason: reason.into() }, Moment::InvocationFailed)
    }
}

/// What an event becomes by a template, or the event itself without one.
pub fn shape(
    input: Option<&Transform>,
    names: &Names,
    stage: Stage,
    event: &Event,
    journal: &Journal<'_>,
) -> Result<String, Failure> {
    let Some(input) = input else { return Ok(event.text()) };
    journal.tell_of(Step::Of(stage, Moment::TransformationStarted), || event.text());
    let shaped = input.render(event, names, &ingestion_time()).map_err(|reason| {
        Failure::new(Verdict::Rejected { reason: reason.to_string() }, Moment::TransformationFailed)
    })?;
    journal.tell_of(Step::Of(stage, Moment::TransformationSucceeded), || shaped.clone());
    Ok(shaped)
}

/// Calls an API destination.
pub async fn invoke(
    invoker: &Invoker,
    event: &Event,
    id: &str,
    body: String,
    journal: &Journal<'_>,
) -> Result<Reply, Failure> {
    let step = |moment| Step::Of(invoker.stage, moment);
    let draft = target::plan(&invoker.invocation, event, id, body);
    let draft = draft.map_err(|error| Failure::rejected(error.to_string()))?;
    let request = journal.wants_data().then(|| draft.describe());
    journal.tell(step(Moment::InvocationStarted), || Details { request: request.clone(), ..Details::default() });
    let is_read = invoker.stage == Stage::Enrichment || journal.wants_data();
    let wanted = if is_read { Wanted::Body } else { Wanted::Status };
    let Answer { verdict, reply, timed_out } = invoker.send(draft, wanted).await;
    let details = Details {
        request,
        response: reply.as_ref().filter(|_| journal.wants_data()).map(describe),
        error: verdict.reason().map(str::to_owned),
        status: reply.as_ref().map(|reply| reply.status.as_u16()),
        ..Details::default()
    };
    match reply {
        Some(reply) if verdict == Verdict::Delivered => {
            journal.tell(step(Moment::InvocationSucceeded), || details);
            Ok(reply)
        }
        _ => {
            let moment = if timed_out { Moment::InvocationTimedOut } else { Moment::InvocationFailed };
            Err(Failure { verdict, moment, details: Box::new(details) })
        }
    }
}

/// Posts to a target queue.
pub async fn post(outbox: &Outbox, event: &Event, body: String, journal: &Journal<'_>) -> Result<(), Failure> {
    let step = |moment| Step::Of(Stage::Target, moment);
    let entry = outbox.outlet.plan(event, body).map_err(|error| Failure::rejected(error.to_string()))?;
    let request = journal.wants_data().then(|| show(&entry));
    journal.tell(step(Moment::InvocationStarted), || Details { request: request.clone(), ..Details::default() });
    match outbox.send(entry).await {
        Ok(id) => {
            let details = || Details { request, response: Some(format!("MessageId: {id}")), ..Details::default() };
            journal.tell(step(Moment::InvocationSucceeded), details);
            Ok(())
        }
        Err(verdict) => {
            let mut failure = Failure::new(verdict, Moment::InvocationFailed);
            failure.details.request = request;
            Err(failure)
        }
    }
}

/// What an enrichment answered with, if it can be read.
pub fn read_answer(reply: &Reply) -> Result<&[u8], Failure> {
    if !reply.complete {
        return Err(Failure::rejected("the enrichment answered with more than 6 MB"));
    }
    match reply.headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase()) {
        Some(encoding) if encoding != b"identity" => {
            Err(Failure::rejected("the enrichment answered with a compressed body, which it was not asked for"))
        }
        _ => Ok(&reply.body),
    }
}

/// Status and body.
fn describe(reply: &Reply) -> String {
    format!("{}\n\n{}", reply.status, String::from_utf8_lossy(&reply.body))
}

fn show(entry: &Entry) -> String {
    let Entry { body, group, deduplication } = entry;
    let shown = [("MessageGroupId", group), ("MessageDeduplicationId", deduplication)];
    let ids = shown.iter().filter_map(|(name, id)| Some(format!("{name}: {}\n", id.as_ref()?)));
    format!("SendMessage\n{}\n{body}", ids.collect::<String>())
}

/// Now, in ISO 8601 with seconds, as the events of EventBridge have it.
pub fn ingestion_time() -> String {
    let seconds = i64::try_from(Timestamp::now().as_secs()).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).expect("years of four digits can be written")
}
