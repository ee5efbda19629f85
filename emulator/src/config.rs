//! The settings of the emulator, from flags and environment.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use kit::counted::counted;
use kit::env::EnvError;
use kit::health::Address;
use kit::listen::Listen;
use kit::{aws, cli, console, serve};
use tokio_util::sync::CancellationToken;

use crate::action::Cooldowns;
use crate::clock::MAX_STEP;
use crate::endpoint::Strategy;
use crate::memory::{Bytes, NotBytes};
use crate::node::Tuning;
use crate::opened::{Opened, Settings, open_with};
use crate::signature::Credentials;
use crate::store::SEGMENT_SIZE;

/// A local SQS and S3 endpoint that survives kill -9.
///
/// The region of requests whose signature names none is AWS_REGION (ap-northeast-2).
#[derive(Debug, Clone, Parser)]
#[command(name = "emulator", version)]
pub struct Cli {
    /// The address for SQS and S3: host:port, or :port at the address in HOST (127.0.0.1)
    #[arg(long, value_name = "ADDRESS", env = "EMULATOR_LISTEN", default_value_t = Listen::port(4566))]
    pub listen: Listen,
    /// Everything else
    #[command(flatten)]
    pub args: EmulatorArgs,
}

/// The settings of an emulator beside its address, alone and in `tidegate up`.
#[derive(Debug, Clone, clap::Args)]
pub struct EmulatorArgs {
    /// The folder for messages and objects
    #[arg(
        long,
        value_name = "DIR",
        env = "EMULATOR_DATA",
        default_value = "./data"
    )]
    pub data: PathBuf,
    /// Keep everything in memory, and nothing on disk
    #[arg(long, env = "EMULATOR_IN_MEMORY", value_parser = cli::boolean)]
    pub in_memory: bool,
    /// Require requests to be signed with these credentials; without them every request is accepted
    #[arg(
        long,
        value_name = "KEY:SECRET",
        env = "EMULATOR_CREDENTIALS",
        hide_env_values = true
    )]
    pub credentials: Option<Credentials>,
    /// Skip SQS's 60-second cooldown after PurgeQueue and DeleteQueue
    #[arg(long, env = "EMULATOR_NO_WAITS", value_parser = cli::boolean)]
    pub no_waits: bool,
    /// The form of queue URLs in responses, as in LocalStack: dynamic (the address that the client
    /// used), or with the region: standard (sqs.REGION.HOST), domain (REGION.queue.HOST) or path
    /// (HOST/queue/REGION). Requests may use any of them
    #[arg(
        long,
        value_name = "FORM",
        env = "SQS_ENDPOINT_STRATEGY",
        default_value = "dynamic"
    )]
    pub sqs_endpoint_strategy: Strategy,
    /// The size of one file of the queues' log, from 4 MiB to 1 GiB; an idle data folder has two
    #[arg(
        long,
        value_name = "BYTES",
        env = "EMULATOR_SEGMENT_SIZE",
        default_value_t = SEGMENT_SIZE,
        value_parser = segment_size
    )]
    pub segment_size: u32,
    /// The largest step forward of the wall clock between two runs that counts, in seconds. A
    /// larger step, or one back, is ignored: nothing expires because of it
    #[arg(long, value_name = "SECONDS", env = "EMULATOR_MAX_CLOCK_STEP", default_value_t = MAX_STEP.as_secs(),
          value_parser = cli::number::<u64>(.., "seconds"))]
    pub max_clock_step: u64,
    /// The memory that the emulator may use, such as 96MiB, instead of what its container, ulimit
    /// -v or the machine allow. Once messages, and objects without a data folder, nearly fill it,
    /// new ones are refused
    #[arg(long, value_name = "BYTES", env = "EMULATOR_MAX_MEMORY")]
    pub max_memory: Option<Bytes>,
}

/// An emulator that is ready to serve: it has read its data and bound its port.
#[derive(Debug)]
pub struct Prepared {
    opened: Opened,
    listener: TcpListener,
}

impl Cli {
    /// Binds the port, then reads the data folder: a start that fails for its port leaves the
    /// folder unchanged.
    ///
    /// # Errors
    /// A setting is wrong, the port is taken, or the folder is in use or unreadable; the text names
    /// the cause and the setting to change.
    pub async fn prepare(self) -> anyhow::Result<Prepared> {
        let region = region()?;
        let listener = serve::listen(&self.listen, "--listen or EMULATOR_LISTEN")?;
        let opened = self.args.open(region.clone())?;
        let (at, account) = (listener.local_addr()?, aws::LOCAL_ACCOUNT);
        tracing::info!(
            "emulator listens on http://{at}, region {region}, account {account} unless a request names another"
        );
        Ok(Prepared { opened, listener })
    }
}

impl kit::program::Settings for Cli {
    fn health(&self) -> Address {
        Address::new(self.listen.clone(), "/healthz")
    }
}

impl EmulatorArgs {
    /// The data folder; `None` keeps everything in memory.
    pub fn folder(&self) -> Option<&Path> {
        (!self.in_memory).then_some(&*self.data)
    }

    /// Reads the data folder. `region` is that of requests whose signature names none.
    ///
    /// # Errors
    /// The folder is in use or unreadable; the text names the cause and the setting to change.
    pub fn open(self, region: String) -> anyhow::Result<Opened> {
        let settings = Settings {
            data: self.folder().map(Path::to_owned),
            region,
        };
        let cooldowns = if self.no_waits {
            Cooldowns::Skipped
        } else {
            Cooldowns::AsAws
        };
        let max_clock_step = Duration::from_secs(self.max_clock_step);
        let tuning = Tuning {
            segment_size: self.segment_size,
            max_clock_step,
            max_memory: self.max_memory,
        };
        let opened = open_with(&settings, tuning)?
            .with_credentials(self.credentials)
            .with_cooldowns(cooldowns);
        Ok(opened.with_strategy(self.sqs_endpoint_strategy))
    }
}

/// Reads a size in the forms of `--max-memory`.
fn segment_size(text: &str) -> Result<u32, String> {
    let Bytes(bytes) = text.parse().map_err(|error: NotBytes| error.to_string())?;
    let within = |size: &u32| (4 * 1024 * 1024..=1024 * 1024 * 1024).contains(size);
    let size = u32::try_from(bytes).ok().filter(within);
    size.ok_or_else(|| format!("expected 4MiB to 1GiB, got {}", counted(bytes, "byte")))
}

/// The default region. The emulator is not a client of AWS: it reads no profile, and starts without
/// certificates.
fn region() -> Result<String, EnvError> {
    Ok(aws::region_of_environment()?.unwrap_or_else(|| aws::DEFAULT_REGION.to_owned()))
}

/// Serves until `stop`. Prints `Ready.` on stdout, the line that setups made for LocalStack wait
/// for.
///
/// # Errors
/// The listener failed.
pub async fn run(prepared: Prepared, stop: CancellationToken) -> anyhow::Result<()> {
    console::announce("Ready.\n");
    prepared.opened.serve(prepared.listener, stop).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_segment_is_written_as_other_bytes_are() {
        for text in ["8388608", "8MiB", "8m"] {
            assert_eq!(segment_size(text), Ok(8 * 1024 * 1024), "{text}");
        }
        assert_eq!(segment_size("1g"), Ok(1024 * 1024 * 1024));
        assert_eq!(
            segment_size("2g"),
            Err("expected 4MiB to 1GiB, got 2147483648 bytes".to_owned())
        );
        assert_eq!(
            segment_size("1"),
            Err("expected 4MiB to 1GiB, got 1 byte".to_owned())
        );
        assert_eq!(
            segment_size("x"),
            Err("expected a number of bytes, such as 100663296, 96MiB or 2g".to_owned())
        );
    }
}
