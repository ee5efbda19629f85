//! The gateway as a process.

use std::cell::Cell;
use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::backend::Backend;
use crate::secure;
use crate::suite::Suite;

/// A generous limit, not a measurement.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway that serves one definition, or has refused it.
#[derive(Debug)]
pub struct Gateway {
    /// Its public port.
    pub address: SocketAddr,
    /// What it said when it refused the definition.
    pub refusal: Option<String>,
    child: Child,
    folder: TempDir,
    /// Lines of the access log that were looked at.
    lines: Cell<usize>,
}

impl Gateway {
    /// Starts the gateway with a suite's definition, and waits until it listens or ends.
    pub fn start(suite: &Suite, backend: &Backend) -> Gateway {
        loop {
            let gateway = Gateway::start_once(suite, backend);
            let refusal = gateway.refusal.as_deref().unwrap_or_default();
            // Somebody else may have got a port that was free a moment ago.
            if !refusal.contains("the address is in use") {
                return gateway;
            }
        }
    }

    fn start_once(suite: &Suite, backend: &Backend) -> Gateway {
        let folder = TempDir::new().expect("a folder");
        if suite.arguments.iter().any(|it| it == "--tls-cert") {
            secure::write(folder.path());
        }
        let in_folder = |text: &String| {
            let folder = folder.path().display().to_string();
            backend.filled(text).replace("@FOLDER@", &folder)
        };
        let definition = folder.path().join("definition.yaml");
        std::fs::write(&definition, backend.filled(&suite.definition)).expect("a definition");
        let log = File::create(folder.path().join("log")).expect("a log");
        let (address, admin) = (free(), free());
        let mut command = Command::new(env!("CARGO_BIN_EXE_programs"));
        command
            .args([
                "gateway",
                "--listen",
                &address.to_string(),
                "--admin-listen",
                &admin.to_string(),
            ])
            .arg("--definition")
            .arg(&definition)
            // The backend is on loopback, and stands for AWS's own endpoints.
            .args([
                "--allow-target",
                &backend.filled("@UPSTREAM_HOST@"),
                "--assume-roles",
            ])
            .args(suite.arguments.iter().map(in_folder))
            .env_clear()
            .envs(environment(backend))
            .env("HOME", folder.path())
            .envs(
                suite
                    .environment
                    .iter()
                    .map(|(name, value)| (name, backend.filled(value))),
            )
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        let child = command.spawn().expect("the gateway starts");
        let mut gateway = Gateway {
            address,
            refusal: None,
            child,
            folder,
            lines: Cell::new(0),
        };
        gateway.refusal = gateway.wait();
        gateway
    }

    fn wait(&mut self) -> Option<String> {
        let begun = Instant::now();
        loop {
            if self.child.try_wait().expect("its state").is_some() {
                let log = self.log();
                return Some(log.replace(&format!("{}/", self.folder.path().display()), ""));
            }
            if TcpStream::connect(self.address).is_ok() {
                return None;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "the gateway does not listen: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The folder of the gateway's files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The next line of `access.log`, for which this waits.
    pub fn logged(&self) -> Option<String> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let log = std::fs::read_to_string(self.folder().join("access.log"));
            let log = log.unwrap_or_default();
            let mut whole = log.split_inclusive('\n').filter(|it| it.ends_with('\n'));
            if let Some(line) = whole.nth(self.lines.get()) {
                self.lines.set(self.lines.get() + 1);
                return Some(line.trim_end_matches('\n').to_owned());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// What it has written.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}

fn environment(backend: &Backend) -> [(&'static str, String); 9] {
    [
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCOUNT_ID", "123456789012".to_owned()),
        ("AWS_ACCESS_KEY_ID", crate::call::GATEWAY.0.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", crate::call::GATEWAY.1.to_owned()),
        ("AWS_ENDPOINT_URL", backend.filled("@UPSTREAM@")),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("RUST_LOG", "warn".to_owned()),
        ("LOG_FORMAT", "text".to_owned()),
        ("NO_COLOR", "1".to_owned()),
    ]
}
