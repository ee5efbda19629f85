//! What stands behind SQS and S3 in a world.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use aws_config::SdkConfig;
use kit::aws;
use tempfile::TempDir;

use crate::{Running, address, eventually, port};

/// A place for queues and objects.
#[derive(Debug)]
pub enum Place {
    /// Our emulator, in this process and in memory.
    Emulator {
        /// Its endpoint.
        url: String,
        /// The program.
        running: Running,
    },
    /// Our emulator as a process.
    Process {
        /// Where it listens, now and after a restart.
        at: SocketAddr,
        /// What survives being killed; nothing does in memory.
        data: Option<TempDir>,
        /// The process; shared with whoever kills it.
        child: Option<Child>,
    },
    /// Something that runs elsewhere: LocalStack.
    Endpoint(String),
    /// AWS, with the environment's credentials.
    Aws,
}

impl Place {
    /// Our emulator, in memory.
    pub async fn emulator() -> Place {
        let listener = port();
        let url = format!("http://{}", address(&listener));
        let settings = emulator::Settings {
            data: None,
            region: aws::DEFAULT_REGION.to_owned(),
        };
        let opened = emulator::open(&settings).expect("memory opens");
        let running = Running::start(|stop| opened.serve(listener, stop));
        Place::Emulator { url, running }
    }

    /// Our emulator as a process of its own, on disk. `house` is the binary that runs it.
    pub async fn process(house: &str) -> Place {
        let data = TempDir::new().expect("a folder");
        Place::started(house, Some(data)).await
    }

    /// The same, in memory.
    pub async fn process_in_memory(house: &str) -> Place {
        Place::started(house, None).await
    }

    async fn started(house: &str, data: Option<TempDir>) -> Place {
        let mut place = Place::Process {
            at: address(&port()),
            data,
            child: None,
        };
        place.restart(house).await;
        place
    }

    /// Starts the process, after [`Place::kill`] or for the first time, and waits until it answers.
    pub async fn restart(&mut self, house: &str) {
        let Place::Process { at, data, child } = self else {
            panic!("only a process can be restarted")
        };
        let mut command = Command::new(house);
        command.arg("emulator").arg("--listen").arg(at.to_string());
        match data {
            Some(folder) => command.arg("--data").arg(folder.path()),
            None => command.arg("--in-memory").env("RUST_LOG", "error"),
        };
        *child = Some(
            command
                .stdout(Stdio::null())
                .spawn()
                .expect("the emulator starts"),
        );
        eventually("the emulator answers", async || {
            tokio::net::TcpStream::connect(*at).await.ok()
        })
        .await;
    }

    /// Ends the process with SIGKILL, in the middle of whatever it does.
    pub fn kill(&mut self) {
        let Place::Process {
            child: Some(child), ..
        } = self
        else {
            panic!("only a process can be killed")
        };
        child.kill().expect("the process is ours");
        child.wait().expect("the process is ours");
    }

    /// SDK settings for this place.
    pub async fn config(&self) -> SdkConfig {
        let url = match self {
            Place::Emulator { url, .. } | Place::Endpoint(url) => url.clone(),
            Place::Process { at, .. } => format!("http://{at}"),
            Place::Aws => return aws::config().await.expect("endpoints are addresses"),
        };
        aws::local(&url).await
    }

    /// Stops what was started.
    pub async fn close(&mut self) {
        match std::mem::replace(self, Place::Aws) {
            Place::Emulator { running, .. } => running.stop().await,
            Place::Process {
                child: Some(mut child),
                ..
            } => {
                child.kill().expect("the process is ours");
                child.wait().expect("the process is ours");
            }
            _ => {}
        }
    }
}

/// Queues and bucket of one world.
#[derive(Debug)]
pub struct Belongings {
    /// Where the queues are.
    pub sqs: aws_sdk_sqs::Client,
    /// Where the bucket is.
    pub s3: aws_sdk_s3::Client,
    /// The source queue's name; the dead-letter queue's has a tail.
    pub queue: String,
    /// The bucket's name.
    pub bucket: String,
}

impl Belongings {
    /// Removes them, where others would stumble over them or pay for them.
    pub async fn remove(self) {
        let Belongings {
            sqs,
            s3,
            queue,
            bucket,
        } = self;
        for name in [queue.clone(), format!("{queue}-dlq")] {
            let url = sqs
                .get_queue_url()
                .queue_name(name)
                .send()
                .await
                .expect("the queue is there")
                .queue_url;
            sqs.delete_queue()
                .set_queue_url(url)
                .send()
                .await
                .expect("the queue can be deleted");
        }
        let mut pages = s3.list_objects_v2().bucket(&bucket).into_paginator().send();
        while let Some(page) = pages.next().await {
            for object in page.expect("the bucket can be listed").contents() {
                let key = object.key().unwrap_or_default();
                s3.delete_object()
                    .bucket(&bucket)
                    .key(key)
                    .send()
                    .await
                    .expect("the object can be deleted");
            }
        }
        s3.delete_bucket()
            .bucket(&bucket)
            .send()
            .await
            .expect("the bucket can be deleted");
    }
}
