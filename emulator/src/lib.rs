#![doc = include_str!("../README.md")]

pub mod action;
pub mod clock;
pub mod config;
mod cors;
pub mod endpoint;
pub mod engine;
pub mod fault;
mod lines;
pub mod localstack;
pub mod memory;
pub mod node;
mod permission;
pub mod protocol;
pub mod region;
pub mod s3;
pub mod server;
pub mod signature;
pub mod stats;
pub mod store;
pub mod sts;

use std::net::TcpListener;

use tokio_util::sync::CancellationToken;

pub use config::{Cli, EmulatorArgs, Prepared, Settings, run};

/// An emulator whose data is read. Nothing is served yet.
#[derive(Debug)]
pub struct Opened {
    node: node::Node,
    buckets: s3::Buckets,
    region: String,
    credentials: Option<signature::Credentials>,
    cooldowns: action::Cooldowns,
    strategy: endpoint::Strategy,
}

/// Reads the data folder.
///
/// # Errors
/// It is in use by another process, or cannot be read or made.
pub fn open(settings: &Settings) -> anyhow::Result<Opened> {
    open_with(settings, node::Tuning::default())
}

/// The same, set up otherwise.
///
/// # Errors
/// As [`open`].
pub fn open_with(settings: &Settings, tuning: node::Tuning) -> anyhow::Result<Opened> {
    let folder = settings.data.as_deref();
    let node = node::Node::open_with(folder, tuning);
    let node = node.map_err(|error| match error {
        // Another folder would not help.
        store::OpenError::TooSmall(error) => anyhow::Error::new(error),
        error => {
            let advice = folder.and_then(|folder| permission::advice(folder, &error));
            let named = "the data folder cannot be opened (set --data or EMULATOR_DATA)";
            anyhow::Error::new(error).context(advice.unwrap_or_else(|| named.to_owned()))
        }
    })?;
    let objects = folder.map(|folder| folder.join("s3"));
    let buckets = s3::Buckets::open_within(objects.as_deref(), &settings.region, node.gauge());
    let buckets = buckets.unwrap_or_else(|error| {
        tracing::error!(
            "the stored objects cannot be opened, S3 answers 503 until a restart, queues are served: {error}"
        );
        s3::Buckets::shut(error.to_string(), &settings.region)
    });
    buckets.count_uploads_from(node.counted_since());
    let (cooldowns, strategy) = (action::Cooldowns::AsAws, endpoint::Strategy::Dynamic);
    Ok(Opened {
        node,
        buckets,
        region: settings.region.clone(),
        credentials: None,
        cooldowns,
        strategy,
    })
}

impl Opened {
    /// Lets in only who signs with these; without them everybody is let in.
    #[must_use]
    pub fn with_credentials(self, credentials: Option<signature::Credentials>) -> Opened {
        Opened {
            credentials,
            ..self
        }
    }

    /// How long a name and a queue rest after a delete and a purge.
    #[must_use]
    pub fn with_cooldowns(self, cooldowns: action::Cooldowns) -> Opened {
        Opened { cooldowns, ..self }
    }

    /// The form of the queue URLs that are handed out.
    #[must_use]
    pub fn with_strategy(self, strategy: endpoint::Strategy) -> Opened {
        Opened { strategy, ..self }
    }

    /// Serves on `listener` until `stop`, then finishes what is under way. Long polls end at once.
    ///
    /// # Errors
    /// The port broke.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
        let Opened {
            node,
            buckets,
            region,
            credentials,
            cooldowns,
            strategy,
        } = self;
        let s3 = s3::service(buckets.clone(), credentials.as_ref());
        let emulator =
            server::Emulator::new(node.clone(), s3, region).with_credentials(credentials);
        let emulator = emulator.with_cooldowns(cooldowns).with_strategy(strategy);
        let serving = async {
            let served = kit::serve::serve(listener, emulator.router(), stop.clone()).await;
            node.stop();
            served
        };
        let stopping = async {
            tokio::select! { () = stop.cancelled() => {} () = node.stopped() => {} }
            node.stop();
        };
        let (served, ..) = tokio::join!(
            serving,
            stopping,
            node.keep_time(),
            node.keep_clean(),
            node.keep_clock()
        );
        let closing = node.clone();
        let close = move || {
            closing.close();
            buckets.close();
        };
        tokio::task::spawn_blocking(close).await?;
        Ok(served?)
    }
}
