//! Where the gateway listens, and what it serves.

mod access;
mod check;

pub use access::AccessArgs;

use std::net::TcpListener;

use anyhow::Context as _;
use aws_config::SdkConfig;
use clap::Parser;
use kit::admin::AdminArgs;
use kit::definition::DefinitionArgs;
use kit::health::Address;
use kit::hops::HopArgs;
use kit::listen::Listen;
use kit::send::{AllowTarget, AllowTargets};
use kit::{aws, cli, serve};
use tokio::sync::mpsc::Receiver;

use crate::access_log::LogArgs;
use crate::api::Apis;

pub use crate::load::{check_stage, load_apis};
use crate::outbound::{Outbound, OutboundArgs};
use crate::reload::Reload;
pub use crate::serving::{LimitArgs, ServingArgs, Trust};
pub use crate::usage::UsageArgs;

/// Serve REST and HTTP APIs of API Gateway anywhere: requests through mapping templates to SQS,
/// HTTP endpoints, Lambda and other services.
///
/// AWS settings are those of the AWS SDKs: AWS_REGION (default ap-northeast-2), AWS_ENDPOINT_URL,
/// AWS_ENDPOINT_URL_SQS, and credentials from the standard chain. Without an endpoint, calls go to
/// AWS itself.
#[derive(Debug, Clone, Parser)]
#[command(name = "gateway", version)]
pub struct Cli {
    /// Address of the public port: host:port, or :port on the address in HOST (127.0.0.1)
    #[arg(long, value_name = "ADDRESS", env = "GATEWAY_LISTEN", default_value_t = Listen::port(8080))]
    pub listen: Listen,
    /// Address of the admin port, with /healthz, /readyz and /metrics
    #[arg(long, value_name = "ADDRESS", env = "GATEWAY_ADMIN_LISTEN", default_value_t = Listen::port(8081))]
    pub admin_listen: Listen,
    /// The names by which the admin port answers
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Allow HTTP integrations to call a private, loopback or link-local address, given as host
    /// name, address or network (sub, 127.0.0.1:3001, 10.0.0.0/8). Repeatable; in the environment,
    /// separate values with commas
    #[arg(
        long,
        value_name = "TARGET",
        env = "GATEWAY_ALLOW_TARGET",
        value_delimiter = ','
    )]
    pub allow_target: Vec<AllowTarget>,
    /// What the gateway serves
    #[command(flatten)]
    pub args: GatewayArgs,
    /// Log lines about single messages
    #[command(flatten)]
    pub hops: HopArgs,
    /// Definition files
    #[command(flatten)]
    pub definition: DefinitionArgs,
}

/// The gateway's settings beside addresses and definitions, in its own program and in
/// `tidegate up`.
#[derive(Debug, Clone, clap::Args)]
pub struct GatewayArgs {
    /// The stage for requests whose host and path name none [default: the only one]
    #[arg(long, env = "GATEWAY_STAGE")]
    pub stage: Option<String>,
    /// The public port
    #[command(flatten)]
    pub serving: ServingArgs,
    /// What integrations call
    #[command(flatten)]
    pub outbound: OutboundArgs,
    /// API keys, quotas and throttles
    #[command(flatten)]
    pub usage: UsageArgs,
    /// What is written of requests, and what is kept of their responses
    #[command(flatten)]
    pub logs: LogArgs,
    /// The most memory for cached responses of all stages together, in MiB
    #[arg(long, value_name = "MIB", env = "GATEWAY_CACHE_MEMORY", default_value_t = 64,
          value_parser = cli::number(1..=1_048_576_u32, "MiB"))]
    pub cache_memory: u32,
    /// Who may call
    #[command(flatten)]
    pub access: AccessArgs,
}

impl Default for GatewayArgs {
    /// The defaults that `--help` shows, and what the environment sets.
    fn default() -> GatewayArgs {
        #[derive(Parser)]
        struct Nothing {
            #[command(flatten)]
            args: GatewayArgs,
        }
        Nothing::parse_from(["gateway"]).args
    }
}

/// A gateway that is ready to serve: its definitions are read and both ports are bound.
#[derive(Debug)]
pub struct Settings {
    /// The APIs to serve.
    pub apis: Apis,
    /// `$context.accountId`.
    pub account_id: String,
    /// Credentials, region and endpoint.
    pub sdk: SdkConfig,
    /// The public port.
    pub listener: TcpListener,
    /// The admin port.
    pub admin: TcpListener,
    /// What integrations may reach, and as whom.
    pub outbound: Outbound,
    /// Everything else that can be set.
    pub args: GatewayArgs,
    /// Where the APIs come from; none when they never change.
    pub reload: Option<Reload>,
    /// Further APIs, where the program around this one reads and checks them.
    pub further: Option<Receiver<Apis>>,
}

impl Settings {
    /// A gateway for `apis` with default settings.
    pub fn new(
        apis: Apis,
        account_id: String,
        sdk: SdkConfig,
        listener: TcpListener,
        admin: TcpListener,
    ) -> Settings {
        Settings {
            apis,
            account_id,
            sdk,
            listener,
            admin,
            outbound: Outbound::default(),
            args: GatewayArgs::default(),
            reload: None,
            further: None,
        }
    }
}

impl Cli {
    /// Reads definitions and binds ports.
    ///
    /// # Errors
    /// A definition cannot be read, or a port cannot be bound; the text names it and the reason.
    pub async fn prepare(self) -> anyhow::Result<Settings> {
        self.hops.apply();
        self.admin.apply(Some(&self.admin_listen));
        // What is wrong with the files needs no request to be found.
        self.definition.read()?;
        let sdk = aws::config().await?;
        let files = self.definition.completed_by_aws(&sdk).await?;
        let account = aws::account(&sdk).await?;
        let definition = files.load(&account)?;
        let outbound = Outbound::new(&self.args.outbound, AllowTargets::new(self.allow_target));
        let apis = load_apis(&definition, self.args.stage.clone(), &outbound)?;
        definition.report_not_run();
        self.args.check(&apis, files.lenient)?;
        let listener = serve::listen(&self.listen, "--listen or GATEWAY_LISTEN")?;
        let admin = serve::listen(&self.admin_listen, "--admin-listen or GATEWAY_ADMIN_LISTEN")?;
        let address = listener
            .local_addr()
            .context("the public port has no address")?;
        let scheme = match self.args.serving.tls_cert.as_slice() {
            [] => "http",
            _ => "https",
        };
        tracing::info!(
            "gateway listens on {scheme}://{address} for {}; /healthz, /readyz and /metrics on http://{}",
            names(&apis),
            admin
                .local_addr()
                .context("the admin port has no address")?
        );
        tracing::info!(
            "gateway {}",
            aws::introduction(&sdk, &["SQS"], Some(&account.account_id))
        );
        let stage = self.args.stage.clone();
        let reload = Reload::new(files, account.clone(), stage, outbound.clone());
        Ok(Settings {
            outbound,
            args: self.args,
            reload: Some(reload),
            ..Settings::new(apis, account.account_id, sdk, listener, admin)
        })
    }
}

impl kit::program::Settings for Cli {
    fn health(&self) -> Address {
        Address::new(self.admin_listen.clone(), "/readyz")
    }
}

/// The APIs and their stages, for the line at start.
fn names(apis: &Apis) -> String {
    let name = |api: &crate::api::Api| {
        let stages: Vec<&str> = api.stages.iter().map(|stage| stage.name.as_str()).collect();
        format!("{} (stage {})", api.name, stages.join(", "))
    };
    apis.apis.iter().map(name).collect::<Vec<_>>().join("; ")
}
