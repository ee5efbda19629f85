//! A queue, a pipe and a target that can be told what to do: the half of the chain that an outage hits.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Child, Command};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use kit::aws;
use kit::definition::{Definition, DefinitionArgs};
use kit::send::AllowTargets;
use serde_json::json;
use tempfile::NamedTempFile;
use uuid::Uuid;

use crate::place::Place;
use crate::target::Target;
use crate::{Running, eventually};

/// How queue and pipe are made.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Whether the queue keeps the order of its groups.
    pub fifo: bool,
    /// Seconds that a message is hidden after a receive.
    pub visibility: u32,
    /// `maxReceiveCount`.
    pub most_receives: u32,
    /// `InvocationRateLimitPerSecond`.
    pub rate: u32,
    /// How long the target may take.
    pub timeout: Duration,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            fifo: false,
            visibility: 2,
            most_receives: 5,
            rate: 1_000_000,
            timeout: pipe::config::INVOCATION_TIMEOUT,
        }
    }
}

/// What runs the pipe.
#[derive(Debug)]
enum Pipe {
    Stopped,
    Here(Running),
    Process(Child),
}

/// Queue, dead-letter queue, pipe and target.
#[derive(Debug)]
pub struct Pipeline {
    /// Where events go.
    pub target: Target,
    sqs: aws_sdk_sqs::Client,
    queue: String,
    dead: String,
    shape: Shape,
    definition: Definition,
    file: NamedTempFile,
    sdk: SdkConfig,
    place: Place,
    pipe: Pipe,
}

impl Pipeline {
    /// Makes queues at `place`, starts a target, and a pipe between them in this process.
    pub async fn start(place: Place, shape: Shape) -> Pipeline {
        let mut pipeline = Pipeline::without_pipe(place, shape).await;
        pipeline.start_pipe();
        pipeline
    }

    /// The same, without a pipe.
    pub async fn without_pipe(place: Place, shape: Shape) -> Pipeline {
        kit::program::install_tls();
        kit::telemetry::init_with("error");
        let sdk = place.config().await;
        let target = Target::start().await;
        let tail = Uuid::new_v4().simple().to_string()[..8].to_owned();
        let suffix = if shape.fifo { ".fifo" } else { "" };
        let (queue, dead) = (format!("source-{tail}{suffix}"), format!("dead-{tail}{suffix}"));
        let mut file = tempfile::Builder::new().suffix(".json").tempfile().expect("a file");
        let template = template(&queue, &dead, target.at(), shape);
        file.write_all(template.to_string().as_bytes()).expect("the file can be written");
        let args = DefinitionArgs { files: vec![file.path().to_owned()], ..DefinitionArgs::default() };
        let definition = args.load(&aws::local_account(&sdk)).expect("the template loads");
        tidegate::provision::provision(&definition, &sdk).await.expect("queues are made");
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        Pipeline { target, sqs, queue, dead, shape, definition, file, sdk, place, pipe: Pipe::Stopped }
    }

    /// Starts the pipe in this process.
    pub fn start_pipe(&mut self) {
        let allowed = [self.target.at().to_string().parse().expect("an address")];
        let settings = pipe::Settings::new(&self.definition, AllowTargets::new(allowed), self.sdk.clone(), None);
        let settings = pipe::Settings { invocation_timeout: self.shape.timeout, ..settings.expect("the pipe loads") };
        self.pipe = Pipe::Here(Running::start(|stop| pipe::run(settings, stop)));
    }

    /// Starts the pipe as a process of its own. `house` is the binary that runs it.
    pub fn start_process(&mut self, house: &str) {
        let endpoint = self.sdk.endpoint_url().expect("the place is a local one");
        let mut command = Command::new(house);
        command.arg("pipe").args(["--admin-listen", "127.0.0.1:0", "--allow-target"]).arg(self.target.at().to_string());
        command.arg("--definition").arg(self.file.path());
        command.env("AWS_ENDPOINT_URL", endpoint).env("RUST_LOG", "error").env_remove("AWS_ACCOUNT_ID");
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        self.pipe = Pipe::Process(command.spawn().expect("the pipe starts"));
    }

    /// Ends the pipe's process with SIGKILL, in the middle of whatever it does.
    pub fn kill_pipe(&mut self) {
        let Pipe::Process(mut child) = std::mem::replace(&mut self.pipe, Pipe::Stopped) else {
            panic!("only a process can be killed")
        };
        child.kill().expect("the process is ours");
        child.wait().expect("the process is ours");
    }

    /// Stops the pipe as SIGTERM would.
    pub async fn stop_pipe(&mut self) {
        let Pipe::Here(running) = std::mem::replace(&mut self.pipe, Pipe::Stopped) else { panic!("no pipe runs here") };
        running.stop().await;
    }

    /// Sends bodies `{"n": number, …}`, ten a request; in FIFO queues `group` names each one's group.
    pub async fn send(&self, numbers: impl IntoIterator<Item = u64>, group: impl Fn(u64) -> String) {
        let numbers: Vec<u64> = numbers.into_iter().collect();
        for ten in numbers.chunks(10) {
            let entries = ten.iter().map(|number| {
                let body = json!({"n": number, "group": group(*number)}).to_string();
                let entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body);
                let entry = match self.shape.fifo {
                    true => entry.message_group_id(group(*number)).message_deduplication_id(number.to_string()),
                    false => entry,
                };
                entry.build().expect("id and body are there")
            });
            let request = self.sqs.send_message_batch().queue_url(self.url(&self.queue).await);
            let sent = request.set_entries(Some(entries.collect())).send().await.expect("SQS answers");
            assert!(sent.failed.is_empty(), "{:?}", sent.failed);
        }
    }

    /// Messages that are not deleted yet.
    pub async fn waiting(&self) -> u64 {
        self.count(&self.queue).await
    }

    /// Messages in the dead-letter queue.
    pub async fn dead_letters(&self) -> u64 {
        self.count(&self.dead).await
    }

    /// Waits until the queue is empty: everything was delivered or is dead.
    pub async fn wait_until_empty(&self) {
        eventually("the queue is empty", async || (self.waiting().await == 0).then_some(())).await;
    }

    async fn url(&self, queue: &str) -> String {
        let found = self.sqs.get_queue_url().queue_name(queue).send().await.expect("the queue is there");
        found.queue_url.expect("a queue has a URL")
    }

    async fn count(&self, queue: &str) -> u64 {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let asked =
            self.sqs.get_queue_attributes().queue_url(self.url(queue).await).set_attribute_names(Some(names.into()));
        let attributes = asked.send().await.expect("attributes").attributes.unwrap_or_default();
        attributes.values().filter_map(|value| value.parse::<u64>().ok()).sum()
    }

    /// Stops everything.
    pub async fn end(mut self) {
        match std::mem::replace(&mut self.pipe, Pipe::Stopped) {
            Pipe::Here(running) => running.stop().await,
            Pipe::Process(mut child) => {
                child.kill().expect("the process is ours");
                child.wait().expect("the process is ours");
            }
            Pipe::Stopped => {}
        }
        self.place.close().await;
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if let Pipe::Process(child) = &mut self.pipe {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// The event that the target gets says how often its message was received: `{"n", "group", "receives"}`.
fn template(queue: &str, dead: &str, target: SocketAddr, shape: Shape) -> serde_json::Value {
    let fifo = |mut properties: serde_json::Value| {
        if shape.fifo {
            properties["FifoQueue"] = json!(true);
        }
        json!({"Type": "AWS::SQS::Queue", "Properties": properties})
    };
    let redrive =
        json!({"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": shape.most_receives});
    let source = json!({"QueueName": queue, "VisibilityTimeout": shape.visibility, "RedrivePolicy": redrive});
    json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {
        "Dead": fifo(json!({"QueueName": dead})),
        "Source": fifo(source),
        "Connection": {"Type": "AWS::Events::Connection", "Properties": {
            "AuthorizationType": "API_KEY",
            "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "key"}}
        }},
        "Destination": {"Type": "AWS::Events::ApiDestination", "Properties": {
            "ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]},
            "InvocationEndpoint": format!("http://{target}/in"),
            "HttpMethod": "POST",
            "InvocationRateLimitPerSecond": shape.rate
        }},
        "Pipe": {"Type": "AWS::Pipes::Pipe", "Properties": {
            "Name": format!("pipe-of-{queue}"),
            "RoleArn": "arn:aws:iam::000000000000:role/pipe",
            "Source": {"Fn::GetAtt": ["Source", "Arn"]},
            "SourceParameters": {"SqsQueueParameters": {"BatchSize": 1}},
            "Target": {"Fn::GetAtt": ["Destination", "Arn"]},
            "TargetParameters": {"InputTemplate":
                r#"{"n": <$.body.n>, "group": <$.body.group>, "receives": <$.attributes.ApproximateReceiveCount>}"#}
        }}
    }})
}
