//! Door: asks the publisher to publish, as `curl http://127.0.0.1:3000/pub?count=10` does.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use kit::call::{Call, Reply};
use kit::counted::counted;
use kit::send::{AllowTargets, Sender};
use serde_json::Value;

/// The most bytes that are read of an answer.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// Sends requests to the chain.
#[derive(Debug)]
pub(super) struct Client {
    sender: Sender,
    limit: Duration,
}

impl Client {
    /// Each request may take `limit`.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub(super) fn new(limit: Duration) -> anyhow::Result<Client> {
        let sender = Sender::new(AllowTargets::anywhere())?;
        Ok(Client { sender, limit })
    }

    /// Has `count` events published by the publisher at this address. Each of them was accepted.
    ///
    /// # Errors
    /// One was not accepted; the text says why.
    pub(super) async fn publish(&self, publisher: SocketAddr, count: u32) -> anyhow::Result<()> {
        let reply = self.get(publisher, &format!("/pub?count={count}")).await?;
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        anyhow::ensure!(
            answer["accepted"] == count && answer["failed"] == 0,
            "the publisher published {} of {}: {}",
            answer["accepted"],
            counted(count, "event"),
            String::from_utf8_lossy(&reply.body).trim_end()
        );
        Ok(())
    }

    /// Whether the pipe with this admin address has found that its target is down.
    ///
    /// # Errors
    /// The pipe does not answer.
    pub(super) async fn is_target_down(&self, pipe: SocketAddr) -> anyhow::Result<bool> {
        let reply = self.get(pipe, "/metrics").await?;
        let text = String::from_utf8_lossy(&reply.body);
        let mut values = text
            .lines()
            .filter(|line| line.starts_with("pipe_target_down"));
        Ok(values.any(|line| line.ends_with(" 1")))
    }

    async fn get(&self, at: SocketAddr, path: &str) -> anyhow::Result<Reply> {
        let url = format!("http://{at}{path}").parse()?;
        let call = Call {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let sent = self.sender.send(call, self.limit, ANSWER_LIMIT).await;
        sent.map_err(|error| anyhow::anyhow!("http://{at}{path}: {error}"))
    }
}
