//! Door: a child process of this binary, with its output in a file. It never outlives its owner.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use kit::aws::DEFAULT_REGION;
use rustix::process::{Pid, Signal, kill_process};

/// How long a child process may take to end after SIGTERM.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Between two looks at a process.
const LOOK: Duration = Duration::from_millis(20);

/// A running child process.
#[derive(Debug)]
pub(super) struct Child {
    name: &'static str,
    process: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts `tidegate` with these arguments; its output is appended to `log`. Nothing of the
    /// environment reaches it but the search path, so that no setting changes the story.
    ///
    /// # Errors
    /// The process cannot be started, or the file not be written.
    pub(super) fn start(
        name: &'static str,
        args: &[&str],
        emulator: SocketAddr,
        log: &Path,
    ) -> anyhow::Result<Child> {
        let binary = std::env::current_exe().context("cannot find the binary of this process")?;
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| log.display().to_string())?;
        let kept = std::env::vars_os().filter(|(name, _)| {
            ["PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"]
                .iter()
                .any(|known| name == known)
                || name.to_string_lossy().starts_with("LLVM_")
        });
        let process = Command::new(&binary)
            .args(args)
            .env_clear()
            .envs(kept)
            .envs([
                ("AWS_ENDPOINT_URL", format!("http://{emulator}").as_str()),
                ("AWS_REGION", DEFAULT_REGION),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_CONFIG_FILE", "/dev/null"),
                ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
                ("LOG_FORMAT", "text"),
            ])
            .stdin(Stdio::null())
            .stderr(output.try_clone()?)
            .stdout(output)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let log = log.to_owned();
        Ok(Child { name, process, log })
    }

    /// The number of the process.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Checks that the process runs.
    ///
    /// # Errors
    /// It ended; the text has the last line that it wrote.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        let Some(status) = self.process.try_wait()? else {
            return Ok(());
        };
        let written = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last = written.lines().last().unwrap_or("it wrote nothing");
        bail!("the {} ended ({status}): {last}", self.name)
    }

    /// Kills the process with SIGKILL, which it can neither catch nor prepare for.
    ///
    /// # Errors
    /// It had ended by itself.
    pub(super) fn kill(mut self) -> anyhow::Result<()> {
        self.check()?;
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Stops the process with SIGTERM, and kills it when it does not end.
    pub(super) async fn stop(mut self) {
        let id = i32::try_from(self.id()).ok().and_then(Pid::from_raw);
        if let Some(id) = id.filter(|_| self.check().is_ok()) {
            // An error means that it has just ended.
            let _ = kill_process(id, Signal::TERM);
        }
        let ended = async {
            while self.process.try_wait().is_ok_and(|status| status.is_none()) {
                tokio::time::sleep(LOOK).await;
            }
        };
        let _ = tokio::time::timeout(STOP_LIMIT, ended).await;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Errors mean that it has ended and was waited for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
