//! A `tidegate up` of one's own, on ports that are free.

#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use kit::call::{Call, Reply};
use kit::send::{AllowTargets, Sender};

/// The limit of patience, not a measurement.
pub const PATIENCE: Duration = Duration::from_secs(60);

const PORTS: [u16; 6] = [3000, 3001, 4566, 8080, 8081, 8082];

/// How a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
}

/// The process.
pub struct Running {
    child: Child,
    offset: u16,
    printed: String,
    sender: Sender,
}

impl Running {
    /// Starts one, and waits until it has printed where everything is.
    pub async fn start(data: &Path, args: &[&str]) -> Running {
        Running::start_with(data, args, &[]).await
    }

    /// As [`Running::start`], with variables of the environment.
    pub async fn start_with(data: &Path, args: &[&str], environment: &[(&str, &str)]) -> Running {
        kit::program::install_tls();
        let offset = free_offset();
        let mut command = command(data, offset, args);
        command.envs(environment.iter().copied());
        Running::of(command, offset)
    }

    /// As [`Running::start`], with the log in the file `log` of the folder.
    pub async fn start_logged(data: &Path, args: &[&str]) -> Running {
        kit::program::install_tls();
        let offset = free_offset();
        let mut command = command(data, offset, args);
        let log = std::fs::File::create(data.join("log")).unwrap();
        command.env("RUST_LOG", "info").stderr(log);
        Running::of(command, offset)
    }

    fn of(mut command: Command, offset: u16) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        while !printed.contains("Ctrl-C") {
            assert_ne!(
                lines.read_line(&mut printed).unwrap(),
                0,
                "the chain ended after {printed}"
            );
        }
        Running {
            child,
            offset,
            printed,
            sender: Sender::new(AllowTargets::anywhere()).unwrap(),
        }
    }

    /// Starts one, and waits until its emulator answers, which is before its queues are made.
    pub async fn begin(data: &Path, args: &[&str]) -> Running {
        kit::program::install_tls();
        let offset = free_offset();
        let child = command(data, offset, args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let sender = Sender::new(AllowTargets::anywhere()).unwrap();
        let chain = Running {
            child,
            offset,
            printed: String::new(),
            sender,
        };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", chain.port(4566))).is_err() {
            assert!(begun.elapsed() < PATIENCE, "nobody listens");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(chain.get(4566, "/healthz").await.status, StatusCode::OK);
        chain
    }

    /// What a chain that has ended printed after [`Running::begin`].
    pub fn last_words(&mut self) -> String {
        let mut words = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut words)
            .unwrap();
        words
    }

    /// What it printed on stdout.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// Where a program listens that stands at `port` without an offset.
    pub fn port(&self, port: u16) -> u16 {
        port + self.offset
    }

    /// One GET.
    pub async fn get(&self, port: u16, path: &str) -> Reply {
        self.send(Method::GET, port, path, "").await
    }

    /// One POST of JSON.
    pub async fn post(&self, port: u16, path: &str, body: &str) -> Reply {
        self.send(Method::POST, port, path, body).await
    }

    /// One PUT.
    pub async fn put(&self, port: u16, path: &str, body: &str) -> Reply {
        self.send(Method::PUT, port, path, body).await
    }

    async fn send(&self, method: Method, port: u16, path: &str, body: &str) -> Reply {
        let url = format!("http://127.0.0.1:{}{path}", self.port(port))
            .parse()
            .unwrap();
        let headers = HeaderMap::from_iter([(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )]);
        let call = Call {
            method,
            url,
            headers,
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        self.sender.send(call, PATIENCE, 1 << 20).await.unwrap()
    }

    /// Asks until the answer is 200.
    pub async fn eventually_get(&self, port: u16, path: &str) -> String {
        let begun = Instant::now();
        loop {
            let reply = self.get(port, path).await;
            if reply.status == StatusCode::OK {
                return String::from_utf8(reply.body.to_vec()).unwrap();
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{path} is still answered with {}",
                reply.status
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends it; its exit code, if it had the time to choose one.
    pub fn end(&mut self, stop: Stop) -> Option<i32> {
        match stop {
            Stop::Kill => self.child.kill().unwrap(),
            Stop::Terminate => {
                let status = Command::new("kill")
                    .args(["-TERM", &self.child.id().to_string()])
                    .status()
                    .unwrap();
                assert!(status.success());
            }
        }
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Runs one that must not come up: its exit code, and what it says on stderr.
pub fn refusal(data: &Path, offset: u16, args: &[&str]) -> (Option<i32>, String) {
    let mut child = command(data, offset, args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{args:?}: the chain came up");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut error = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut error)
        .unwrap();
    (child.wait().unwrap().code(), error)
}

/// A shift at which every port of a chain is free.
pub fn free_offset() -> u16 {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let offset = std::iter::repeat_with(|| fastrand::u16(1_000..20_000)).find(|offset| {
        let mut ports = PORTS.iter().map(|port| port + offset);
        ports.all(is_free)
    });
    offset.expect("the search goes on until it finds one")
}

fn command(data: &Path, offset: u16, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command
        .arg("up")
        .arg("--data")
        .arg(data.join("data"))
        .args(args);
    if offset > 0 {
        command.args(["--port-offset", &offset.to_string()]);
    }
    command.env("RUST_LOG", "error");
    command
}
