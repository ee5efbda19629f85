//! The target: this program again, as a process that counts what arrives.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, Method};
use kit::call::Call;
use kit::send::{AllowTargets, Sender};
use tokio_util::sync::CancellationToken;

use crate::LOOK;
use crate::chain::Process;

/// Seen from the outside.
pub struct Target {
    /// Where it listens.
    pub url: String,
    /// The process.
    pub process: Process,
    /// Asks it.
    pub sender: Sender,
}

#[derive(Debug, Default)]
struct Seen {
    count: AtomicU64,
    /// Microseconds since 1970.
    last: AtomicU64,
}

fn micros() -> u64 {
    u64::try_from(
        kit::time::wall()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_micros(),
    )
    .unwrap_or(u64::MAX)
}

/// Answers 200 to every POST; says on GET how many there were, and when the last was.
pub async fn serve() {
    let take = async |State(seen): State<Arc<Seen>>, body: Bytes| {
        seen.last.store(micros(), Ordering::SeqCst);
        seen.count.fetch_add(1, Ordering::SeqCst);
        drop(body);
    };
    let tell = async |State(seen): State<Arc<Seen>>| {
        format!(
            "{} {}",
            seen.count.load(Ordering::SeqCst),
            seen.last.load(Ordering::SeqCst)
        )
    };
    let app = Router::new()
        .route("/in", post(take))
        .route("/", get(tell))
        .with_state(Arc::<Seen>::default());
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    kit::serve::serve(listener, app, CancellationToken::new())
        .await
        .unwrap();
}

impl Target {
    pub async fn start() -> Target {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut process = Process::start(command.arg("--target").stdout(Stdio::piped()));
        let mut url = String::new();
        BufReader::new(process.child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        Target {
            url: url.trim().to_owned(),
            process,
            sender: Sender::new(AllowTargets::anywhere()).unwrap(),
        }
    }

    pub async fn count(&self) -> usize {
        self.ask().await.0
    }

    /// How long it takes from the first arrival after `count` to the last of `events`.
    pub async fn span_of(&self, count: usize, events: usize) -> Duration {
        let begun = self.arrival(count + 1).await;
        self.arrival(count + events)
            .await
            .duration_since(begun)
            .unwrap_or_default()
    }

    /// When the one arrived that makes it so many.
    pub async fn arrival(&self, count: usize) -> SystemTime {
        loop {
            let (seen, last) = self.ask().await;
            if seen >= count {
                return last;
            }
            tokio::time::sleep(LOOK.max(Duration::from_millis(if count - seen > 100 {
                50
            } else {
                0
            })))
            .await;
        }
    }

    async fn ask(&self) -> (usize, SystemTime) {
        let (method, url) = (Method::GET, self.url.parse().unwrap());
        let call = Call {
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let reply = self
            .sender
            .send(call, Duration::from_secs(10), 100)
            .await
            .unwrap();
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        let (count, last) = text.split_once(' ').unwrap();
        (
            count.parse().unwrap(),
            UNIX_EPOCH + Duration::from_micros(last.parse().unwrap()),
        )
    }
}
