//! Door: emulator, gateway, pipe, pub and sub in one process, each on its own port. They speak to each other over HTTP
//! only, exactly as they do in processes of their own.

mod banner;
mod queues;

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::Context as _;
use aws_config::SdkConfig;
use kit::definition::{Definition, DefinitionArgs};
use kit::listen::{default_host, reached_at};
use kit::send::{AllowTarget, AllowTargets};
use kit::{aws, console, serve};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::provision;
use banner::Addresses;

/// The ports, before `--port-offset`.
const EMULATOR: u16 = 4566;
const GATEWAY: u16 = 8080;
const GATEWAY_ADMIN: u16 = 8081;
const PIPE_ADMIN: u16 = 8082;
const PUBLISHER: u16 = 3000;
const SUBSCRIBER: u16 = 3001;

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
    #[arg(long, value_name = "N", env = "PORT_OFFSET", default_value_t = 0)]
    pub port_offset: u16,
    /// The stage that answers when neither a custom domain nor the path selects one [default: the only one]
    #[arg(long, env = "GATEWAY_STAGE")]
    pub stage: Option<String>,
    /// A private address that the pipe may deliver to, beside the subscriber here: NAME, ADDRESS or NETWORK, with an
    /// optional :PORT. Repeatable; commas in the environment
    #[arg(long, value_name = "TARGET", env = "PIPE_ALLOW_TARGET", value_delimiter = ',')]
    pub allow_target: Vec<AllowTarget>,
    /// Definition files
    #[command(flatten)]
    pub definition: DefinitionArgs,
}

/// The chain, ready to start: everything is read, and every port is bound.
#[derive(Debug)]
pub struct House {
    emulator: emulator::Opened,
    gateway: gateway::Settings,
    pipe: pipe::Settings,
    publisher: publisher::Settings,
    subscriber: subscriber::Settings,
    sqs_and_s3: TcpListener,
    definition: Definition,
    sdk: SdkConfig,
    addresses: Addresses,
}

impl Args {
    /// Reads definitions and binds all ports.
    ///
    /// # Errors
    /// A definition or the data folder cannot be read, or a port is taken; the text says which and what moves it.
    pub async fn prepare(mut self) -> anyhow::Result<House> {
        let bound = Ports::shifted(self.port_offset)?;
        let ports = bound.reached();
        let subscriber_at = ports.subscriber;
        let sdk = aws::local(&format!("http://{}", ports.emulator)).await;
        self.definition.defaults.insert("SubEndpoint".to_owned(), format!("http://{subscriber_at}/sub"));
        let account = aws::local_account(&sdk);
        let definition = self.definition.load(&account)?;
        let apis = gateway::config::load_apis(&definition, self.stage)?;
        provision::check(&definition)?;
        self.allow_target.push(subscriber_at.to_string().parse().map_err(anyhow::Error::msg)?);
        let pipe = pipe::Settings::new(&definition, AllowTargets::new(self.allow_target), sdk.clone(), None)?;
        let bucket = bucket(&definition);
        let data = (!self.in_memory).then_some(self.data);
        let addresses = Addresses::of(&ports, &apis, &pipe.definition, &bucket, data.as_deref());
        let sub_host = format!("http://{}/events/sub", ports.gateway).parse()?;
        let ports = bound.bind()?;
        tracing::info!("tidegate {}", aws::introduction(&sdk, &["SQS", "S3"], Some(&account.account_id)));
        let emulator = emulator::open(&emulator::Settings { data, region: aws::region(&sdk).to_owned() })?;
        Ok(House {
            emulator,
            gateway: gateway::Settings {
                apis,
                account_id: account.account_id,
                sdk: sdk.clone(),
                listener: ports.gateway,
                admin: ports.gateway_admin,
            },
            pipe: pipe::Settings { admin: Some(ports.pipe_admin), ..pipe },
            publisher: publisher::Settings { sub_host, listener: ports.publisher },
            subscriber: subscriber::Settings { bucket, sdk: sdk.clone(), listener: ports.subscriber },
            sqs_and_s3: ports.emulator,
            definition,
            sdk,
            addresses,
        })
    }
}

/// Runs the chain until `stop` is cancelled: first everything that uses the emulator ends, then the emulator.
///
/// # Errors
/// A program ended by itself.
pub async fn run(house: House, stop: CancellationToken) -> anyhow::Result<()> {
    let last = CancellationToken::new();
    let used = queues::used(&house.gateway.apis, &house.pipe.definition.pipes);
    let mut emulator = tokio::spawn(house.emulator.serve(house.sqs_and_s3, last.clone()));
    tokio::select! {
        furnished = furnish(&house.definition, &used, &house.sdk) => furnished?,
        ended = &mut emulator => return ended_by_itself(ended),
    };
    let mut programs = JoinSet::new();
    programs.spawn(named("gateway", gateway::run(house.gateway, stop.clone())));
    programs.spawn(named("pipe", pipe::run(house.pipe, stop.clone())));
    programs.spawn(named("pub", publisher::run(house.publisher, stop.clone())));
    programs.spawn(named("sub", subscriber::run(house.subscriber, stop.clone())));
    console::announce(&house.addresses);
    // One that ends by itself takes the others with it: half a chain would only look like one.
    let mut result = Ok(());
    let emulator_runs = tokio::select! {
        ended = programs.join_next() => {
            result = result.and(ended.map_or(Ok(()), flat));
            true
        }
        ended = &mut emulator => {
            result = ended_by_itself(ended);
            false
        }
    };
    stop.cancel();
    while let Some(ended) = programs.join_next().await {
        result = result.and(flat(ended));
    }
    last.cancel();
    if emulator_runs { result.and(flat(emulator.await)) } else { result }
}

/// Makes the queues and buckets that everybody else relies on.
async fn furnish(definition: &Definition, used: &BTreeSet<queues::Used>, sdk: &SdkConfig) -> anyhow::Result<()> {
    provision::provision(definition, sdk).await?;
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

/// Every port of the house: where it is, then the port itself.
struct Ports<P> {
    emulator: P,
    gateway: P,
    gateway_admin: P,
    pipe_admin: P,
    publisher: P,
    subscriber: P,
}

impl Ports<SocketAddr> {
    fn shifted(offset: u16) -> anyhow::Result<Ports<SocketAddr>> {
        let host = default_host()?;
        let at = |port: u16| {
            let shifted = port.checked_add(offset);
            let port =
                shifted.with_context(|| format!("--port-offset {offset}: there is no port {port} + {offset}"))?;
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
    fn reached(&self) -> Ports<SocketAddr> {
        Ports {
            emulator: reached_at(self.emulator),
            gateway: reached_at(self.gateway),
            gateway_admin: reached_at(self.gateway_admin),
            pipe_admin: reached_at(self.pipe_admin),
            publisher: reached_at(self.publisher),
            subscriber: reached_at(self.subscriber),
        }
    }

    fn bind(self) -> std::io::Result<Ports<TcpListener>> {
        let bind = |address| serve::bind(address, "--port-offset");
        Ok(Ports {
            emulator: bind(self.emulator)?,
            gateway: bind(self.gateway)?,
            gateway_admin: bind(self.gateway_admin)?,
            pipe_admin: bind(self.pipe_admin)?,
            publisher: bind(self.publisher)?,
            subscriber: bind(self.subscriber)?,
        })
    }
}

/// Where the subscriber keeps events: the first bucket that the definition declares.
fn bucket(definition: &Definition) -> String {
    let buckets = definition.stacks.iter().flat_map(|stack| stack.of_kind("AWS::S3::Bucket"));
    buckets.map(|bucket| bucket.physical_id.clone()).next().unwrap_or_else(|| "donggyu-test-poc".to_owned())
}
