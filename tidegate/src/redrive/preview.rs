//! `--dry-run`: what would be sent, and where to.

use std::process::ExitCode;

use anyhow::Result;
use kit::console;
use kit::time::Timestamp;
use serde_json::json;

use super::args::Args;
use super::plan::Plan;
use crate::peek;
use crate::queues::{QueuedMessage, Queues, State};

/// Shows what would become of each message that can be received.
///
/// # Errors
/// As [`super::run`].
pub(super) async fn show(args: &Args, queues: &Queues, url: &str, plan: &Plan) -> Result<ExitCode> {
    let messages = peek::look(queues, url, usize::MAX, args.receive).await?;
    let now = Timestamp::wall().to_string();
    let mut would_fail = false;
    let most = args.max.unwrap_or(usize::MAX);
    let mut sent = 0;
    for message in messages.iter().filter(|one| one.state == State::Waiting) {
        let body = plan.body(message, &now);
        would_fail |= body.is_err();
        sent += usize::from(matches!(body, Ok(Some(_))));
        if sent > most {
            break;
        }
        let line = line(args, message, body);
        console::print(format_args!("{line}\n"))?;
    }
    Ok(ExitCode::from(u8::from(would_fail)))
}

fn line(args: &Args, message: &QueuedMessage, body: Result<Option<String>, String>) -> String {
    let id = &message.message_id;
    let origin = message.attributes.get("DeadLetterQueueSourceArn");
    let to = args.to.as_ref().or(origin).map(String::as_str);
    let to = to.unwrap_or("the queue that uses this one as its dead-letter queue");
    if args.json {
        let line = match body {
            Ok(Some(body)) => {
                json!({"message_id": id, "result": "would be sent", "to": to, "body": body})
            }
            Ok(None) => json!({"message_id": id, "result": "would be kept"}),
            Err(reason) => json!({"message_id": id, "result": "would fail", "reason": reason}),
        };
        return line.to_string();
    }
    match body {
        Ok(Some(body)) if args.edit.is_some() => format!("{id} would be sent to {to}: {body}"),
        Ok(Some(_)) => format!("{id} would be sent to {to}"),
        Ok(None) => format!("{id} would be kept: the pattern does not match"),
        Err(reason) => format!("{id} would be kept: {reason}"),
    }
}
