//! The fake SQS without connections: a request in, what becomes of it out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use kit::call::Reply;
use kit::send::SendError;
use serde_json::Value as Json;

use super::fake::{Mood, Reaction, Seen, note};

/// What SQS heard so far.
#[derive(Debug, Default)]
pub(super) struct Heard {
    seen: Arc<Mutex<Seen>>,
}

/// How long SQS takes, if it ever answers, and what comes of it.
type Reacted = (Option<Duration>, Option<Result<Reply, SendError>>);

impl Heard {
    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Reacts to a request in this mood.
    pub(super) fn react(&self, mood: Mood, is_batch: bool, request: &Json) -> Reacted {
        match mood(&note(&self.seen, is_batch, request)) {
            Reaction::Hang => (None, None),
            Reaction::Reset => (Some(Duration::ZERO), Some(Err(broken()))),
            Reaction::Raw(bytes) => (Some(Duration::ZERO), Some(reply(bytes.as_bytes()))),
            Reaction::Answer(answering) => {
                let bytes = answering.bytes(is_batch, request, &self.seen);
                (Some(answering.takes(bytes.len())), Some(reply(&bytes)))
            }
        }
    }
}

fn broken() -> SendError {
    SendError::Broken("told so".to_owned())
}

/// What a client makes of these bytes, of which it reads a quarter of a mebibyte.
fn reply(bytes: &[u8]) -> Result<Reply, SendError> {
    const MOST: usize = 256 * 1024;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = bytes.split_at(end.ok_or_else(broken)? + 4);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let rest = head.strip_prefix("http/1.1 ").ok_or_else(broken)?;
    let status = rest.get(..3).and_then(|status| status.parse().ok());
    let length = rest
        .split_once("content-length: ")
        .and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    if length != Some(body.len()) {
        return Err(broken());
    }
    Ok(Reply {
        status: StatusCode::from_u16(status.ok_or_else(broken)?).map_err(|_| broken())?,
        headers: HeaderMap::new(),
        body: body[..body.len().min(MOST)].to_vec().into(),
        complete: body.len() <= MOST,
    })
}
