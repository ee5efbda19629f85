//! Door: the chain of the demo, as processes of their own on free ports.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use kit::health::{self, Address};

use super::child::Child;
use crate::up::ports::Ports;

/// Another program may take a port between its choice and the start.
const TRIES: usize = 5;

/// Between two looks at a process that starts.
const PAUSE: Duration = Duration::from_millis(50);

/// How long one answer to a look may take.
const LOOK: Duration = Duration::from_secs(5);

/// The chain without its subscriber.
#[derive(Debug)]
pub(super) struct ChainProcess {
    process: Child,
    ports: Ports,
    folder: PathBuf,
    patience: Duration,
}

impl ChainProcess {
    /// Starts the chain of the built-in template, with its data and logs in `folder`.
    ///
    /// # Errors
    /// The process ended by itself, or is not ready in time.
    pub(super) async fn start(folder: &Path, patience: Duration) -> anyhow::Result<ChainProcess> {
        let mut last = None;
        for _ in 0..TRIES {
            let (offset, ports) = Ports::free(Ipv4Addr::LOCALHOST.into())
                .context("cannot find six free ports on 127.0.0.1")?;
            match ChainProcess::start_at(offset, ports, folder, patience).await {
                Err(error) if error.to_string().contains("the address is in use") => {
                    last = Some(error);
                }
                started => return started,
            }
        }
        Err(last.expect("the first try failed as well"))
    }

    async fn start_at(
        offset: u16,
        ports: Ports,
        folder: &Path,
        patience: Duration,
    ) -> anyhow::Result<ChainProcess> {
        let data = folder.join("data").display().to_string();
        let offset = offset.to_string();
        let args = [
            "up",
            "--without",
            "sub",
            "--data",
            &data,
            "--port-offset",
            &offset,
        ];
        let log = folder.join("chain.log");
        let process = Child::start("chain", &args, ports.emulator, &log)?;
        let mut chain = ChainProcess {
            process,
            ports,
            folder: folder.to_owned(),
            patience,
        };
        for ready in [
            format!("{}/readyz", ports.gateway_admin),
            format!("{}/readyz", ports.pipe_admin),
            format!("{}/ping", ports.publisher),
        ] {
            until_ready(&mut chain.process, &ready, patience).await?;
        }
        Ok(chain)
    }

    /// Starts the subscriber, as a process of its own.
    ///
    /// # Errors
    /// The process ended by itself, or is not ready in time.
    pub(super) async fn start_subscriber(&self) -> anyhow::Result<Child> {
        let port = self.ports.subscriber.port().to_string();
        let args = ["sub", "--host", "127.0.0.1", "--port", &port];
        let log = self.folder.join("subscriber.log");
        let mut process = Child::start("subscriber", &args, self.ports.emulator, &log)?;
        let ready = format!("{}/ping", self.ports.subscriber);
        until_ready(&mut process, &ready, self.patience).await?;
        Ok(process)
    }

    /// Where the parts listen.
    pub(super) fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Checks that the chain runs.
    ///
    /// # Errors
    /// It ended by itself.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        self.process.check()
    }

    /// Stops the chain.
    pub(super) async fn stop(self) {
        self.process.stop().await;
    }
}

/// Waits until a process is ready.
async fn until_ready(process: &mut Child, address: &str, patience: Duration) -> anyhow::Result<()> {
    let asked: Address = address.parse().map_err(anyhow::Error::msg)?;
    let begun = Instant::now();
    loop {
        process.check()?;
        let Err(reason) = health::check(&asked, LOOK).await else {
            return Ok(());
        };
        if begun.elapsed() > patience {
            bail!("not ready within {} s: {reason}", patience.as_secs());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
