//! The whole chain on free loopback ports, with verbs for tests: publish, stop the subscriber, look
//! into the bucket.
//!
//! Programs run in this process, each through its own `run`, and speak to each other over HTTP
//! only. [`Backend`] chooses what SQS and S3 are: our emulator, LocalStack, or AWS itself.

pub mod backend;
mod client;
pub mod evidence;
pub mod pipe_stories;
pub mod pipeline;
pub mod proxy;
pub mod resources;
pub mod rows;
mod running;
mod start;
pub mod stories;
pub mod target;
mod waiting;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};

use aws_config::SdkConfig;
use http::{HeaderMap, HeaderValue, Method};
use kit::call::Reply;
use kit::definition::DefinitionArgs;
use kit::send::{AllowTargets, SendError, Sender};
use kit::{aws, serve};
use uuid::Uuid;

use backend::Backend;
use client::exchange;
use proxy::Proxy;
use resources::Resources;
use start::{start_gateway, start_pipe, start_publisher};

pub use client::Client;
pub use running::Running;
pub use waiting::{PATIENCE, address, eventually, port};

/// The chain, up and provisioned. Queue and bucket have their own names in every harness.
#[derive(Debug)]
pub struct Harness {
    /// SQS, at the backend.
    pub sqs: aws_sdk_sqs::Client,
    /// S3, at the backend, without the proxy.
    pub s3: aws_sdk_s3::Client,
    /// The source queue's name.
    pub queue: String,
    /// The bucket's name.
    pub bucket: String,
    /// Between subscriber and S3. "S3 is down" means that it is cut.
    pub s3_proxy: Option<Proxy>,
    backend: Backend,
    sdk: SdkConfig,
    sender: Sender,
    gateway_at: SocketAddr,
    publisher_at: SocketAddr,
    subscriber_at: SocketAddr,
    subscriber: Option<Running>,
    others: Vec<Running>,
}

impl Harness {
    /// Starts everything on `backend`.
    pub async fn start(backend: Backend) -> Harness {
        kit::program::install_tls();
        kit::telemetry::init_with("warn");
        let sdk = backend.config().await;
        let tail = Uuid::new_v4().simple().to_string()[..8].to_owned();
        let (queue, bucket) = (
            format!("ex-queue-{tail}"),
            format!("donggyu-test-poc-{tail}"),
        );
        let (gateway_port, gateway_admin, pipe_admin, publisher_port, subscriber_port) =
            (port(), port(), port(), port(), port());
        let subscriber_at = address(&subscriber_port);
        let account = aws::account(&sdk).await.expect("an account");
        let overrides = [
            format!("SubEndpoint=http://{subscriber_at}/sub"),
            format!("QueueName={queue}"),
            format!("BucketName={bucket}"),
            "VisibilityTimeout=3".to_owned(),
        ];
        let args = DefinitionArgs {
            parameter_overrides: overrides.into(),
            ..DefinitionArgs::default()
        };
        let definition = args.load(&account).expect("the built-in definition loads");
        tidegate::provision::provision(&definition, &sdk)
            .await
            .expect("queues and bucket are made");

        let s3_proxy = match sdk.endpoint_url() {
            Some(url) => Some(Proxy::to(url).await),
            None => None,
        };
        let (gateway_at, publisher_at) = (address(&gateway_port), address(&publisher_port));
        let mut harness = Harness {
            sqs: aws_sdk_sqs::Client::new(&sdk),
            s3: s3_client(&sdk),
            sender: Sender::new(AllowTargets::anywhere()).expect("certificate authorities"),
            subscriber: None,
            others: vec![
                start_gateway(
                    &definition,
                    &account.account_id,
                    &sdk,
                    gateway_port,
                    gateway_admin,
                ),
                start_pipe(&definition, &sdk, subscriber_at, pipe_admin),
                start_publisher(gateway_at, publisher_port),
            ],
            queue,
            bucket,
            s3_proxy,
            backend,
            sdk,
            gateway_at,
            publisher_at,
            subscriber_at,
        };
        harness.start_subscriber_on(subscriber_port);
        harness
    }

    /// Posts a JSON body to `/events/sub`.
    ///
    /// # Errors
    /// There was no reply.
    pub async fn publish(&self, body: &str) -> Result<Reply, SendError> {
        self.client().publish(body).await
    }

    /// A client that publishes, for many tasks at once.
    pub fn client(&self) -> Client {
        Client {
            sender: self.sender.clone(),
            at: self.gateway_at,
        }
    }

    /// Posts a body to the gateway.
    ///
    /// # Errors
    /// There was no reply.
    pub async fn post(
        &self,
        path: &str,
        content_type: &str,
        body: &str,
    ) -> Result<Reply, SendError> {
        let mut headers = HeaderMap::new();
        headers.insert(
            "content-type",
            HeaderValue::from_str(content_type).expect("a header value"),
        );
        self.send(Method::POST, self.gateway_at, path, headers, body)
            .await
    }

    /// `GET` at the publisher.
    pub async fn get_from_publisher(&self, path: &str) -> Reply {
        let reply = self
            .send(Method::GET, self.publisher_at, path, HeaderMap::new(), "")
            .await;
        reply.expect("the publisher answers")
    }

    /// One HTTP request to one of the programs.
    ///
    /// # Errors
    /// There was no reply.
    pub async fn send(
        &self,
        method: Method,
        at: SocketAddr,
        path: &str,
        headers: HeaderMap,
        body: &str,
    ) -> Result<Reply, SendError> {
        exchange(&self.sender, method, at, path, headers, body).await
    }

    /// The address of the gateway.
    pub fn gateway_at(&self) -> SocketAddr {
        self.gateway_at
    }

    /// The backend of SQS and S3.
    pub fn backend_mut(&mut self) -> &mut Backend {
        &mut self.backend
    }

    /// The address of the subscriber, running or not.
    pub fn subscriber_at(&self) -> SocketAddr {
        self.subscriber_at
    }

    /// Stops the subscriber: connections to it are refused from now on.
    pub async fn stop_subscriber(&mut self) {
        self.subscriber
            .take()
            .expect("the subscriber runs")
            .stop()
            .await;
    }

    /// Starts the subscriber again, on the same port.
    pub async fn start_subscriber(&mut self) {
        let listener = eventually("the subscriber's port is free again", async || {
            serve::bind(self.subscriber_at, "nothing").ok()
        });
        let listener = listener.await;
        self.start_subscriber_on(listener);
    }

    fn start_subscriber_on(&mut self, listener: TcpListener) {
        let sdk = match &self.s3_proxy {
            Some(proxy) => self.sdk.to_builder().endpoint_url(proxy.url()).build(),
            None => self.sdk.clone(),
        };
        let settings = subscriber::Settings {
            bucket: self.bucket.clone(),
            sdk,
            listener,
        };
        self.subscriber = Some(Running::start(|stop| subscriber::run(settings, stop)));
    }

    /// Every object of the bucket, by key.
    pub async fn stored(&self) -> BTreeMap<String, String> {
        let mut stored = BTreeMap::new();
        for key in self.keys().await {
            let object = self
                .s3
                .get_object()
                .bucket(&self.bucket)
                .key(&key)
                .send()
                .await
                .expect("the object is there");
            let bytes = object
                .body
                .collect()
                .await
                .expect("the object is complete")
                .into_bytes();
            stored.insert(
                key,
                String::from_utf8(bytes.to_vec()).expect("events are text"),
            );
        }
        stored
    }

    /// The keys of the bucket. Empty when S3 does not answer.
    pub async fn keys(&self) -> Vec<String> {
        let mut pages = self
            .s3
            .list_objects_v2()
            .bucket(&self.bucket)
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(Ok(page)) = pages.next().await {
            keys.extend(
                page.contents()
                    .iter()
                    .filter_map(|object| object.key().map(ToOwned::to_owned)),
            );
        }
        keys
    }

    /// Waits until the bucket holds `count` objects, and returns all objects.
    pub async fn wait_for_objects(&self, count: usize) -> BTreeMap<String, String> {
        eventually(&format!("{count} objects are stored"), async || {
            (self.keys().await.len() >= count).then_some(())
        })
        .await;
        self.stored().await
    }

    /// Messages in the queue of that name: waiting and in flight.
    pub async fn messages_in(&self, queue: &str) -> u64 {
        use aws_sdk_sqs::types::QueueAttributeName as Name;
        let url = self
            .sqs
            .get_queue_url()
            .queue_name(queue)
            .send()
            .await
            .expect("the queue is there")
            .queue_url;
        let counts = self
            .sqs
            .get_queue_attributes()
            .set_queue_url(url)
            .attribute_names(Name::All)
            .send()
            .await;
        let counts = counts.expect("attributes").attributes.unwrap_or_default();
        [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
        ]
        .iter()
        .filter_map(|name| counts.get(name)?.parse::<u64>().ok())
        .sum()
    }

    /// Messages in the dead-letter queue.
    pub async fn dead_letters(&self) -> u64 {
        self.messages_in(&format!("{}-dlq", self.queue)).await
    }

    /// Stops everything.
    pub async fn end(mut self) {
        if let Some(subscriber) = self.subscriber.take() {
            subscriber.stop().await;
        }
        for program in self.others {
            program.stop().await;
        }
        self.backend.close().await;
    }

    /// The queues and the bucket of this harness, so that a test can remove them.
    pub fn resources(&self) -> Resources {
        let (sqs, s3) = (self.sqs.clone(), self.s3.clone());
        Resources {
            sqs,
            s3,
            queue: self.queue.clone(),
            bucket: self.bucket.clone(),
        }
    }
}

fn s3_client(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let config =
        aws_sdk_s3::config::Builder::from(sdk).force_path_style(sdk.endpoint_url().is_some());
    aws_sdk_s3::Client::from_conf(config.build())
}
