//! The backend of a harness: what SQS and S3 are.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use aws_config::SdkConfig;
use kit::aws;
use tempfile::TempDir;

use crate::running::Running;
use crate::waiting::{address, eventually, port};

/// What SQS and S3 are.
#[derive(Debug)]
pub enum Backend {
    /// Our emulator, in this process and in memory.
    Emulator {
        /// Its endpoint.
        url: String,
        /// The program.
        running: Running,
    },
    /// Our emulator as a process.
    Process {
        /// Its address, now and after a restart.
        at: SocketAddr,
        /// Its data folder; `None` in memory.
        data: Option<TempDir>,
        /// The process.
        child: Option<Child>,
    },
    /// An endpoint that runs elsewhere, such as LocalStack.
    Endpoint(String),
    /// AWS, with the environment's credentials.
    Aws,
}

impl Backend {
    /// Our emulator, in memory.
    pub async fn emulator() -> Backend {
        let listener = port();
        let url = format!("http://{}", address(&listener));
        let settings = emulator::Settings {
            data: None,
            region: aws::DEFAULT_REGION.to_owned(),
        };
        let opened = emulator::open(&settings).expect("memory opens");
        let running = Running::start(|stop| opened.serve(listener, stop));
        Backend::Emulator { url, running }
    }

    /// Our emulator as a process, on disk. `programs` is the binary.
    pub async fn process(programs: &str) -> Backend {
        let data = TempDir::new().expect("a folder");
        Backend::started(programs, Some(data)).await
    }

    /// The same, in memory.
    pub async fn process_in_memory(programs: &str) -> Backend {
        Backend::started(programs, None).await
    }

    async fn started(programs: &str, data: Option<TempDir>) -> Backend {
        let mut backend = Backend::Process {
            at: address(&port()),
            data,
            child: None,
        };
        backend.restart(programs).await;
        backend
    }

    /// Starts the process, after [`Backend::kill`] or for the first time, and waits until it
    /// answers.
    pub async fn restart(&mut self, programs: &str) {
        let Backend::Process { at, data, child } = self else {
            panic!("only a process can be restarted")
        };
        let mut command = Command::new(programs);
        command.arg("emulator").arg("--listen").arg(at.to_string());
        match data {
            Some(folder) => command.arg("--data").arg(folder.path()),
            None => command.arg("--in-memory").env("RUST_LOG", "error"),
        };
        *child = Some(
            command
                .stdout(Stdio::null())
                .spawn()
                .expect("the emulator starts"),
        );
        eventually("the emulator answers", async || {
            tokio::net::TcpStream::connect(*at).await.ok()
        })
        .await;
    }

    /// Ends the process with SIGKILL.
    pub fn kill(&mut self) {
        let Backend::Process {
            child: Some(child), ..
        } = self
        else {
            panic!("only a process can be killed")
        };
        child.kill().expect("the process is ours");
        child.wait().expect("the process is ours");
    }

    /// SDK settings for this backend.
    pub async fn config(&self) -> SdkConfig {
        let url = match self {
            Backend::Emulator { url, .. } | Backend::Endpoint(url) => url.clone(),
            Backend::Process { at, .. } => format!("http://{at}"),
            Backend::Aws => return aws::config().await.expect("endpoints are addresses"),
        };
        aws::local(&url).await
    }

    /// Stops the emulator, if this backend started one.
    pub async fn close(&mut self) {
        match std::mem::replace(self, Backend::Aws) {
            Backend::Emulator { running, .. } => running.stop().await,
            Backend::Process {
                child: Some(mut child),
                ..
            } => {
                child.kill().expect("the process is ours");
                child.wait().expect("the process is ours");
            }
            _ => {}
        }
    }
}
