//! The settings of the program: definitions, the admin port, allowed targets.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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

use crate::definition::{PipeDefinitions, Reload, RulesRun};
use crate::flow::VerdictRule;
use crate::outbox::Outbox;
use crate::targets::webhook;

/// The default timeout of API destinations: AWS's.
pub const INVOCATION_TIMEOUT: Duration = Duration::from_secs(5);

/// The default of how many deliveries a pipe may have under way at once.
const CONCURRENCY: usize = 256;

/// Runs EventBridge Pipes anywhere: every pipe of the definition, from SQS to API destinations and
/// AWS services.
///
/// Definition files are read again when they change, and on SIGHUP.
///
/// AWS settings are those of the AWS SDK: AWS_REGION (default ap-northeast-2), AWS_ENDPOINT_URL,
/// AWS_ENDPOINT_URL_SQS and so on, and the standard chain of credentials. Without an endpoint, the
/// pipe uses AWS itself.
#[derive(Debug, Clone, Parser)]
#[command(name = "pipe", version)]
pub struct Cli {
    /// Address of /healthz, /readyz, /metrics, /filtered, and of /v1/pipes for `aws pipes`:
    /// host:port, or :port on the address in HOST (default 127.0.0.1)
    #[arg(long, value_name = "ADDRESS", env = "PIPE_ADMIN_LISTEN", default_value_t = Listen::port(8082))]
    pub admin_listen: Listen,
    /// Who may use the admin port
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Deliveries
    #[command(flatten)]
    pub args: PipeArgs,
    /// Log lines about single messages
    #[command(flatten)]
    pub hops: HopArgs,
    /// Definition files
    #[command(flatten)]
    pub definition: DefinitionArgs,
}

/// The settings of pipes other than addresses and definitions, here and in `tidegate up`.
#[derive(Debug, Clone, clap::Args)]
pub struct PipeArgs {
    /// Allow deliveries to a target at a private, loopback or link-local address, given as host
    /// name, address or network (sub, 127.0.0.1:3001, 10.0.0.0/8). Repeatable; in the environment,
    /// separate values with commas
    #[arg(
        long,
        value_name = "TARGET",
        env = "PIPE_ALLOW_TARGET",
        value_delimiter = ','
    )]
    pub allow_target: Vec<AllowTarget>,
    /// How many seconds an API destination has to answer, as on AWS by default
    #[arg(long, value_name = "SECONDS", env = "PIPE_INVOCATION_TIMEOUT", default_value_t = INVOCATION_TIMEOUT.as_secs(),
          value_parser = cli::number(1_u64..=300, "seconds"))]
    pub invocation_timeout: u64,
    /// How many deliveries each pipe may have under way at once
    #[arg(long, value_name = "COUNT", env = "PIPE_CONCURRENCY", default_value_t = CONCURRENCY as u64,
          value_parser = cli::number(1_u64..=1250, "a count"))]
    pub concurrency: u64,
    /// What decides whether a failure is the message's fault or the target's: `comparison` with
    /// other messages, or the error classes of `aws`. The tag tidegate:verdict of a pipe takes
    /// precedence
    #[arg(long, value_name = "RULE", env = "PIPE_VERDICT", default_value = "comparison", value_parser = VerdictRule::parse)]
    pub verdict: VerdictRule,
    /// Sign every call to a target (Standard Webhooks) with the keys in this file: one a line, each
    /// whsec_ and base64
    #[arg(long, value_name = "FILE", env = "PIPE_WEBHOOK_SECRET_FILE")]
    pub webhook_secret_file: Option<PathBuf>,
}

impl PipeArgs {
    /// The given `settings`, with these arguments applied.
    ///
    /// # Errors
    /// The file of webhook keys cannot be read.
    pub fn complete(&self, settings: Settings) -> anyhow::Result<Settings> {
        Ok(Settings {
            invocation_timeout: Duration::from_secs(self.invocation_timeout),
            concurrency: usize::try_from(self.concurrency).expect("the range was checked"),
            verdict_rule: self.verdict,
            webhook_keys: self
                .webhook_secret_file
                .as_deref()
                .map(read_keys)
                .transpose()?,
            ..settings
        })
    }
}

/// Pipes that are ready to run: everything is read and the admin port is bound.
#[derive(Debug)]
pub struct Settings {
    /// The pipes.
    pub definition: PipeDefinitions,
    /// Targets that are allowed in addition to public addresses.
    pub allow_targets: AllowTargets,
    /// Credentials, region and endpoint.
    pub sdk: SdkConfig,
    /// How long an API destination may take to answer; by default [`INVOCATION_TIMEOUT`].
    pub invocation_timeout: Duration,
    /// How many deliveries each pipe may have under way at once; by default [`CONCURRENCY`].
    pub concurrency: usize,
    /// What decides about failures, where a pipe's tag doesn't say.
    pub verdict_rule: VerdictRule,
    /// The keys that calls to targets are signed with, if any.
    pub webhook_keys: Option<Arc<webhook::WebhookKeys>>,
    /// Keeps calls that are not to be made, if any are.
    pub outbox: Option<Arc<Outbox>>,
    /// The admin port, if there is one.
    pub admin: Option<TcpListener>,
    /// Reads the definition again when it changes, if that is wanted.
    pub reload: Option<Reload>,
    /// Further definitions, where the program around this one reads and checks them.
    pub further: Option<Receiver<PipeDefinitions>>,
}

impl Settings {
    /// The pipes of `definition`, with the defaults for everything else.
    ///
    /// # Errors
    /// The definition has a pipe that is wrong or asks for something that is not supported.
    pub fn new(
        definition: &kit::definition::Declarations,
        allow_targets: AllowTargets,
        sdk: SdkConfig,
        admin: Option<TcpListener>,
    ) -> anyhow::Result<Settings> {
        let pipes = PipeDefinitions::load_allowed(definition, &allow_targets)?;
        Ok(Settings::of(pipes, allow_targets, sdk, admin))
    }

    /// These pipes, with the defaults for everything else.
    pub fn of(
        definition: PipeDefinitions,
        allow_targets: AllowTargets,
        sdk: SdkConfig,
        admin: Option<TcpListener>,
    ) -> Settings {
        Settings {
            definition,
            allow_targets,
            sdk,
            invocation_timeout: INVOCATION_TIMEOUT,
            concurrency: CONCURRENCY,
            verdict_rule: VerdictRule::default(),
            webhook_keys: None,
            outbox: None,
            admin,
            reload: None,
            further: None,
        }
    }
}

impl Cli {
    /// Reads definitions and binds the admin port.
    ///
    /// # Errors
    /// A definition cannot be read, or the port cannot be bound; one line with the reason.
    pub async fn prepare(self) -> anyhow::Result<Settings> {
        self.hops.apply();
        self.admin.apply(Some(&self.admin_listen));
        let sdk = aws::config().await?;
        let files = self.definition.completed_by_aws(&sdk).await?;
        let account = aws::account(&sdk).await?;
        tracing::info!(
            "pipe {}",
            aws::introduction(&sdk, &["SQS"], Some(&account.account_id))
        );
        let definition = files.load(&account)?;
        let allowed = AllowTargets::new(self.args.allow_target.iter().cloned());
        let rules = RulesRun::at(&sdk);
        let mut settings = Settings::new(&definition, allowed.clone(), sdk, None)?;
        settings.definition = settings.definition.with_rules_if(rules);
        let settings = self.args.complete(settings)?;
        settings.definition.ensure_pipes()?;
        definition.report_not_run();
        let admin = serve::listen(&self.admin_listen, "--admin-listen or PIPE_ADMIN_LISTEN")?;
        tracing::info!(
            "the pipe's /healthz, /readyz and /metrics are on http://{}",
            admin.local_addr()?
        );
        Ok(Settings {
            reload: Some(Reload::new(files, account, allowed, rules)),
            admin: Some(admin),
            ..settings
        })
    }
}

impl kit::program::Settings for Cli {
    fn health(&self) -> Address {
        Address::new(self.admin_listen.clone(), "/readyz")
    }
}

fn read_keys(file: &Path) -> anyhow::Result<Arc<webhook::WebhookKeys>> {
    let named = || {
        let setting = cli::written("--webhook-secret-file", "PIPE_WEBHOOK_SECRET_FILE");
        format!("{} (set by {setting})", file.display())
    };
    let text = std::fs::read_to_string(file).with_context(named)?;
    let keys = webhook::WebhookKeys::parse(&text)
        .map_err(anyhow::Error::msg)
        .with_context(named)?;
    Ok(Arc::new(keys))
}
