//! The logs of the programs of a test, and requests to the programs.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use kit::call::Reply;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::processes::{PATIENCE, Ports, Process, ask, eventually};

/// The lines at INFO that `--quiet` leaves out.
pub(crate) const HOPS: [&str; 5] = ["posted", "queued", "answered", "delivered", "stored"];

/// The logs of the programs of a test, as JSON.
pub(crate) struct Logs(TempDir);

impl Logs {
    pub(crate) fn new() -> Logs {
        Logs(TempDir::new().unwrap())
    }

    pub(crate) fn file(&self, log: &str) -> PathBuf {
        self.0.path().join(log)
    }

    pub(crate) fn start(&self, log: &str, mut command: Command) -> Process {
        command.env("LOG_FORMAT", "json").env_remove("RUST_LOG");
        Process::into_file(command, &self.file(log))
    }

    /// Every complete line of a log that is JSON.
    pub(crate) fn lines(&self, log: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.file(log)).unwrap();
        text.split_inclusive('\n')
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    pub(crate) fn having(&self, log: &str, message: &str) -> Vec<Value> {
        self.lines(log)
            .into_iter()
            .filter(|line| line["message"] == message)
            .collect()
    }

    /// Waits for the first line with this message and this field.
    pub(crate) async fn says(&self, log: &str, message: &str, field: (&str, &str)) -> Value {
        let begun = Instant::now();
        loop {
            let found = self
                .having(log, message)
                .into_iter()
                .find(|line| line[field.0] == field.1);
            if let Some(line) = found {
                return line;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{log} does not say {message:?} of {field:?}: {:#?}",
                self.lines(log)
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The number of log lines for each hop.
    pub(crate) fn count_hops(&self, log: &str) -> [usize; HOPS.len()] {
        HOPS.map(|hop| self.having(log, hop).len())
    }
}

pub(crate) async fn provision(endpoint: &str) {
    let sdk = kit::aws::local(endpoint).await;
    let definition = kit::definition::DefinitionArgs::default()
        .load(&kit::aws::local_account(&sdk))
        .unwrap();
    tidegate::provision::provision(&definition, &sdk)
        .await
        .unwrap();
}

pub(crate) async fn publish(port: u16, id: &str) -> Reply {
    let body = json!({"id": id, "name": "hops"}).to_string();
    let reply = ask(Method::POST, &Ports::url(port, "/events/sub"), &body)
        .await
        .unwrap();
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    reply
}

/// The value of the metric whose line begins with `name`, once there is one.
pub(crate) async fn metric(port: u16, name: &str) -> String {
    let begun = Instant::now();
    loop {
        let text = eventually(&Ports::url(port, "/metrics")).await;
        if let Some(line) = text.lines().find(|line| line.starts_with(name)) {
            return line.rsplit(' ').next().unwrap().to_owned();
        }
        assert!(begun.elapsed() < PATIENCE, "no {name} in {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
