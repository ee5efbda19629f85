//! The real program on a folder, to be killed.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Small, so that kills fall into the change from one file of the log to the next, and into the
/// removal of old ones.
const SEGMENT_SIZE: &str = "4194304";

/// The real program on a folder.
pub struct Emulator {
    child: Child,
    pub port: u16,
}

impl Emulator {
    /// Starts it, and waits for `Ready.`.
    pub fn start(data: &Path) -> Emulator {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut child = Command::new(env!("CARGO_BIN_EXE_emulator"))
            .args([
                "--listen",
                &format!("127.0.0.1:{port}"),
                "--segment-size",
                SEGMENT_SIZE,
                "--data",
            ])
            .arg(data)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line.trim(), "Ready.");
        Emulator { child, port }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
