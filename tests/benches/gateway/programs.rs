//! The servers, each a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::{Connection, call};

/// The queue of the built-in definition, as every emulator names it.
pub const QUEUE: &str = "https://sqs.ap-northeast-2.amazonaws.com/000000000000/ex-queue";

/// Places of the processes.
pub const BARE: usize = 0;
pub const EMULATOR: usize = 1;
pub const GATEWAY: usize = 2;

/// Names the address at which this program is the bare server.
pub const BARE_SERVER: &str = "BARE_SERVER";

/// `POST /mock` answers 200 by a template.
const MOCK: &str = r#"openapi: 3.0.1
info: {title: mock, version: "1"}
paths:
  /mock:
    post:
      responses: {"200": {description: OK}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: "200"}}
"#;

/// The servers. They end with this.
pub struct Programs {
    pub bare: SocketAddr,
    pub emulator: SocketAddr,
    pub gateway: SocketAddr,
    admin: SocketAddr,
    children: Vec<Child>,
    _folder: TempDir,
}

impl Programs {
    /// Starts them, with the queue of the built-in definition.
    pub async fn start() -> anyhow::Result<Programs> {
        let folder = TempDir::new()?;
        let [bare, emulator, gateway, admin] = [(); 4].map(|()| free());
        let mock = folder.path().join("mock.yaml");
        std::fs::write(&mock, MOCK)?;
        let built_in = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
        let programs =
            std::env::var("PROGRAMS").unwrap_or_else(|_| env!("CARGO_BIN_EXE_programs").to_owned());
        let mut as_bare = Command::new(std::env::current_exe()?);
        as_bare.env(BARE_SERVER, bare.to_string());
        let mut as_emulator = Command::new(&programs);
        as_emulator
            .args(["emulator", "--listen", &emulator.to_string(), "--data"])
            .arg(folder.path().join("data"));
        if std::env::var_os("IN_MEMORY").is_some() {
            as_emulator = Command::new(&programs);
            as_emulator.args(["emulator", "--listen", &emulator.to_string(), "--in-memory"]);
        }
        let mut as_gateway = Command::new(&programs);
        as_gateway
            .args(["gateway", "--quiet", "--listen", &gateway.to_string()])
            // What is measured is the gateway, not the throttle that AWS gives an account.
            .args(["--account-throttle", "off"])
            .args([
                "--admin-listen",
                &admin.to_string(),
                "--definition",
                built_in,
            ])
            .arg("--definition")
            .arg(mock)
            .env("AWS_ENDPOINT_URL", format!("http://{emulator}"))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        let mut children = Vec::new();
        for command in [&mut as_bare, &mut as_emulator, &mut as_gateway] {
            children.push(
                command
                    .env("RUST_LOG", "warn")
                    .stdout(Stdio::null())
                    .spawn()?,
            );
        }
        let started = Programs {
            bare,
            emulator,
            gateway,
            admin,
            children,
            _folder: folder,
        };
        for at in [bare, emulator, gateway, admin] {
            listens(at).await?;
        }
        let create = call("CreateQueue", &serde_json::json!({"QueueName": "ex-queue"}));
        Connection::open(emulator).await?.exchange(&create).await?;
        Ok(started)
    }

    /// Seconds of CPU time that a process has used.
    pub fn cpu(&self, process: usize) -> f64 {
        let stat = format!("/proc/{}/stat", self.children[process].id());
        let text = std::fs::read_to_string(stat).unwrap_or_default();
        let fields = text.rsplit(')').next().unwrap_or_default();
        let ticks = fields.split_whitespace().skip(11).take(2);
        ticks
            .filter_map(|field| field.parse::<f64>().ok())
            .sum::<f64>()
            / 100.0
    }

    /// How many requests the gateway has sent to SQS.
    pub async fn sqs_calls(&self) -> anyhow::Result<f64> {
        let get = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let text = ask(self.admin, get.as_bytes()).await?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("gateway_sqs_requests_total "));
        Ok(line.map_or(Ok(0.0), |count| count.trim().parse())?)
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        for child in &mut self.children {
            _ = child.kill();
            _ = child.wait();
        }
    }
}

/// An address that is free now.
fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address")
}

async fn listens(at: SocketAddr) -> anyhow::Result<()> {
    let begun = Instant::now();
    while TcpStream::connect(at).await.is_err() {
        anyhow::ensure!(
            begun.elapsed() < Duration::from_secs(60),
            "nobody listens on {at}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// The answer to one request on a connection that is closed then.
async fn ask(at: SocketAddr, request: &[u8]) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(at).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
