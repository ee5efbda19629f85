//! `tidegate peek`: what is in a queue, without touching it where that is possible.

use std::collections::HashSet;
use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;

use anyhow::{Result, bail};
use kit::console;
use kit::counted::counted;
use kit::time::Timestamp;

use crate::queues::{QueuedMessage, Queues, Shown, as_text};

/// Lines of a body that are shown without `--full`.
const LINES: usize = 20;

/// What SQS itself makes of it.
const COUNTS: &str = "SQS shows messages only to those who receive them: each counts one receive more, and one that \
                      reaches maxReceiveCount by it goes to the dead-letter queue";

/// Show what is in a queue: waiting, in flight, delayed and dead messages
///
/// The emulator and LocalStack show messages without touching them: receive counts stay. SQS itself
/// cannot; there, messages are received and made visible again at once, after you agreed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    tidegate peek ex-queue-dlq\n  \
    tidegate peek ex-queue --json | jq .body\n  \
    tidegate peek https://sqs.eu-west-1.amazonaws.com/111122223333/orders --receive\n\n\
    Exit code: 0 the messages were shown, also if there are none; 2 there is no such queue, or SQS does not answer.")]
pub(crate) struct Args {
    /// The queue: its name, its URL or its ARN
    #[arg(value_name = "QUEUE")]
    queue: String,
    /// Show at most so many messages
    #[arg(long, value_name = "N", default_value_t = 100)]
    max: usize,
    /// Show only messages whose body holds this text
    #[arg(long, value_name = "TEXT")]
    contains: Option<String>,
    /// Show bodies to their end, and all attributes
    #[arg(long)]
    full: bool,
    /// Print one JSON object a message and line
    #[arg(long)]
    json: bool,
    /// Agree that messages are received where they cannot be shown otherwise
    #[arg(long)]
    receive: bool,
}

/// Runs the verb.
///
/// # Errors
/// There is no such queue, SQS does not answer, or nobody agreed that messages are received.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let queues = Queues::of_environment().await?;
    let url = queues.url(&args.queue).await?;
    let messages = look(&queues, &url, args.max, args.receive).await?;
    let wanted = |message: &&QueuedMessage| {
        let text = args.contains.as_deref();
        text.is_none_or(|text| message.body.contains(text))
    };
    let shown: Vec<&QueuedMessage> = messages.iter().filter(wanted).take(args.max).collect();
    if args.json {
        for message in &shown {
            console::print(format_args!("{}\n", serde_json::to_string(message)?))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let counts = queues.counts(&url).await?;
    console::print(format_args!(
        "{} in {}: {} waiting, {} in flight, {} delayed; shown: {}\n",
        counted(
            usize::try_from(counts.all()).unwrap_or(usize::MAX),
            "message"
        ),
        args.queue,
        counts.waiting,
        counts.in_flight,
        counts.delayed,
        shown.len()
    ))?;
    let how = Shown {
        lines: if args.full { usize::MAX } else { LINES },
        attributes: args.full,
    };
    for message in shown {
        let text = as_text(message, Timestamp::wall(), how);
        console::print(format_args!("\n{text}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is in a queue. Where messages can only be received, up to `max` are, if the operator
/// agreed or does so now.
///
/// # Errors
/// As [`run`].
pub(crate) async fn look(
    queues: &Queues,
    url: &str,
    max: usize,
    may_receive: bool,
) -> Result<Vec<QueuedMessage>> {
    if let Some(messages) = queues.peek(url).await? {
        return Ok(messages);
    }
    if !may_receive {
        ask(queues)?;
    }
    received(queues, url, max).await
}

/// Asks whether messages may be received.
fn ask(queues: &Queues) -> Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("{}: {COUNTS}. Agree with --receive", queues.endpoint());
    }
    console::error(format_args!(
        "{}: {COUNTS}. Go on? [y/N]",
        queues.endpoint()
    ));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => bail!("nothing was received"),
    }
}

/// Up to `max` messages that are visible; they are visible again at once, so SQS is asked until it
/// shows nothing new.
async fn received(queues: &Queues, url: &str, max: usize) -> Result<Vec<QueuedMessage>> {
    let (mut seen, mut messages) = (HashSet::new(), Vec::new());
    let mut idle = 0;
    while messages.len() < max && idle < 2 {
        let before = messages.len();
        for message in queues.receive(url, max - before, 0).await? {
            let message = QueuedMessage::from(&message);
            if seen.insert(message.message_id.clone()) {
                messages.push(message);
            }
        }
        idle = if messages.len() == before {
            idle + 1
        } else {
            0
        };
    }
    messages.truncate(max);
    Ok(messages)
}
