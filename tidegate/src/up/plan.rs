//! What is to run: the definition, read and checked, and what publisher and subscriber do with it.
//! No port is open until the plan is built.

use aws_config::SdkConfig;
use gateway::api::Apis;
use gateway::example::{Example, example};
use kit::aws;
use kit::definition::Declarations;
use kit::send::AllowTargets;
use pipe::definition::PipeDefinitions;
use url::Url;

use super::args::{Args, Part};
use super::banner::{Banner, Contents, EVENT};
use super::chain::Chain;
use super::own_apis::OwnCaller;
use super::ports::{Ports, bind};
use super::reload::Reload;
use super::resources::Resources;
use super::source::{Exposure, Source};

/// Where the subscriber keeps events when the definition declares no bucket.
const BUCKET: &str = "donggyu-test-poc";

/// A definition that was read without a problem, and what follows from it.
#[derive(Debug)]
pub(super) struct Plan {
    definition: Declarations,
    source: Source,
    resources: Resources,
    /// A request that one of the APIs accepts.
    example: Option<Example>,
    /// Where the publisher posts to, if it runs.
    sub_host: Option<Url>,
    /// The bucket in which the subscriber keeps events, if it runs.
    bucket: Option<String>,
}

impl Plan {
    /// Reads the definition that `args` names, for a chain whose programs reach each other at
    /// `ports`.
    ///
    /// # Errors
    /// Something in it is wrong or not supported, or nothing in it runs here.
    pub(super) fn read(
        args: &Args,
        ports: &Ports,
        exposure: Exposure,
        sdk: &SdkConfig,
    ) -> anyhow::Result<Plan> {
        let subscriber: Url = format!("http://{}/sub", ports.subscriber).parse()?;
        let mut files = args.definition.clone();
        files
            .defaults
            .insert("SubEndpoint".to_owned(), subscriber.to_string());
        let mut given = args.pipe.allow_target.clone();
        let own = ports.subscriber.to_string();
        given.push(own.parse().map_err(anyhow::Error::msg)?);
        let source = Source {
            files,
            account: aws::local_account(sdk),
            gateway: args.gateway.clone(),
            subscriber,
            reached_gateway: args.runs(Part::Gateway).then_some(ports.gateway),
            caller: OwnCaller::new(),
            given,
            exposure,
        };
        let (definition, resources) = Resources::load(&source)?;

        let is_demo = source.files.is_built_in() || resources.reaches_subscriber;
        let example = example(&resources.apis, &source.account.account_id, EVENT);
        let posted = example.as_ref().filter(|example| example.body.is_some());
        let posted = posted.filter(|_| is_demo && args.runs(Part::Pub));
        let sub_host = posted
            .map(|example| format!("http://{}{}", ports.gateway, example.path).parse())
            .transpose()?;
        let bucket = (is_demo && args.runs(Part::Sub)).then(|| {
            let declared = resources.declared.buckets.first();
            declared.map_or(BUCKET, String::as_str).to_owned()
        });
        Ok(Plan {
            definition,
            source,
            resources,
            example,
            sub_host,
            bucket,
        })
    }

    /// What is printed once all of it runs.
    fn banner(&self, args: &Args, ports: &Ports) -> Banner {
        let contents = Contents {
            ports,
            resources: &self.resources,
            account: &self.source.account,
            without: &args.without,
            example: self.example.as_ref(),
            publisher: self.sub_host.as_ref(),
            subscriber: self.bucket.as_deref(),
        };
        Banner::of(&contents, args.emulator.folder())
    }

    /// Binds the ports of all that is to run, and opens the data folder.
    ///
    /// # Errors
    /// A port is taken, or the folder or a file of secrets cannot be read.
    pub(super) fn build(self, args: Args, bound: &Ports, sdk: SdkConfig) -> anyhow::Result<Chain> {
        let banner = self.banner(&args, &bound.reached());
        let runs_gateway = args.runs(Part::Gateway) && !self.resources.apis.apis.is_empty();
        let runs_pipe = args.runs(Part::Pipe) && !self.resources.pipes.pipes.is_empty();
        let Plan {
            definition,
            source,
            resources,
            sub_host,
            bucket,
            ..
        } = self;
        let account_id = source.account.account_id.clone();
        let gateway_args = known_to_gateway(&args, &source)?;
        let mut reload = Reload::new(source, &resources, sdk.clone());
        let Resources {
            apis,
            pipes,
            undeclared,
            rules,
            outbound,
            allowed,
            outbox,
            ..
        } = resources;
        let gateway = runs_gateway.then(|| {
            anyhow::Ok(gateway::Settings {
                outbound,
                args: gateway_args,
                further: Some(reload.further_apis()),
                ..gateway(apis, account_id.clone(), &sdk, bound)?
            })
        });
        let pipe = runs_pipe.then(|| {
            let settings = pipe(pipes, allowed, &sdk, bound)?;
            args.pipe.complete(pipe::Settings {
                outbox: Some(outbox),
                further: Some(reload.further_pipes()),
                ..settings
            })
        });
        let (gateway, pipe) = (gateway.transpose()?, pipe.transpose()?);
        let publisher = publisher(sub_host, bound)?;
        let subscriber = subscriber(bucket, bound, &sdk)?;
        introduce(&sdk, &account_id);
        Ok(Chain {
            listener: bind(bound.emulator)?,
            emulator: args.emulator.open(aws::region(&sdk).to_owned())?,
            gateway,
            pipe,
            publisher,
            subscriber,
            definition,
            undeclared,
            rules,
            sdk,
            reload,
            banner,
        })
    }
}

/// The settings of the gateway, to which the pipes of the chain are known.
fn known_to_gateway(args: &Args, source: &Source) -> anyhow::Result<gateway::GatewayArgs> {
    let caller = source.caller.credentials(&source.account.account_id);
    let mut settings = args.gateway.clone();
    settings.access.iam_credentials.push(caller.parse()?);
    Ok(settings)
}

/// Logs endpoint, region and account.
fn introduce(sdk: &SdkConfig, account_id: &str) {
    let client = aws::introduction(sdk, &["SQS", "S3"], Some(account_id));
    tracing::info!("tidegate {client}");
}

fn gateway(
    apis: Apis,
    account_id: String,
    sdk: &SdkConfig,
    bound: &Ports,
) -> anyhow::Result<gateway::Settings> {
    let (listener, admin) = (bind(bound.gateway)?, bind(bound.gateway_admin)?);
    let sdk = sdk.clone();
    Ok(gateway::Settings::new(
        apis, account_id, sdk, listener, admin,
    ))
}

fn pipe(
    pipes: PipeDefinitions,
    allowed: AllowTargets,
    sdk: &SdkConfig,
    bound: &Ports,
) -> anyhow::Result<pipe::Settings> {
    let admin = Some(bind(bound.pipe_admin)?);
    Ok(pipe::Settings::of(pipes, allowed, sdk.clone(), admin))
}

fn publisher(sub_host: Option<Url>, bound: &Ports) -> anyhow::Result<Option<publisher::Settings>> {
    let settings = |sub_host| {
        let listener = bind(bound.publisher)?;
        Ok(publisher::Settings { sub_host, listener })
    };
    sub_host.map(settings).transpose()
}

fn subscriber(
    bucket: Option<String>,
    bound: &Ports,
    sdk: &SdkConfig,
) -> anyhow::Result<Option<subscriber::Settings>> {
    let settings = |bucket| {
        Ok(subscriber::Settings {
            bucket,
            sdk: sdk.clone(),
            listener: bind(bound.subscriber)?,
        })
    };
    bucket.map(settings).transpose()
}
