//! Door: emulator, gateway, pipe, pub and sub in one process, each on its own port. They speak to each other over HTTP
//! only, exactly as they do in processes of their own.

mod banner;
mod chain;
mod queues;

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::Context as _;
use aws_config::SdkConfig;
use kit::definition::{Definition, DefinitionArgs};
use kit::hops::HopArgs;
use kit::listen::{default_host, reached_at};
use kit::send::AllowTarget;
use kit::{aws, console, serve};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::provision;
use banner::{Banner, EVENT, Parts};
use chain::{Chain, Reach};

/// The ports, before `--port-offset`.
const EMULATOR: u16 = 4566;
const GATEWAY: u16 = 8080;
const GATEWAY_ADMIN: u16 = 8081;
const PIPE_ADMIN: u16 = 8082;
const PUBLISHER: u16 = 3000;
const SUBSCRIBER: u16 = 3001;

/// Where the subscriber keeps events when the definition declares no bucket.
const BUCKET: &str = "donggyu-test-poc";

/// What `tidegate up` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Where queued messages and stored objects are kept
    #[arg(long, value_name = "DIR", env = "EMULATOR_DATA", default_value = "./data")]
    pub data: PathBuf,
    /// Keep nothing on disk
    #[arg(long, env = "EMULATOR_IN_MEMORY", value_parser = kit::cli::boolean)]
    pub in_memory: bool,
    /// Shift every port by this much; their address is HOST (127.0.0.1)
    #[arg(long, value_name = "N", env = "PORT_OFFSET", default_value_t = 0, value_parser = kit::cli::number(0..=u16::MAX, "an offset of ports"))]
    pub port_offset: u16,
    /// The stage that answers when neither a custom domain nor the path selects one [default: the only one]
    #[arg(long, env = "GATEWAY_STAGE")]
    pub stage: Option<String>,
    /// A private address that the pipe may deliver to, beside the subscriber here and what the definition names on this
    /// machine: NAME, ADDRESS or NETWORK, with an optional :PORT. Repeatable; commas in the environment
    #[arg(long, value_name = "TARGET", env = "PIPE_ALLOW_TARGET", value_delimiter = ',')]
    pub allow_target: Vec<AllowTarget>,
    /// Lines about single messages
    #[command(flatten)]
    pub hops: HopArgs,
    /// Definition files
    #[command(flatten)]
    pub definition: DefinitionArgs,
}

/// The chain, ready to start: everything is read, and every port is bound. Programs that a definition has nothing for are
/// not there.
#[derive(Debug)]
pub struct House {
    emulator: emulator::Opened,
    gateway: Option<gateway::Settings>,
    pipe: Option<pipe::Settings>,
    publisher: Option<publisher::Settings>,
    subscriber: Option<subscriber::Settings>,
    sqs_and_s3: TcpListener,
    definition: Definition,
    used: BTreeSet<queues::Used>,
    sdk: SdkConfig,
    banner: Banner,
}

impl Args {
    /// Reads definitions and binds all ports.
    ///
    /// # Errors
    /// A definition or the data folder cannot be read, or a port is taken; the text says which and what moves it.
    pub async fn prepare(mut self) -> anyhow::Result<House> {
        self.hops.apply();
        let bound = Ports::shifted(self.port_offset)?;
        let ports = bound.reached();
        let sdk = aws::local(&format!("http://{}", ports.emulator)).await;
        aws::check_region(&sdk)?;
        let subscriber_url: Url = format!("http://{}/sub", ports.subscriber).parse()?;
        self.definition.defaults.insert("SubEndpoint".to_owned(), subscriber_url.to_string());
        let account = aws::local_account(&sdk);
        let definition = self.definition.load(&account)?;
        self.allow_target.push(ports.subscriber.to_string().parse().map_err(anyhow::Error::msg)?);
        let reach = if bound.gateway.ip().is_loopback() { Reach::ThisMachine } else { Reach::Network };
        let chain = Chain::read(&definition, &account, self.stage, &subscriber_url, self.allow_target, reach)?;
        definition.report_beside();

        let is_demo = self.definition.is_built_in() || chain.reaches_subscriber;
        let example = gateway::example::example(&chain.apis, &account.account_id, EVENT);
        let sub_host = example.as_ref().filter(|example| is_demo && example.body.is_some());
        let sub_host = sub_host.map(|example| format!("http://{}{}", ports.gateway, example.path).parse::<Url>());
        let sub_host = sub_host.transpose()?;
        let bucket = is_demo.then(|| chain.declared.buckets.first().map_or(BUCKET, String::as_str).to_owned());
        let data = (!self.in_memory).then_some(self.data);
        let parts = Parts {
            ports: &ports,
            chain: &chain,
            account: &account,
            example: example.as_ref(),
            publisher: sub_host.as_ref(),
            subscriber: bucket.as_deref(),
        };
        let banner = Banner::of(&parts, data.as_deref());

        let bind = |port| serve::bind_host(port, "--port-offset", "HOST");
        let Chain { apis, pipes, used, allowed, .. } = chain;
        let gateway = match apis.apis.is_empty() {
            true => None,
            false => {
                let (listener, admin) = (bind(bound.gateway)?, bind(bound.gateway_admin)?);
                Some(gateway::Settings {
                    apis,
                    account_id: account.account_id.clone(),
                    sdk: sdk.clone(),
                    listener,
                    admin,
                })
            }
        };
        let pipe = match pipes.pipes.is_empty() {
            true => None,
            false => Some(pipe::Settings::of(pipes, allowed, sdk.clone(), Some(bind(bound.pipe_admin)?))),
        };
        let publisher = match sub_host {
            Some(sub_host) => Some(publisher::Settings { sub_host, listener: bind(bound.publisher)? }),
            None => None,
        };
        let subscriber = match bucket {
            Some(bucket) => Some(subscriber::Settings { bucket, sdk: sdk.clone(), listener: bind(bound.subscriber)? }),
            None => None,
        };
        let sqs_and_s3 = bind(bound.emulator)?;
        tracing::info!("tidegate {}", aws::introduction(&sdk, &["SQS", "S3"], Some(&account.account_id)));
        let emulator = emulator::open(&emulator::Settings { data, region: aws::region(&sdk).to_owned() })?;
        Ok(House { emulator, gateway, pipe, publisher, subscriber, sqs_and_s3, definition, used, sdk, banner })
    }
}

/// Runs the chain until `stop` is cancelled: first everything that uses the emulator ends, then the emulator.
///
/// # Errors
/// A program ended by itself.
pub async fn run(house: House, stop: CancellationToken) -> anyhow::Result<()> {
    let last = CancellationToken::new();
    let bucket = house.subscriber.as_ref().map(|subscriber| subscriber.bucket.clone());
    let mut emulator = tokio::spawn(house.emulator.serve(house.sqs_and_s3, last.clone()));
    tokio::select! {
        furnished = furnish(&house.definition, &house.used, bucket.as_deref(), &house.sdk) => furnished?,
        ended = &mut emulator => return ended_by_itself(ended),
        // Thousands of queues take minutes, and nobody waits that long for a program that was told to stop.
        () = stop.cancelled() => {
            last.cancel();
            return flat(emulator.await);
        }
    };
    let mut programs = JoinSet::new();
    if let Some(gateway) = house.gateway {
        programs.spawn(named("gateway", gateway::run(gateway, stop.clone())));
    }
    if let Some(pipe) = house.pipe {
        programs.spawn(named("pipe", pipe::run(pipe, stop.clone())));
    }
    if let Some(publisher) = house.publisher {
        programs.spawn(named("pub", publisher::run(publisher, stop.clone())));
    }
    if let Some(subscriber) = house.subscriber {
        programs.spawn(named("sub", subscriber::run(subscriber, stop.clone())));
    }
    console::announce(&house.banner);
    // One that ends by itself takes the others with it: half a chain would only look like one.
    let mut result = Ok(());
    let emulator_runs = tokio::select! {
        ended = programs.join_next(), if !programs.is_empty() => {
            result = result.and(ended.map_or(Ok(()), flat));
            true
        }
        ended = &mut emulator => {
            result = ended_by_itself(ended);
            false
        }
        () = stop.cancelled() => true,
    };
    stop.cancel();
    while let Some(ended) = programs.join_next().await {
        result = result.and(flat(ended));
    }
    last.cancel();
    if emulator_runs { result.and(flat(emulator.await)) } else { result }
}

/// Makes the queues and buckets that everybody else relies on; `bucket` is the subscriber's, who cannot do without.
async fn furnish(
    definition: &Definition,
    used: &BTreeSet<queues::Used>,
    bucket: Option<&str>,
    sdk: &SdkConfig,
) -> anyhow::Result<()> {
    provision::provision(definition, sdk).await?;
    if let Some(bucket) = bucket {
        provision::buckets::create_plain(bucket, sdk).await?;
    }
    queues::make(used, sdk).await
}

fn flat(ended: Result<anyhow::Result<()>, JoinError>) -> anyhow::Result<()> {
    ended.map_err(anyhow::Error::from).flatten()
}

/// Nobody told the emulator to end, so that even its success is a failure of the house.
fn ended_by_itself(ended: Result<anyhow::Result<()>, JoinError>) -> anyhow::Result<()> {
    flat(ended).and(Err(anyhow::anyhow!("it ended by itself"))).context("emulator")
}

async fn named(name: &'static str, program: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    program.await.context(name)
}

/// Where the parts of the house are.
#[derive(Debug, Clone, Copy)]
struct Ports {
    emulator: SocketAddr,
    gateway: SocketAddr,
    gateway_admin: SocketAddr,
    pipe_admin: SocketAddr,
    publisher: SocketAddr,
    subscriber: SocketAddr,
}

impl Ports {
    fn shifted(offset: u16) -> anyhow::Result<Ports> {
        let host = default_host()?;
        let at = |port: u16| {
            let shifted = port.checked_add(offset);
            let given = || kit::cli::given("--port-offset", "PORT_OFFSET", &offset);
            let port = shifted.with_context(|| format!("{}: there is no port {port} + {offset}", given()))?;
            Ok::<_, anyhow::Error>(SocketAddr::new(host, port))
        };
        Ok(Ports {
            emulator: at(EMULATOR)?,
            gateway: at(GATEWAY)?,
            gateway_admin: at(GATEWAY_ADMIN)?,
            pipe_admin: at(PIPE_ADMIN)?,
            publisher: at(PUBLISHER)?,
            subscriber: at(SUBSCRIBER)?,
        })
    }

    /// Where the programs of the house find each other.
    fn reached(&self) -> Ports {
        Ports {
            emulator: reached_at(self.emulator),
            gateway: reached_at(self.gateway),
            gateway_admin: reached_at(self.gateway_admin),
            pipe_admin: reached_at(self.pipe_admin),
            publisher: reached_at(self.publisher),
            subscriber: reached_at(self.subscriber),
        }
    }
}
