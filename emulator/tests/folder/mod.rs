//! A data folder with something of everything in it: one version writes it, and all later ones have
//! to open it.

#![allow(dead_code, reason = "the test and the example use a part each")]

pub mod check;
mod check_s3;
pub mod pack;
pub mod write;
mod write_s3;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use aws_sdk_sqs::config::Region;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use emulator::{Settings, Tuning};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Bytes of a file of the log: small, so that a small folder has many of them.
pub const SEGMENT_SIZE: u32 = 32 * 1024;

/// What only the service knows, and what has to be the same in every later version.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Notes {
    /// Of the message in flight on the standard queue: its id and the handle that settles it.
    pub held: (String, String),
    /// The same on the FIFO queue.
    pub held_in_group: (String, String),
    /// The message that was deleted, and whose deduplication id is remembered: its id.
    pub remembered: String,
    /// The multipart upload under way, and the ETag of its part.
    pub upload: (String, String),
}

/// An emulator in this process.
pub struct Server {
    pub sqs: aws_sdk_sqs::Client,
    /// The same in another region.
    pub elsewhere: aws_sdk_sqs::Client,
    pub s3: aws_sdk_s3::Client,
    stop: CancellationToken,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl Server {
    /// Starts on a free port. The time since the folder was written does not count, however long it
    /// is.
    pub async fn start(data: &Path, segment_size: u32) -> Server {
        let tuning = Tuning {
            segment_size,
            max_clock_step: Duration::ZERO,
            ..Tuning::default()
        };
        let settings = Settings {
            data: Some(data.to_owned()),
            region: "eu-west-1".into(),
        };
        let opened = emulator::open_with(&settings, tuning).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(opened.serve(listener, stop.clone()));
        let config = kit::aws::local(&endpoint).await;
        let sqs = |region| {
            let config = aws_sdk_sqs::config::Builder::from(&config)
                .region(Region::new(region))
                .build();
            aws_sdk_sqs::Client::from_conf(config)
        };
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .region(Region::new("eu-west-1"))
            .force_path_style(true);
        let s3 = aws_sdk_s3::Client::from_conf(s3.build());
        Server {
            sqs: sqs("eu-west-1"),
            elsewhere: sqs("us-east-1"),
            s3,
            stop,
            serving,
        }
    }

    /// Stops as SIGTERM does.
    pub async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
    }

    pub async fn url(&self, name: &str) -> String {
        self.sqs
            .get_queue_url()
            .queue_name(name)
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap()
    }

    pub async fn attributes(&self, name: &str) -> HashMap<QueueAttributeName, String> {
        let asked = self
            .sqs
            .get_queue_attributes()
            .queue_url(self.url(name).await);
        asked
            .attribute_names(QueueAttributeName::All)
            .send()
            .await
            .unwrap()
            .attributes
            .unwrap()
    }

    /// Visible, in flight and delayed.
    pub async fn counts(&self, name: &str) -> [String; 3] {
        let attributes = self.attributes(name).await;
        [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        .map(|name| attributes[&QueueAttributeName::from(name)].clone())
    }

    /// Up to ten messages with all that is known of them.
    pub async fn receive(&self, name: &str, visibility: i32) -> Vec<Message> {
        let receive = self
            .sqs
            .receive_message()
            .queue_url(self.url(name).await)
            .max_number_of_messages(10);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let receive = receive
            .message_attribute_names("All")
            .visibility_timeout(visibility);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }

    pub async fn delete(&self, name: &str, handle: &str) {
        self.sqs
            .delete_message()
            .queue_url(self.url(name).await)
            .receipt_handle(handle)
            .send()
            .await
            .unwrap();
    }

    /// Waits until no move task of a queue is running, and returns how many ended well.
    pub async fn moved(&self, arn: &str) -> usize {
        for _ in 0..300 {
            let asked = self
                .sqs
                .list_message_move_tasks()
                .source_arn(arn)
                .max_results(10);
            let tasks = asked.send().await.unwrap().results.unwrap_or_default();
            if tasks.iter().all(|task| task.status() != Some("RUNNING")) {
                return tasks
                    .iter()
                    .filter(|task| task.status() == Some("COMPLETED"))
                    .count();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("a move task does not end");
    }
}

pub fn arn(name: &str) -> String {
    format!("arn:aws:sqs:eu-west-1:000000000000:{name}")
}

/// How many messages there are of [`kept`].
pub const KEPT: usize = 20;

/// A long message.
pub fn kept(number: usize) -> String {
    format!("{number} {}", "kept ".repeat(360))
}

/// What an object says: no two of its blocks are alike.
pub fn blocks(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 251 + at % 251) as u8).collect()
}
