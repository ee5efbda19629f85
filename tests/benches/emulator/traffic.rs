//! What clients do to the queues.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Connection, call, everywhere};
use super::{BODY, CONNECTIONS, SPAN};

/// A batch of ten messages.
pub fn ten(queue: &str) -> Value {
    let entry = |id: usize| json!({"Id": id.to_string(), "MessageBody": "x".repeat(BODY)});
    json!({"QueueUrl": queue, "Entries": (0..10).map(entry).collect::<Vec<_>>()})
}

/// Messages a second when one request, which holds `messages` of them, is sent again and again.
pub async fn repeat(
    address: SocketAddr,
    action: &str,
    members: &Value,
    messages: usize,
) -> anyhow::Result<f64> {
    let request: Arc<[u8]> = call(action, members).into();
    let (counts, took) = everywhere(address, CONNECTIONS, |mut connection| {
        let (request, begun) = (request.clone(), Instant::now());
        async move {
            let mut count = 0;
            while begun.elapsed() < SPAN {
                connection.exchange(&request).await?;
                count += messages;
            }
            Ok(count)
        }
    })
    .await?;
    Ok(counts.iter().sum::<usize>() as f64 / took.as_secs_f64())
}

/// Sends so many messages, in batches.
pub async fn fill(address: SocketAddr, queue: &str, messages: usize) -> anyhow::Result<()> {
    let request: Arc<[u8]> = call("SendMessageBatch", &ten(queue)).into();
    let left = Arc::new(AtomicUsize::new(messages / 10));
    let work = |mut connection: Connection| {
        let (request, left) = (request.clone(), left.clone());
        async move {
            while take_one(&left) {
                connection.exchange(&request).await?;
            }
            Ok(())
        }
    };
    everywhere(address, CONNECTIONS, work).await.map(drop)
}

/// Receives and deletes so many messages, one by one.
pub async fn drain(
    address: SocketAddr,
    queue: &'static str,
    messages: usize,
) -> anyhow::Result<Duration> {
    let receive: Arc<[u8]> = call("ReceiveMessage", &json!({"QueueUrl": queue})).into();
    let left = Arc::new(AtomicUsize::new(messages));
    let work = |mut connection: Connection| {
        let (receive, left) = (receive.clone(), left.clone());
        async move {
            while take_one(&left) {
                let received: Value = serde_json::from_slice(connection.exchange(&receive).await?)?;
                let handle = &received["Messages"][0]["ReceiptHandle"];
                anyhow::ensure!(handle.is_string(), "the queue is empty too early");
                let delete = json!({"QueueUrl": queue, "ReceiptHandle": handle});
                connection.exchange(&call("DeleteMessage", &delete)).await?;
            }
            Ok(())
        }
    };
    let (_, took) = everywhere(address, CONNECTIONS, work).await?;
    Ok(took)
}

fn take_one(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(1)
    })
    .is_ok()
}
