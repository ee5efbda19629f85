//! What is to run: the definition, read and checked, and what the demo's furniture does with it. No
//! port is open yet.

use aws_config::SdkConfig;
use gateway::example::{Example, example};
use kit::aws;
use kit::cloudformation::Account;
use kit::definition::Declarations;
use url::Url;

use super::banner::{Banner, EVENT, Parts};
use super::chain::{Chain, Reach};
use super::ports::{Ports, bind};
use super::{Args, House, Part};

/// Where the subscriber keeps events when the definition declares no bucket.
const BUCKET: &str = "donggyu-test-poc";

/// A chain that is understood.
#[derive(Debug)]
pub(super) struct Plan {
    definition: Declarations,
    account: Account,
    chain: Chain,
    /// A request that an API takes.
    example: Option<Example>,
    /// Where the publisher posts to, if there is one.
    sub_host: Option<Url>,
    /// The bucket in which the subscriber keeps events, if there is one.
    bucket: Option<String>,
}

impl Plan {
    /// Reads the definition that `args` names, for a chain whose programs reach each other at
    /// `ports`.
    ///
    /// # Errors
    /// Something of it is wrong or not supported, or nothing of it runs here.
    pub(super) fn read(
        args: &Args,
        ports: &Ports,
        reach: Reach,
        sdk: &SdkConfig,
    ) -> anyhow::Result<Plan> {
        let subscriber: Url = format!("http://{}/sub", ports.subscriber).parse()?;
        let mut files = args.definition.clone();
        files
            .defaults
            .insert("SubEndpoint".to_owned(), subscriber.to_string());
        let account = aws::local_account(sdk);
        let definition = files.load(&account)?;
        let mut allowed = args.pipe.allow_target.clone();
        allowed.push(
            ports
                .subscriber
                .to_string()
                .parse()
                .map_err(anyhow::Error::msg)?,
        );
        let chain = Chain::read(
            &definition,
            &account,
            args.gateway.stage.clone(),
            &subscriber,
            allowed,
            reach,
        )?;
        definition.report_not_run();

        let is_demo = files.is_built_in() || chain.reaches_subscriber;
        let example = example(&chain.apis, &account.account_id, EVENT);
        let posted = example.as_ref().filter(|example| example.body.is_some());
        let posted = posted.filter(|_| is_demo && args.runs(Part::Pub));
        let sub_host = posted
            .map(|example| format!("http://{}{}", ports.gateway, example.path).parse())
            .transpose()?;
        let declared = || {
            chain
                .declared
                .buckets
                .first()
                .map_or(BUCKET, String::as_str)
                .to_owned()
        };
        let bucket = (is_demo && args.runs(Part::Sub)).then(declared);
        Ok(Plan {
            definition,
            account,
            chain,
            example,
            sub_host,
            bucket,
        })
    }

    /// What is printed once all of it runs.
    fn banner(&self, args: &Args, ports: &Ports) -> Banner {
        let parts = Parts {
            ports,
            chain: &self.chain,
            account: &self.account,
            without: &args.without,
            example: self.example.as_ref(),
            publisher: self.sub_host.as_ref(),
            subscriber: self.bucket.as_deref(),
        };
        Banner::of(&parts, args.emulator.folder())
    }

    /// Binds the ports of all that is to run, and opens the data folder.
    ///
    /// # Errors
    /// A port is taken, or the folder or a file of secrets cannot be read.
    pub(super) fn furnish(
        self,
        args: Args,
        bound: &Ports,
        sdk: SdkConfig,
    ) -> anyhow::Result<House> {
        let banner = self.banner(&args, &bound.reached());
        let gateway = args.runs(Part::Gateway);
        let pipe = args.runs(Part::Pipe);
        let Plan {
            definition,
            account,
            chain,
            sub_host,
            bucket,
            ..
        } = self;
        let Chain {
            apis,
            pipes,
            used,
            allowed,
            ..
        } = chain;
        let gateway = (gateway && !apis.apis.is_empty()).then(|| {
            let (listener, admin) = (bind(bound.gateway)?, bind(bound.gateway_admin)?);
            let account_id = account.account_id.clone();
            anyhow::Ok(gateway::Settings {
                apis,
                account_id,
                sdk: sdk.clone(),
                listener,
                admin,
            })
        });
        let pipe = (pipe && !pipes.pipes.is_empty()).then(|| {
            let settings =
                pipe::Settings::of(pipes, allowed, sdk.clone(), Some(bind(bound.pipe_admin)?));
            args.pipe.complete(settings)
        });
        let publisher = sub_host.map(|sub_host| {
            anyhow::Ok(publisher::Settings {
                sub_host,
                listener: bind(bound.publisher)?,
            })
        });
        let subscriber = bucket.map(|bucket| {
            anyhow::Ok(subscriber::Settings {
                bucket,
                sdk: sdk.clone(),
                listener: bind(bound.subscriber)?,
            })
        });
        let (gateway, pipe) = (gateway.transpose()?, pipe.transpose()?);
        let (publisher, subscriber) = (publisher.transpose()?, subscriber.transpose()?);
        let sqs_and_s3 = bind(bound.emulator)?;
        tracing::info!(
            "tidegate {}",
            aws::introduction(&sdk, &["SQS", "S3"], Some(&account.account_id))
        );
        let emulator = args.emulator.open(aws::region(&sdk).to_owned())?;
        Ok(House {
            emulator,
            gateway,
            pipe,
            publisher,
            subscriber,
            sqs_and_s3,
            definition,
            used,
            sdk,
            banner,
        })
    }
}
