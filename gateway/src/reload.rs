//! Door: reads the definition again on SIGHUP, and when one of its files has changed.
//!
//! A definition that cannot be read changes nothing: the APIs are served as they are, and the log
//! has what is wrong.

use kit::cloudformation::Account;
use kit::definition::DefinitionArgs;
use kit::watch::Watch;
use tokio_util::sync::CancellationToken;

use crate::api::Apis;
use crate::load::load_apis;
use crate::outbound::Outbound;

/// Where the APIs come from.
#[derive(Debug, Clone)]
pub struct Reload {
    args: DefinitionArgs,
    account: Account,
    stage: Option<String>,
    outbound: Outbound,
}

impl Reload {
    /// A definition that `args` name, for `account`; `stage` is `--stage`. Its integrations reach
    /// no more than `outbound`.
    pub fn new(
        args: DefinitionArgs,
        account: Account,
        stage: Option<String>,
        outbound: Outbound,
    ) -> Reload {
        Reload {
            args,
            account,
            stage,
            outbound,
        }
    }

    /// Whether what is not supported is only warned of.
    pub(crate) fn is_lenient(&self) -> bool {
        self.args.lenient
    }

    /// Reads the definition.
    ///
    /// # Errors
    /// It cannot be read, or declares no API; the text has every problem.
    pub(crate) fn load(&self) -> anyhow::Result<Apis> {
        let definition = self.args.load(&self.account)?;
        let apis = load_apis(&definition, self.stage.clone(), &self.outbound)?;
        definition.report_not_run();
        Ok(apis)
    }

    /// Calls `replace` with each further definition, until `stop`. What it refuses changes nothing.
    ///
    /// # Errors
    /// The signal handler cannot be installed.
    pub(crate) fn watch(
        self,
        replace: impl Fn(Apis) -> anyhow::Result<()> + Send + 'static,
        stop: CancellationToken,
    ) -> std::io::Result<()> {
        let mut watch = Watch::new(self.args.watched())?;
        let again = async move {
            loop {
                watch.changed().await;
                let Some(apis) = load_or_warn(self.clone()).await else {
                    continue;
                };
                let count = apis.apis.len();
                match replace(apis) {
                    Ok(()) => tracing::info!("the definition was reloaded: {count} APIs"),
                    Err(error) => warn(&error),
                }
            }
        };
        tokio::spawn(async move {
            tokio::select! { () = stop.cancelled() => {} () = again => {} }
        });
        Ok(())
    }
}

async fn load_or_warn(reload: Reload) -> Option<Apis> {
    match tokio::task::spawn_blocking(move || reload.load()).await {
        Ok(Ok(apis)) => Some(apis),
        Ok(Err(error)) => {
            warn(&error);
            None
        }
        Err(error) => {
            tracing::error!("reading the definition panicked, which is a bug: {error}");
            None
        }
    }
}

fn warn(error: &anyhow::Error) {
    tracing::error!("cannot reload the definition, the APIs stay as they were: {error:#}");
}
