//! An SQS whose every answer is decided by its mood, down to single bytes and the connection.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::super::digest;

/// Decides how SQS reacts to a request.
pub(super) type Mood = fn(&Asked) -> Reaction;

/// A request.
pub(super) struct Asked {
    /// Counted from 0.
    pub number: usize,
    /// How often the first message of this request was asked for before.
    before: usize,
    is_batch: bool,
}

impl Asked {
    /// This reaction when messages are asked for the first time.
    pub(super) fn first(&self, reaction: Reaction) -> Reaction {
        if self.before == 0 {
            reaction
        } else {
            Reaction::honest()
        }
    }

    /// This reaction to every so manyth request, the first of them included.
    pub(super) fn every(&self, count: usize, reaction: Reaction) -> Reaction {
        if self.number.is_multiple_of(count) {
            reaction
        } else {
            Reaction::honest()
        }
    }

    /// This reaction to batches.
    pub(super) fn batches(&self, reaction: Reaction) -> Reaction {
        if self.is_batch {
            reaction
        } else {
            Reaction::honest()
        }
    }
}

/// What SQS does.
pub(super) enum Reaction {
    /// Nothing, for ever.
    Hang,
    /// Resets the connection.
    Reset,
    /// Sends these bytes and closes its side.
    Raw(String),
    /// Answers.
    Answer(Box<Answering>),
}

/// How SQS answers.
#[derive(Default)]
pub(super) struct Answering {
    /// Stands in place of the honest answer.
    instead: Option<(u16, String)>,
    edit: Option<fn(&mut Said)>,
    after: Duration,
    is_dripping: bool,
    is_cut: bool,
    is_huge: bool,
    is_last: bool,
}

impl Reaction {
    pub(super) fn honest() -> Reaction {
        Reaction::Answer(Box::default())
    }

    pub(super) fn raw(bytes: &str) -> Reaction {
        Reaction::Raw(bytes.to_owned())
    }

    pub(super) fn text(status: u16, body: &str) -> Reaction {
        Reaction::Answer(Box::new(Answering {
            instead: Some((status, body.to_owned())),
            ..Answering::default()
        }))
    }

    pub(super) fn error(status: u16, code: &str) -> Reaction {
        let body = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "m"});
        Reaction::text(status, &body.to_string())
    }

    /// The honest answer, changed.
    pub(super) fn edited(edit: fn(&mut Said)) -> Reaction {
        Reaction::honest().with(|answering| answering.edit = Some(edit))
    }

    pub(super) fn after(self, ms: u64) -> Reaction {
        self.with(|answering| answering.after = Duration::from_millis(ms))
    }

    pub(super) fn dripping(self) -> Reaction {
        self.with(|answering| answering.is_dripping = true)
    }

    pub(super) fn cut(self) -> Reaction {
        self.with(|answering| answering.is_cut = true)
    }

    pub(super) fn huge(self) -> Reaction {
        self.with(|answering| answering.is_huge = true)
    }

    pub(super) fn closing(self) -> Reaction {
        self.with(|answering| answering.is_last = true)
    }

    fn with(mut self, change: impl FnOnce(&mut Answering)) -> Reaction {
        if let Reaction::Answer(answering) = &mut self {
            change(answering);
        }
        self
    }
}

/// An answer of success, before it is written.
pub(super) struct Said {
    pub successful: Vec<Entry>,
    failed: Vec<String>,
}

pub(super) struct Entry {
    pub id: String,
    pub message_id: Option<String>,
    pub md5: String,
}

impl Said {
    pub(super) fn each(&mut self, change: impl Fn(&mut Entry)) {
        self.successful.iter_mut().for_each(change);
    }

    /// Says of the first entry twice that it is stored, of the second that it is and is not.
    pub(super) fn double(&mut self) {
        let again = self.successful.first().map(|entry| Entry {
            id: entry.id.clone(),
            message_id: Some("another".to_owned()),
            md5: entry.md5.clone(),
        });
        self.successful.extend(again);
        self.failed
            .extend(self.successful.get(1).map(|entry| entry.id.clone()));
    }

    /// Fails every other entry of a batch.
    pub(super) fn fail(&mut self) {
        let (good, bad) = std::mem::take(&mut self.successful)
            .into_iter()
            .partition(|entry| !entry.id.parse::<usize>().is_ok_and(|id| id % 2 == 1));
        let bad: Vec<Entry> = bad;
        self.successful = good;
        self.failed = bad.into_iter().map(|entry| entry.id).collect();
    }

    fn written(&self, is_batch: bool) -> Json {
        let entry = |entry: &Entry| json!({"Id": entry.id, "MessageId": entry.message_id, "MD5OfMessageBody": entry.md5});
        let failed = |id: &String| json!({"Id": id, "Code": "InternalError", "SenderFault": false});
        let successful: Vec<Json> = self.successful.iter().map(entry).collect();
        if !is_batch {
            return successful.into_iter().next().unwrap_or_default();
        }
        let failed: Vec<Json> = self.failed.iter().map(failed).collect();
        json!({"Successful": successful, "Failed": failed})
    }
}

/// What SQS saw and did.
#[derive(Debug, Default, Clone)]
pub(super) struct Seen {
    /// The bodies that it stored.
    pub stored: BTreeSet<String>,
    /// In how many calls each body was.
    pub calls: BTreeMap<String, usize>,
    /// Messages in calls that hang.
    pub hanging: usize,
    requests: usize,
}

/// The fake SQS.
pub(super) struct FakeSqs {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl FakeSqs {
    pub(super) async fn start(mood: Mood) -> FakeSqs {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let shared = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, mood, shared.clone()));
            }
        });
        FakeSqs { address, seen }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

/// Serves a connection; ends when it is over.
async fn serve(stream: TcpStream, mood: Mood, seen: Arc<Mutex<Seen>>) {
    let mut stream = BufReader::new(stream);
    while let Some((is_batch, request)) = read(&mut stream).await {
        let reaction = mood(&note(&seen, is_batch, &request));
        match reaction {
            Reaction::Hang => {
                seen.lock().unwrap().hanging += entries(is_batch, &request).len();
                std::future::pending::<()>().await;
            }
            Reaction::Reset => {
                let _ = stream.get_ref().set_zero_linger();
                return;
            }
            Reaction::Raw(bytes) => {
                let _ = stream.write_all(bytes.as_bytes()).await;
                let _ = stream.shutdown().await;
                // The other side is still read.
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                return;
            }
            Reaction::Answer(answering) => {
                let bytes = answering.bytes(is_batch, &request, &seen);
                tokio::time::sleep(answering.after).await;
                let is_over = answering.is_cut || answering.is_last;
                if !write(&mut stream, &bytes, answering.is_dripping).await || is_over {
                    return;
                }
            }
        }
    }
}

async fn write(stream: &mut BufReader<TcpStream>, bytes: &[u8], is_dripping: bool) -> bool {
    let size = if is_dripping { 100 } else { bytes.len() };
    for part in bytes.chunks(size.max(1)) {
        if is_dripping {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if stream.write_all(part).await.is_err() {
            return false;
        }
    }
    true
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<(bool, Json)> {
    let (mut length, mut is_batch) = (0, false);
    loop {
        let mut line = String::new();
        stream
            .read_line(&mut line)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        is_batch |= line.starts_with("x-amz-target:") && line.ends_with("batch");
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((is_batch, serde_json::from_slice(&body).ok()?))
}

pub(super) fn entries(is_batch: bool, request: &Json) -> Vec<&Json> {
    match request["Entries"].as_array() {
        Some(entries) if is_batch => entries.iter().collect(),
        _ => vec![request],
    }
}

/// Counts a request.
pub(super) fn note(seen: &Mutex<Seen>, is_batch: bool, request: &Json) -> Asked {
    let mut seen = seen.lock().unwrap();
    let mut before = None;
    for entry in entries(is_batch, request) {
        let body = entry["MessageBody"].as_str().unwrap().to_owned();
        let calls = seen.calls.entry(body).or_default();
        before.get_or_insert(*calls);
        *calls += 1;
    }
    seen.requests += 1;
    Asked {
        number: seen.requests - 1,
        before: before.unwrap_or_default(),
        is_batch,
    }
}

impl Answering {
    /// How long an answer of so many bytes takes.
    pub(super) fn takes(&self, bytes: usize) -> Duration {
        let drips = if self.is_dripping {
            bytes.div_ceil(100)
        } else {
            0
        };
        self.after + Duration::from_millis(drips as u64)
    }

    pub(super) fn bytes(&self, is_batch: bool, request: &Json, seen: &Mutex<Seen>) -> Vec<u8> {
        let (status, body) = match &self.instead {
            Some((status, body)) => (*status, body.clone()),
            None => (200, self.said(is_batch, request, seen)),
        };
        let padding = " ".repeat(if self.is_huge { 2 << 20 } else { 0 });
        let length = body.len() + padding.len();
        let mut bytes = format!(
            "HTTP/1.1 {status} x\r\nx-amzn-requestid: r\r\nContent-Length: {length}\r\n\r\n{padding}{body}"
        )
        .into_bytes();
        if self.is_cut {
            bytes.truncate(bytes.len() - body.len() / 2);
        }
        bytes
    }

    /// Stores the messages, and says so.
    fn said(&self, is_batch: bool, request: &Json, seen: &Mutex<Seen>) -> String {
        let entries = entries(is_batch, request);
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        let mut said = Said {
            failed: Vec::new(),
            successful: entries
                .iter()
                .map(|entry| Entry {
                    id: text(&entry["Id"]),
                    message_id: Some(format!("id of {}", text(&entry["MessageBody"]))),
                    md5: digest(&entry["MessageBody"]),
                })
                .collect(),
        };
        if let Some(edit) = self.edit {
            edit(&mut said);
        }
        let mut seen = seen.lock().unwrap();
        for entry in entries {
            // A message that SQS says both of was not stored.
            let is_failed = is_batch && said.failed.contains(&text(&entry["Id"]));
            if !is_failed {
                seen.stored.insert(text(&entry["MessageBody"]));
            }
        }
        said.written(is_batch).to_string()
    }
}
