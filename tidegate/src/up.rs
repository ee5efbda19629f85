//! Door: emulator, gateway, pipe, pub and sub in one process, each on its own port. They speak to
//! each other over HTTP only, exactly as they do in processes of their own.

mod banner;
mod chain;
mod plan;
mod ports;
mod queues;

use std::collections::BTreeSet;
use std::net::TcpListener;

use anyhow::Context as _;
use aws_config::SdkConfig;
use kit::admin::AdminArgs;
use kit::definition::{Declarations, DefinitionArgs};
use kit::hops::HopArgs;
use kit::{aws, console};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::provision;
use banner::Banner;
use chain::Reach;
use plan::Plan;
use ports::Ports;

/// What `tidegate up` takes: what its parts take, but for their addresses.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Shift every port by this much; their address is HOST (127.0.0.1)
    #[arg(long, value_name = "N", env = "PORT_OFFSET", default_value_t = 0, value_parser = kit::cli::number(0..=u16::MAX, "an offset of ports"))]
    pub port_offset: u16,
    /// A part that is not to run, because it runs elsewhere or is not needed. Repeatable; commas in
    /// the environment
    #[arg(
        long,
        value_name = "PART",
        env = "TIDEGATE_WITHOUT",
        value_delimiter = ','
    )]
    pub without: Vec<Part>,
    /// Queues and objects
    #[command(flatten)]
    pub emulator: emulator::EmulatorArgs,
    /// REST APIs
    #[command(flatten)]
    pub gateway: gateway::GatewayArgs,
    /// Pipes. They may deliver to the subscriber here, and to what the definition names on this
    /// machine
    #[command(flatten)]
    pub pipe: pipe::PipeArgs,
    /// Who may ask admin ports
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Lines about single messages
    #[command(flatten)]
    pub hops: HopArgs,
    /// Definition files
    #[command(flatten)]
    pub definition: DefinitionArgs,
}

/// A part of the chain that others can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// REST APIs
    Gateway,
    /// Pipes
    Pipe,
    /// The publisher
    Pub,
    /// The subscriber
    Sub,
}

/// The chain, ready to start: everything is read, and every port is bound. Programs that a
/// definition has nothing for are not there.
#[derive(Debug)]
pub struct House {
    emulator: emulator::Opened,
    gateway: Option<gateway::Settings>,
    pipe: Option<pipe::Settings>,
    publisher: Option<publisher::Settings>,
    subscriber: Option<subscriber::Settings>,
    sqs_and_s3: TcpListener,
    definition: Declarations,
    used: BTreeSet<queues::Used>,
    sdk: SdkConfig,
    banner: Banner,
}

impl Args {
    /// Reads definitions and binds all ports.
    ///
    /// # Errors
    /// A definition or the data folder cannot be read, or a port is taken; the text says which and
    /// what moves it.
    pub async fn prepare(self) -> anyhow::Result<House> {
        self.hops.apply();
        self.admin.apply(None);
        let bound = Ports::shifted(self.port_offset)?;
        let ports = bound.reached();
        let key = self
            .emulator
            .credentials
            .as_ref()
            .map(emulator::signature::Credentials::expose);
        let sdk = aws::local_as(&format!("http://{}", ports.emulator), key).await;
        aws::check_region(&sdk)?;
        let reach = if bound.gateway.ip().is_loopback() {
            Reach::ThisMachine
        } else {
            Reach::Network
        };
        let plan = Plan::read(&self, &ports, reach, &sdk)?;
        plan.furnish(self, &bound, sdk)
    }

    /// Whether a part runs, if there is something for it.
    fn runs(&self, part: Part) -> bool {
        !self.without.contains(&part)
    }
}

/// Runs the chain until `stop` is cancelled: first everything that uses the emulator ends, then the
/// emulator.
///
/// # Errors
/// A program ended by itself.
pub async fn run(house: House, stop: CancellationToken) -> anyhow::Result<()> {
    let last = CancellationToken::new();
    let bucket = house
        .subscriber
        .as_ref()
        .map(|subscriber| subscriber.bucket.clone());
    let mut emulator = tokio::spawn(house.emulator.serve(house.sqs_and_s3, last.clone()));
    tokio::select! {
        furnished = furnish(&house.definition, &house.used, bucket.as_deref(), &house.sdk) => furnished?,
        ended = &mut emulator => return ended_by_itself(ended),
        // Thousands of queues take minutes, and nobody waits that long for a program that was told
        // to stop.
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
    if emulator_runs {
        result.and(flat(emulator.await))
    } else {
        result
    }
}

/// Makes the queues and buckets that everybody else relies on; `bucket` is the subscriber's, who
/// cannot do without.
async fn furnish(
    definition: &Declarations,
    used: &BTreeSet<queues::Used>,
    bucket: Option<&str>,
    sdk: &SdkConfig,
) -> anyhow::Result<()> {
    // A fresh queue then takes one request.
    let sqs = provision::sqs::Sqs::new(sdk).listed().await?;
    provision::provision_by(definition, &sqs, sdk).await?;
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
    flat(ended)
        .and(Err(anyhow::anyhow!("it ended by itself")))
        .context("emulator")
}

async fn named(
    name: &'static str,
    program: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    program.await.context(name)
}
