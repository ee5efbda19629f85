//! `tidegate redrive`: dead letters, sent again.

mod args;
mod mail;
mod plan;
mod preview;
mod progress;
mod work;

pub(crate) use args::Args;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use aws_sdk_sqs::types::QueueAttributeName;
use kit::console;
use kit::counted::counted;

use crate::queues::Queues;
use work::{Outcome, Redrive};

/// Runs the verb.
///
/// # Errors
/// A file of the settings is wrong, a queue does not exist, or SQS refuses or does not answer.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let queues = Queues::of_environment().await?;
    let url = queues.url(&args.queue).await?;
    let plan = args.plan(arn(&queues, &url).await?)?;
    let to = match &args.to {
        Some(to) => Some(queues.url(to).await?),
        None => None,
    };
    if args.dry_run {
        return preview::show(&args, &queues, &url, &plan).await;
    }
    let counts = queues.counts(&url).await?;
    let bar = progress::bar(counts.waiting, !args.json);
    let work = Redrive {
        queues: &queues,
        plan: &plan,
        from: &url,
        to,
        rate: args.rate,
        hidden: args.visibility_timeout,
        max: args.max.unwrap_or(usize::MAX),
        bar: &bar,
        json: args.json,
    };
    let outcome = work.run().await;
    bar.finish_and_clear();
    let outcome = outcome?;
    let left = queues.counts(&url).await?;
    console::error(said(&outcome, &args.queue, left.in_flight));
    Ok(ExitCode::from(u8::from(!outcome.is_complete())))
}

/// The last line: what was done, and what is left.
fn said(outcome: &Outcome, queue: &str, in_flight: u64) -> String {
    let mut parts = vec![format!("{} sent", counted(outcome.sent, "message"))];
    if outcome.kept > 0 {
        parts.push(format!("{} kept: the pattern does not match", outcome.kept));
    }
    if outcome.failed > 0 {
        parts.push(format!("{} kept: they failed", outcome.failed));
    }
    if outcome.is_interrupted {
        parts.push("stopped; run it again to go on".to_owned());
    }
    if in_flight > 0 {
        parts.push(format!(
            "{in_flight} are with a receiver now; run it again when they are back"
        ));
    }
    format!("{queue}: {}", parts.join("; "))
}

async fn arn(queues: &Queues, url: &str) -> Result<String> {
    let name = QueueAttributeName::QueueArn;
    let request = queues.client.get_queue_attributes().queue_url(url);
    let answer = request.attribute_names(name.clone()).send().await;
    let answer = answer.map_err(|error| queues.refused(url, &error))?;
    let attributes = answer.attributes.unwrap_or_default();
    let arn = attributes.get(&name).cloned();
    arn.with_context(|| format!("queue {url} has no ARN"))
}
