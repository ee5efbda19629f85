//! The chain as processes. A test chooses their environment and outputs.

#![allow(dead_code, reason = "each test uses a part")]

use std::fs::File;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use kit::call::{Call, Reply};
use kit::send::{AllowTargets, SendError, Sender};

/// A generous limit, not a measurement.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The bucket of the built-in definition.
pub const BUCKET: &str = "donggyu-test-poc";

/// The reader of a program's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Gone: standard output and standard error are closed pipes.
    Gone,
    /// Stuck: the reader reads nothing, and the pipe is full.
    Stuck,
}

impl Reader {
    /// Standard output and standard error for a process.
    fn outputs(self) -> (Stdio, Stdio) {
        let (reader, writer) = std::io::pipe().unwrap();
        if self == Reader::Stuck {
            let mut filler = writer.try_clone().unwrap();
            std::thread::spawn(move || {
                // Ends when the process of the test does: nobody ever reads.
                let _ = filler.write_all(&[b'x'; 1 << 20]);
                drop(reader);
            });
            // Were this too short to fill it, the test would only be less strict.
            std::thread::sleep(Duration::from_millis(100));
        }
        (writer.try_clone().unwrap().into(), writer.into())
    }
}

/// A running program.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts a program whose output has this reader.
    pub fn unread(mut command: Command, reader: Reader) -> Process {
        let (stdout, stderr) = reader.outputs();
        Process::spawn(command.stdout(stdout).stderr(stderr))
    }

    /// Starts a program that writes both outputs into a file.
    pub fn into_file(mut command: Command, file: &Path) -> Process {
        let file = File::options()
            .create(true)
            .append(true)
            .open(file)
            .unwrap();
        let stderr = file.try_clone().unwrap();
        Process::spawn(command.stdout(file).stderr(stderr))
    }

    fn spawn(command: &mut Command) -> Process {
        let name = command
            .get_args()
            .next()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Process {
            name,
            child: command.stdin(Stdio::null()).spawn().unwrap(),
        }
    }

    /// Sends the program a signal, by name.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success(), "{} is gone", self.name);
    }

    /// Stops the program with SIGTERM. It must end with 0.
    pub fn stop(mut self) {
        self.signal("TERM");
        assert_eq!(self.end(), Some(0), "{} ends well", self.name);
    }

    /// Waits for the end of the program. Returns its exit code.
    pub fn end(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "{} does not end", self.name);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The ports of the programs of a chain.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    pub emulator: u16,
    pub gateway: u16,
    pub gateway_admin: u16,
    pub pipe_admin: u16,
    pub publisher: u16,
    pub subscriber: u16,
}

impl Ports {
    /// Ports that are free now.
    pub fn free() -> Ports {
        let held: Vec<TcpListener> = (0..6)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let at = |index: usize| held[index].local_addr().unwrap().port();
        Ports {
            emulator: at(0),
            gateway: at(1),
            gateway_admin: at(2),
            pipe_admin: at(3),
            publisher: at(4),
            subscriber: at(5),
        }
    }

    /// The command that starts a program, with the addresses of the others. `endpoint` is that of
    /// SQS and S3.
    pub fn program(&self, name: &str, endpoint: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_programs"));
        command.arg(name);
        let at = |port: u16| format!("127.0.0.1:{port}");
        let endpoint_override = format!("SubEndpoint=http://{}/sub", at(self.subscriber));
        match name {
            "emulator" => command.args(["--in-memory", "--listen", &at(self.emulator)]),
            "gateway" => command.args([
                "--listen",
                &at(self.gateway),
                "--admin-listen",
                &at(self.gateway_admin),
            ]),
            "pipe" => command.args([
                "--admin-listen",
                &at(self.pipe_admin),
                "--allow-target",
                &at(self.subscriber),
                "--parameter-overrides",
                &endpoint_override,
                "ConnectionOwner=canary-api-key",
            ]),
            "pub" => command
                .args(["--port", &self.publisher.to_string(), "--sub-host"])
                .arg(format!("http://{}/events/sub", at(self.gateway))),
            "sub" => command.args(["--port", &self.subscriber.to_string()]),
            other => panic!("there is no program {other}"),
        };
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.envs([
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "AKIACANARY0000000000"),
            ("AWS_SECRET_ACCESS_KEY", "canary-secret-access-key"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ]);
        command
    }

    /// The emulator's address.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.emulator)
    }

    /// The URL of a path at a port.
    pub fn url(port: u16, path: &str) -> String {
        format!("http://127.0.0.1:{port}{path}")
    }
}

/// A port offset at which every port of a chain is free.
pub fn free_offset() -> u16 {
    let ports = [3000, 3001, 4566, 8080, 8081, 8082];
    let is_free = |offset: &u16| {
        ports
            .iter()
            .all(|port| TcpListener::bind(("127.0.0.1", port + offset)).is_ok())
    };
    std::iter::repeat_with(|| fastrand::u16(1_000..20_000))
        .find(is_free)
        .unwrap()
}

/// Waits until a program listens at the port.
pub async fn listens(port: u16) {
    let at: SocketAddr = ([127, 0, 0, 1], port).into();
    let begun = Instant::now();
    while tokio::net::TcpStream::connect(at).await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "nobody listens on {at}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

thread_local! {
    /// One for each test, for each has a thread and a runtime of its own.
    static SENDER: Sender = {
        kit::program::install_tls();
        Sender::new(AllowTargets::anywhere()).unwrap()
    };
}

/// One request.
///
/// # Errors There is no reply.
pub async fn ask(method: Method, url: &str, body: &str) -> Result<Reply, SendError> {
    let headers =
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let call = Call {
        method,
        url: url.parse().unwrap(),
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    let sender = SENDER.with(Sender::clone);
    sender.send(call, PATIENCE, 1 << 20).await
}

/// Repeats a GET until the reply is 200. Returns its body.
pub async fn eventually(url: &str) -> String {
    let begun = Instant::now();
    loop {
        let last = ask(Method::GET, url, "").await;
        if let Ok(reply) = &last
            && reply.status.is_success()
        {
            return String::from_utf8(reply.body.to_vec()).unwrap();
        }
        assert!(begun.elapsed() < PATIENCE, "{url}: {last:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
