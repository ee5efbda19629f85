//! Door: opens the data folder, and serves what is in it until the program stops.

use std::net::TcpListener;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::action::Cooldowns;
use crate::endpoint::Strategy;
use crate::node::{Node, Tuning};
use crate::server::Emulator;
use crate::signature::Credentials;
use crate::{permission, s3, store};

/// Where an emulator keeps its data, and its default region.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data folder; `None` keeps everything in memory.
    pub data: Option<PathBuf>,
    /// The region of requests whose signature names none.
    pub region: String,
}

/// An emulator that has read its data and does not serve requests yet.
#[derive(Debug)]
pub struct Opened {
    node: Node,
    buckets: s3::Buckets,
    region: String,
    credentials: Option<Credentials>,
    cooldowns: Cooldowns,
    strategy: Strategy,
}

/// Reads the data folder.
///
/// # Errors
/// The folder is in use by another process, or cannot be read or made.
pub fn open(settings: &Settings) -> anyhow::Result<Opened> {
    open_with(settings, Tuning::default())
}

/// Reads the data folder as [`open`] does, with other settings.
///
/// # Errors
/// As [`open`].
pub fn open_with(settings: &Settings, tuning: Tuning) -> anyhow::Result<Opened> {
    let folder = settings.data.as_deref();
    let node = Node::open_with(folder, tuning);
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
            "cannot open the stored objects: S3 answers 503 until a restart, SQS works as usual: {error}"
        );
        s3::Buckets::shut(error.to_string(), &settings.region)
    });
    buckets.count_uploads_from(node.counted_since());
    let (cooldowns, strategy) = (Cooldowns::AsAws, Strategy::Dynamic);
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
    /// Requires requests to be signed with these credentials; without credentials every request is
    /// accepted.
    #[must_use]
    pub fn with_credentials(self, credentials: Option<Credentials>) -> Opened {
        Opened {
            credentials,
            ..self
        }
    }

    /// Sets whether PurgeQueue and DeleteQueue have SQS's cooldown of 60 seconds.
    #[must_use]
    pub fn with_cooldowns(self, cooldowns: Cooldowns) -> Opened {
        Opened { cooldowns, ..self }
    }

    /// Sets the form of the queue URLs in responses.
    #[must_use]
    pub fn with_strategy(self, strategy: Strategy) -> Opened {
        Opened { strategy, ..self }
    }

    /// Serves on `listener` until `stop`, then finishes the requests that are under way. Long polls
    /// end at once.
    ///
    /// # Errors
    /// The listener failed.
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
        let emulator = Emulator::new(node.clone(), s3, region).with_credentials(credentials);
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
