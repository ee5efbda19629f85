//! Emulator and pipe as processes, and the queue between them.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use tokio::task::JoinSet;

use crate::target::Target;

const PIPE: &str = env!("CARGO_BIN_EXE_pipe");

/// Requests that fill the queue at once.
const FILLERS: usize = 8;

/// A process that ends with this one.
pub struct Process {
    /// Its handle.
    pub child: Child,
}

/// The queue, and what stands before and behind it.
pub struct Chain {
    /// SQS.
    pub emulator: Process,
    /// The pipe, once it was started.
    pub pipe: Option<Process>,
    client: Client,
    queue: String,
    endpoint: String,
    concurrency: usize,
    folder: tempfile::TempDir,
}

impl Process {
    pub fn start(command: &mut Command) -> Process {
        let child = command.spawn();
        Process {
            child: child.unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program())),
        }
    }

    /// CPU time until now, of user and system.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Behind the name, which may hold anything, utime and stime are the 12th and 13th field, in
        // hundredths.
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let ticks: u64 = fields[11..13]
            .iter()
            .map(|ticks| ticks.parse::<u64>().unwrap())
            .sum();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Chain {
    /// Starts an emulator with a queue in it, and writes a definition that leads from there to
    /// `target`.
    pub async fn start(target: &Target, concurrency: usize) -> Chain {
        let program = Path::new(PIPE).with_file_name("emulator");
        assert!(
            program.exists(),
            "there is no {}: cargo build --profile bench -p emulator",
            program.display()
        );
        let endpoint = format!("http://127.0.0.1:{}", free_port());
        let mut command = Command::new(program);
        command
            .args(["--in-memory", "--listen", &endpoint[7..]])
            .stdout(Stdio::piped())
            .env("RUST_LOG", "warn");
        let mut emulator = Process::start(&mut command);
        let mut lines = BufReader::new(emulator.child.stdout.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.is_ok_and(|line| line.contains("Ready."))),
            "the emulator did not start"
        );
        let client = Client::new(&kit::aws::local(&endpoint).await);
        let queue = client
            .create_queue()
            .queue_name("q")
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pipe.yaml"), definition(target)).unwrap();
        Chain {
            emulator,
            pipe: None,
            client,
            queue,
            endpoint,
            concurrency,
            folder,
        }
    }

    /// Fills the queue; returns how many messages a second.
    pub async fn fill(&self, body: &str, events: usize) -> f64 {
        let begun = Instant::now();
        let mut fillers = JoinSet::new();
        for filler in 0..FILLERS {
            let (client, queue, body) = (self.client.clone(), self.queue.clone(), body.to_owned());
            fillers.spawn(async move {
                let mut left = events / FILLERS + usize::from(filler < events % FILLERS);
                while left > 0 {
                    let entries = (0..left.min(10)).map(|id| entry(id, &body)).collect();
                    let sent = client
                        .send_message_batch()
                        .queue_url(&queue)
                        .set_entries(Some(entries))
                        .send()
                        .await;
                    assert!(sent.unwrap().failed.is_empty());
                    left -= left.min(10);
                }
            });
        }
        while let Some(ended) = fillers.join_next().await {
            ended.unwrap();
        }
        events as f64 / begun.elapsed().as_secs_f64()
    }

    /// Sends one message; returns when that began.
    pub async fn send(&self, body: &str) -> SystemTime {
        let begun = kit::time::wall();
        self.client
            .send_message()
            .queue_url(&self.queue)
            .message_body(body)
            .send()
            .await
            .unwrap();
        begun
    }

    /// Starts the pipe, whose log is a file; with a line for each message, or without. One that
    /// runs ends.
    pub fn start_pipe(&mut self, has_hops: bool) {
        self.pipe = None;
        let log = std::fs::File::create(self.folder.path().join("pipe.log")).unwrap();
        let mut command = Command::new(PIPE);
        command
            .arg("--definition")
            .arg(self.folder.path().join("pipe.yaml"))
            .args([
                "--allow-target",
                "127.0.0.1",
                "--admin-listen",
                "127.0.0.1:0",
            ])
            .args(["--concurrency", &self.concurrency.to_string()])
            .envs([
                ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
                ("AWS_ACCOUNT_ID", "000000000000"),
            ])
            .envs([
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("NO_PROXY", "127.0.0.1"),
            ])
            .envs([
                ("RUST_LOG", "info"),
                ("LOG_FORMAT", "json"),
                ("QUIET", if has_hops { "0" } else { "1" }),
            ])
            .stdout(Stdio::null())
            .stderr(log);
        self.pipe = Some(Process::start(&mut command));
    }

    /// Ends the pipe.
    pub fn end_pipe(&mut self) {
        self.pipe = None;
    }

    /// Ends all processes.
    pub fn end(self) {
        drop(self);
    }
}

fn entry(id: usize, body: &str) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder()
        .id(id.to_string())
        .message_body(body)
        .build()
        .unwrap()
}

fn free_port() -> u16 {
    kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn definition(target: &Target) -> String {
    format!(
        r#"Resources:
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Name: bench
      RoleArn: r
      Source: !Sub arn:aws:sqs:${{AWS::Region}}:000000000000:q
      Target: !GetAtt Destination.Arn
      TargetParameters: {{InputTemplate: '{{"body": <$.body>}}'}}
  Destination:
    Type: AWS::Events::ApiDestination
    Properties:
      ConnectionArn: !GetAtt Connection.Arn
      InvocationEndpoint: {}/in
      HttpMethod: POST
      InvocationRateLimitPerSecond: 1000000
  Connection:
    Type: AWS::Events::Connection
    Properties:
      AuthorizationType: API_KEY
      AuthParameters: {{ApiKeyAuthParameters: {{ApiKeyName: x-key, ApiKeyValue: key}}}}
"#,
        target.url
    )
}
