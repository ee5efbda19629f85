//! The chain as processes, for as long as it is kept.

use http::Method;
use tempfile::TempDir;

use crate::processes::{BUCKET, Ports, Process, ask, listens};

const PROGRAMS: [&str; 5] = ["emulator", "gateway", "pipe", "pub", "sub"];

/// The chain as processes, for as long as it is kept.
pub(crate) struct Chain {
    pub(crate) ports: Ports,
    _processes: Vec<Process>,
    _log: TempDir,
}

impl Chain {
    pub(crate) async fn start() -> Chain {
        let (ports, log) = (Ports::free(), TempDir::new().unwrap());
        let start = |name| {
            Process::into_file(
                ports.program(name, &ports.endpoint()),
                &log.path().join(name),
            )
        };
        let processes = PROGRAMS.map(start).into();
        let chain = Chain {
            ports,
            _processes: processes,
            _log: log,
        };
        for port in [
            ports.emulator,
            ports.gateway,
            ports.gateway_admin,
            ports.pipe_admin,
            ports.publisher,
        ] {
            listens(port).await;
        }
        listens(ports.subscriber).await;
        let bucket = Ports::url(ports.emulator, &format!("/{}", BUCKET));
        assert!(
            ask(Method::PUT, &bucket, "")
                .await
                .unwrap()
                .status
                .is_success()
        );
        chain
    }
}
