//! The whole house on free loopback ports, with verbs to hold it by: publish, stop the subscriber,
//! look into the bucket.
//!
//! Programs run in this process, each through its own `run`, and speak to each other over HTTP
//! only. What stands behind SQS and S3 is chosen by [`Place`]: our emulator, LocalStack, or AWS
//! itself.

pub mod evidence;
pub mod pipe_stories;
pub mod pipeline;
pub mod place;
pub mod relay;
pub mod rows;
pub mod stories;
pub mod target;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use bytes::Bytes;
use gateway::api::Apis;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use kit::call::{Call, Reply};
use kit::definition::{Declarations, DefinitionArgs};
use kit::send::{AllowTargets, SendError, Sender};
use kit::{aws, serve};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use place::{Belongings, Place};
use relay::Relay;

/// How long a story waits for something that must happen. Generous: it is the limit of patience,
/// not a measurement.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A program that runs in this process.
#[derive(Debug)]
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Starts a program; it gets the token that stops it.
    pub fn start<F>(program: impl FnOnce(CancellationToken) -> F) -> Running
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        Running {
            task: tokio::spawn(program(stop.clone())),
            stop,
        }
    }

    /// Stops it as SIGTERM would, and waits until it has drained.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task
            .await
            .expect("a program panicked")
            .expect("a program failed");
    }
}

/// The chain, up and provisioned. Queue and bucket have names of their own in every world.
#[derive(Debug)]
pub struct World {
    /// SQS of this world.
    pub sqs: aws_sdk_sqs::Client,
    /// S3 of this world, past the relay.
    pub s3: aws_sdk_s3::Client,
    /// The source queue's name.
    pub queue: String,
    /// The bucket's name.
    pub bucket: String,
    /// Between subscriber and S3; cutting it is what "S3 is down" means.
    pub s3_road: Option<Relay>,
    place: Place,
    sdk: SdkConfig,
    sender: Sender,
    gateway_at: SocketAddr,
    publisher_at: SocketAddr,
    subscriber_at: SocketAddr,
    subscriber: Option<Running>,
    others: Vec<Running>,
}

impl World {
    /// Starts everything at `place`.
    pub async fn start(place: Place) -> World {
        kit::program::install_tls();
        kit::telemetry::init_with("warn");
        let sdk = place.config().await;
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

        let s3_road = match sdk.endpoint_url() {
            Some(url) => Some(Relay::to(url).await),
            None => None,
        };
        let (gateway_at, publisher_at) = (address(&gateway_port), address(&publisher_port));
        let mut world = World {
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
            s3_road,
            place,
            sdk,
            gateway_at,
            publisher_at,
            subscriber_at,
        };
        world.start_subscriber_on(subscriber_port);
        world
    }

    /// Posts a JSON body to `/events/sub`.
    ///
    /// # Errors
    /// The gateway gave no answer.
    pub async fn publish(&self, body: &str) -> Result<Reply, SendError> {
        self.gate().publish(body).await
    }

    /// The way into the chain, for many who publish at once.
    pub fn gate(&self) -> Gate {
        Gate {
            sender: self.sender.clone(),
            at: self.gateway_at,
        }
    }

    /// Posts a body to the gateway.
    ///
    /// # Errors
    /// The gateway gave no answer.
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
    /// There was no answer.
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

    /// Where the gateway listens.
    pub fn gateway_at(&self) -> SocketAddr {
        self.gateway_at
    }

    /// What stands behind SQS and S3.
    pub fn place_mut(&mut self) -> &mut Place {
        &mut self.place
    }

    /// Where the subscriber listens, when it does.
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
        let sdk = match &self.s3_road {
            Some(road) => self.sdk.to_builder().endpoint_url(road.url()).build(),
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

    /// The keys of the bucket. Empty when S3 gives no answer.
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

    /// Waits until the bucket holds `count` objects, and gives them all.
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
        self.place.close().await;
    }

    /// What this world makes at its place, for whoever takes it away.
    pub fn belongings(&self) -> Belongings {
        let (sqs, s3) = (self.sqs.clone(), self.s3.clone());
        Belongings {
            sqs,
            s3,
            queue: self.queue.clone(),
            bucket: self.bucket.clone(),
        }
    }
}

/// Publishes, wherever it is taken.
#[derive(Debug, Clone)]
pub struct Gate {
    sender: Sender,
    at: SocketAddr,
}

impl Gate {
    /// Posts a JSON body to `/events/sub`.
    ///
    /// # Errors
    /// The gateway gave no answer.
    pub async fn publish(&self, body: &str) -> Result<Reply, SendError> {
        let headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        exchange(
            &self.sender,
            Method::POST,
            self.at,
            "/events/sub",
            headers,
            body,
        )
        .await
    }
}

async fn exchange(
    sender: &Sender,
    method: Method,
    at: SocketAddr,
    path: &str,
    headers: HeaderMap,
    body: &str,
) -> Result<Reply, SendError> {
    let url = format!("http://{at}{path}").parse().expect("a URL");
    let call = Call {
        method,
        url,
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    sender.send(call, Duration::from_secs(60), 1 << 20).await
}

/// Asks again and again until there is an answer.
///
/// # Panics
/// There is none for [`PATIENCE`].
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A free loopback port, bound.
pub fn port() -> TcpListener {
    serve::bind(([127, 0, 0, 1], 0).into(), "nothing").expect("a free port")
}

/// Where a port is.
pub fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("a bound port has an address")
}

fn s3_client(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let config =
        aws_sdk_s3::config::Builder::from(sdk).force_path_style(sdk.endpoint_url().is_some());
    aws_sdk_s3::Client::from_conf(config.build())
}

fn start_gateway(
    definition: &Declarations,
    account_id: &str,
    sdk: &SdkConfig,
    listener: TcpListener,
    admin: TcpListener,
) -> Running {
    let apis = Apis::load(definition, None).expect("the built-in API loads");
    let settings = gateway::Settings {
        apis,
        account_id: account_id.to_owned(),
        sdk: sdk.clone(),
        listener,
        admin,
    };
    Running::start(|stop| gateway::run(settings, stop))
}

fn start_pipe(
    definition: &Declarations,
    sdk: &SdkConfig,
    subscriber_at: SocketAddr,
    admin: TcpListener,
) -> Running {
    let allowed = [subscriber_at.to_string().parse().expect("an address")];
    let settings = pipe::Settings::new(
        definition,
        AllowTargets::new(allowed),
        sdk.clone(),
        Some(admin),
    );
    let settings = settings.expect("the built-in pipe loads");
    Running::start(|stop| pipe::run(settings, stop))
}

fn start_publisher(gateway_at: SocketAddr, listener: TcpListener) -> Running {
    let sub_host = format!("http://{gateway_at}/events/sub")
        .parse()
        .expect("a URL");
    Running::start(|stop| publisher::run(publisher::Settings { sub_host, listener }, stop))
}
