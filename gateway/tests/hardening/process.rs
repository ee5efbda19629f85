//! The gateway as a process.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::client;

/// A definition of mocks: `/mock` answers `"v"`, `/big` reads its body into a template.
pub(super) fn definition(version: &str) -> String {
    format!(
        r#"openapi: 3.0.1
info: {{title: t, version: "1"}}
paths:
  /mock:
    x-amazon-apigateway-any-method:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {{application/json: '{{"statusCode": 200}}'}}
        responses: {{default: {{statusCode: 200, responseTemplates: {{application/json: '"{version}"'}}}}}}
  /big:
    post:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {{application/json: '#set($x = $input.body)#set($l = $x.length()){{"statusCode": 200, "length": $l}}'}}
        responses: {{default: {{statusCode: 200, responseTemplates: {{application/json: '"read"'}}}}}}
"#
    )
}

/// A gateway, which ends with this value.
pub(super) struct Gateway {
    child: Child,
    pub address: SocketAddr,
    pub admin: SocketAddr,
    pub definition: PathBuf,
    lines: Arc<Mutex<Vec<String>>>,
    _folder: tempfile::TempDir,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

impl Gateway {
    /// Starts a gateway with these further arguments and waits until it is ready.
    pub(super) async fn start(args: &[&str]) -> Gateway {
        Gateway::start_in("exec \"$0\" \"$@\"", args).await
    }

    /// The same by a line of a shell.
    pub(super) async fn start_in(script: &str, args: &[&str]) -> Gateway {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("api.yaml");
        std::fs::write(&file, definition("one")).unwrap();
        let (address, admin) = (free(), free());
        let mut child = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_gateway"), "--quiet"])
            .args([
                "--listen",
                &address.to_string(),
                "--admin-listen",
                &admin.to_string(),
            ])
            .arg("--definition")
            .arg(&file)
            .args(args)
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .env("RUST_LOG", "info")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (stderr, kept) = (child.stderr.take().unwrap(), lines.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        let mut gateway = Gateway {
            child,
            address,
            admin,
            definition: file,
            lines,
            _folder: folder,
        };
        while client::get(admin, "/readyz").await.as_deref() != Some("200") {
            assert!(
                gateway.child.try_wait().unwrap().is_none(),
                "{:?}",
                gateway.log()
            );
            tokio::task::yield_now().await;
        }
        gateway
    }

    /// What it has logged.
    pub(super) fn log(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// The lines of its log with this text.
    pub(super) fn logged(&self, text: &str) -> usize {
        self.log().iter().filter(|line| line.contains(text)).count()
    }

    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub(super) fn end(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Resident memory, in MiB.
    pub(super) fn resident(&self) -> usize {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(Path::new(&path)).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024
    }
}
