//! One message through a pipe of a definition.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use kit::time::Timestamp;
use kit::{aws, console};
use pipe::definition::{Pipe, PipeDefinitions};
use pipe::event::{Event, Message};
use pipe::test_invoke::{Invocation, Outcome, test_invoke};

use super::args::Args;
use super::reply;
use super::table::{Table, body};
use crate::cases::read_object;

/// Plays the message, and prints what came of it: 1 when it does not reach the target.
///
/// # Errors
/// A definition or a file cannot be read, or no pipe has that name.
pub(super) fn run(args: &Args, name: &str) -> anyhow::Result<ExitCode> {
    let sdk = tokio::runtime::Runtime::new()?.block_on(aws::config())?;
    let definition = args.definition.load(&aws::account_unasked(&sdk)?)?;
    let definition = PipeDefinitions::load(&definition)?;
    let pipe = find(&definition, name)?;
    let event = event(args, pipe)?;
    let answer = args.reply.as_deref().map(reply::read).transpose()?;
    let answer = answer.as_ref().map(|reply| reply.body.as_ref());
    let outcome = test_invoke(pipe, event, answer, Timestamp::wall())?;
    if args.json {
        console::print(format_args!("{}\n", serde_json::to_string(&outcome)?))?;
    } else {
        console::print(format_args!("{}", table(&outcome)))?;
    }
    let is_failed = |invocation: &Invocation| invocation.failure.is_some();
    let is_stopped = !outcome.misses.is_empty()
        || outcome.enrichment.as_ref().is_some_and(is_failed)
        || outcome
            .deliveries
            .iter()
            .any(|delivery| is_failed(&delivery.target));
    Ok(ExitCode::from(u8::from(is_stopped)))
}

fn find<'d>(definition: &'d PipeDefinitions, name: &str) -> anyhow::Result<&'d Pipe> {
    let found = definition.pipes.iter().find(|pipe| pipe.name == name);
    let names = definition.pipes.iter().map(|pipe| pipe.name.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    found.with_context(|| match names.as_str() {
        "" => format!("no pipe {name}: the definition declares none"),
        names => format!("no pipe {name}: expected {names}"),
    })
}

fn event(args: &Args, pipe: &Pipe) -> anyhow::Result<Event> {
    if let Some(file) = &args.record {
        return Ok(Event::from_record(read_object(file)?.into()));
    }
    let Some(body) = args.body()? else {
        bail!("--pipe needs the message: its body with --data or --body, or its --record");
    };
    let body = String::from_utf8(body).context("the body of a message is text: it is not UTF-8")?;
    let message = Message {
        message_id: "00000000-0000-0000-0000-000000000000".into(),
        body,
        ..Message::default()
    };
    Ok(Event::from_message(message, &pipe.source.arn))
}

fn table(outcome: &Outcome) -> String {
    let mut table = Table::default();
    table.row("pipe", [&outcome.pipe]);
    match outcome.misses.as_slice() {
        [] => table.row("filter", ["passes"]),
        misses => {
            table.row("filter", ["does not pass: the message is deleted"]);
            table.row("", misses);
        }
    }
    if let Some(enrichment) = &outcome.enrichment {
        table.row("enrichment", lines(enrichment));
    }
    if outcome.needs_answer {
        table.row(
            "",
            ["unknown from here: give the enrichment's answer with --reply FILE"],
        );
    }
    for delivery in &outcome.deliveries {
        table.row("event", [&delivery.event]);
        table.row("target", lines(&delivery.target));
    }
    table.0
}

fn lines(invocation: &Invocation) -> Vec<String> {
    let mut lines = vec![invocation.arn.clone()];
    if let Some(reason) = &invocation.failure {
        lines.push(format!("cannot be sent: {reason}"));
    }
    lines.extend(body(invocation.request.as_deref().unwrap_or_default()));
    lines
}
