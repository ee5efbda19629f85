//! Where the gateway listens, and what it serves.

use std::collections::BTreeSet;
use std::net::TcpListener;

use anyhow::Context as _;
use aws_config::SdkConfig;
use clap::Parser;
use kit::admin::AdminArgs;
use kit::definition::{Declarations, DefinitionArgs};
use kit::health::Address;
use kit::hops::HopArgs;
use kit::listen::Listen;
use kit::{aws, serve};

use crate::api::Apis;

/// Serve API Gateway REST APIs anywhere: requests through mapping templates to SQS.
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
    /// Stage for requests whose host and path name none [default: the only one]
    #[arg(long, env = "GATEWAY_STAGE")]
    pub stage: Option<String>,
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
}

impl Cli {
    /// Reads definitions and binds ports.
    ///
    /// # Errors
    /// A definition cannot be read, or a port cannot be bound; the text names it and the reason.
    pub async fn prepare(self) -> anyhow::Result<Settings> {
        self.hops.apply();
        self.admin.apply(Some(&self.admin_listen));
        let sources = self.definition.read()?;
        let sdk = aws::config().await?;
        let account = aws::account(&sdk).await?;
        let definition = sources.load(&account);
        let apis = load_apis(&definition, self.args.stage)?;
        definition.report_not_run();
        let listener = serve::listen(&self.listen, "--listen or GATEWAY_LISTEN")?;
        let admin = serve::listen(&self.admin_listen, "--admin-listen or GATEWAY_ADMIN_LISTEN")?;
        let address = listener
            .local_addr()
            .context("the public port has no address")?;
        tracing::info!(
            "gateway listens on http://{address} for {}; /healthz, /readyz and /metrics on http://{}",
            names(&apis),
            admin
                .local_addr()
                .context("the admin port has no address")?
        );
        tracing::info!(
            "gateway {}",
            aws::introduction(&sdk, &["SQS"], Some(&account.account_id))
        );
        Ok(Settings {
            apis,
            account_id: account.account_id,
            sdk,
            listener,
            admin,
        })
    }
}

impl kit::program::Settings for Cli {
    fn health(&self) -> Address {
        Address::new(self.admin_listen.clone(), "/readyz")
    }
}

/// The REST APIs of a definition, with `stage` as `--stage`.
///
/// # Errors
/// An API cannot be read, the definition declares none, or no API has that stage.
pub fn load_apis(definition: &Declarations, stage: Option<String>) -> anyhow::Result<Apis> {
    let apis = Apis::load(definition, stage)?;
    let none = "the definition declares no REST API: expected AWS::ApiGateway::RestApi or AWS::Serverless::Api in a \
                template, or an OpenAPI document (set another one with --definition or DEFINITION)";
    anyhow::ensure!(!apis.apis.is_empty(), none);
    check_stage(&apis)?;
    Ok(apis)
}

/// Checks that `--stage` names a stage of one of the APIs.
///
/// # Errors
/// No API has that stage.
pub fn check_stage(apis: &Apis) -> anyhow::Result<()> {
    if let Some(stage) = &apis.default_stage {
        let is_known = apis.apis.iter().any(|api| api.stage(stage).is_some());
        anyhow::ensure!(
            is_known,
            "--stage or GATEWAY_STAGE: no API has a stage {stage}: expected {}",
            stage_names(apis)
        );
    }
    Ok(())
}

/// Every stage once: `dev, prod`.
fn stage_names(apis: &Apis) -> String {
    let stages = apis.apis.iter().flat_map(|api| &api.stages);
    let names: BTreeSet<&str> = stages.map(|stage| stage.name.as_str()).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The APIs and their stages, for the line at start.
fn names(apis: &Apis) -> String {
    let name = |api: &crate::api::Api| {
        let stages: Vec<&str> = api.stages.iter().map(|stage| stage.name.as_str()).collect();
        format!("{} (stage {})", api.name, stages.join(", "))
    };
    apis.apis.iter().map(name).collect::<Vec<_>>().join("; ")
}
