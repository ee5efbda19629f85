//! The pipe of a pipeline as a process: started, stopped, killed, and asked for its state.

use std::process::Command;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method};
use kit::call::Call;
use kit::send::{AllowTargets, Sender};
use serde_json::Value;

use super::program::{Pipe, Program};
use super::{Pipeline, Rule};
use crate::waiting::{PATIENCE, address, port};

impl Pipeline {
    /// Starts the pipe as a process, with its output in [`Pipeline::log`]. `programs` is the
    /// binary.
    pub fn start_process(&mut self, programs: &str) {
        let endpoint = self.sdk.endpoint_url().expect("the backend is local");
        let admin = address(&port()).port();
        let mut command = Command::new(programs);
        command
            .arg("pipe")
            .arg("--admin-listen")
            .arg(format!("127.0.0.1:{admin}"));
        command
            .arg("--allow-target")
            .arg(self.target.at().to_string());
        command.arg("--definition").arg(self.file.path());
        command
            .arg("--invocation-timeout")
            .arg(self.shape.timeout.as_secs().max(1).to_string());
        if self.shape.rule == Rule::Aws {
            command.args(["--verdict", "aws"]);
        }
        command
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("RUST_LOG", "warn")
            .env_remove("AWS_ACCOUNT_ID");
        command.env(
            "AWS_ENDPOINT_URL_LAMBDA",
            format!("http://{}", self.target.at()),
        );
        command
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        let log = self.log.as_file().try_clone().expect("the log is open");
        command
            .stderr(log.try_clone().expect("the log is open"))
            .stdout(log);
        self.pipe = Pipe::Process(Program {
            child: command.spawn().expect("the pipe starts"),
            admin,
        });
    }

    /// Ends the pipe's process with SIGKILL.
    pub fn kill_pipe(&mut self) {
        let mut program = self.take_program();
        program.child.kill().expect("the process is ours");
        program.child.wait().expect("the process is ours");
    }

    /// Stops the pipe's process with SIGTERM, and waits until it has ended well.
    ///
    /// # Panics
    /// It does not end, or not with 0.
    pub async fn terminate_pipe(&mut self) {
        let mut program = self.take_program();
        let sent = Command::new("kill")
            .args(["-TERM", &program.child.id().to_string()])
            .status();
        assert!(
            sent.expect("there is a program kill").success(),
            "the pipe is gone"
        );
        let begun = Instant::now();
        loop {
            if let Some(status) = program.child.try_wait().expect("the process is ours") {
                assert_eq!(status.code(), Some(0), "the pipe ends well");
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "the pipe does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn take_program(&mut self) -> Program {
        let Pipe::Process(program) = std::mem::replace(&mut self.pipe, Pipe::Stopped) else {
            panic!("the pipe is no process")
        };
        program
    }

    /// The output of the processes.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).expect("the log can be read")
    }

    /// `StateReason` of the pipe, empty when there is none.
    pub async fn state_reason(&self) -> String {
        let described = self
            .ask(&format!("/v1/pipes/{}", self.names.pipe))
            .await
            .unwrap_or_default();
        let described: Value = serde_json::from_str(&described).unwrap_or_default();
        described["StateReason"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The body of a page of the admin port. `None` while the port is closed.
    pub async fn ask(&self, path: &str) -> Option<String> {
        let Pipe::Process(program) = &self.pipe else {
            panic!("the pipe is no process")
        };
        let sender = Sender::new(AllowTargets::anywhere()).expect("certificate authorities");
        let url = format!("http://127.0.0.1:{}{path}", program.admin)
            .parse()
            .expect("a URL");
        let call = Call {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: bytes::Bytes::new(),
        };
        let reply = sender
            .send(call, Duration::from_secs(10), 1 << 20)
            .await
            .ok()?;
        String::from_utf8(reply.body.to_vec()).ok()
    }
}
