//! Where the parts of the house listen.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context as _;
use kit::listen::{default_host, reached_at};
use kit::serve;

/// The ports, before `--port-offset`.
const EMULATOR: u16 = 4566;
const GATEWAY: u16 = 8080;
const GATEWAY_ADMIN: u16 = 8081;
const PIPE_ADMIN: u16 = 8082;
const PUBLISHER: u16 = 3000;
const SUBSCRIBER: u16 = 3001;

/// Where the parts of the house are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub emulator: SocketAddr,
    pub gateway: SocketAddr,
    pub gateway_admin: SocketAddr,
    pub pipe_admin: SocketAddr,
    pub publisher: SocketAddr,
    pub subscriber: SocketAddr,
}

impl Ports {
    /// All of them, further up by `offset`, at the address that HOST names.
    ///
    /// # Errors
    /// A port would be too high, or HOST names no address.
    pub(super) fn shifted(offset: u16) -> anyhow::Result<Ports> {
        let host = default_host()?;
        let at = |port: u16| {
            let shifted = port.checked_add(offset);
            let given = || kit::cli::given("--port-offset", "PORT_OFFSET", &offset);
            let port = shifted
                .with_context(|| format!("{}: there is no port {port} + {offset}", given()))?;
            Ok::<_, anyhow::Error>(SocketAddr::new(host, port))
        };
        Ok(Ports {
            emulator: at(EMULATOR)?,
            gateway: at(GATEWAY)?,
            gateway_admin: at(GATEWAY_ADMIN)?,
            pipe_admin: at(PIPE_ADMIN)?,
            publisher: at(PUBLISHER)?,
            subscriber: at(SUBSCRIBER)?,
        })
    }

    /// Where the programs of the house find each other.
    pub(super) fn reached(&self) -> Ports {
        Ports {
            emulator: reached_at(self.emulator),
            gateway: reached_at(self.gateway),
            gateway_admin: reached_at(self.gateway_admin),
            pipe_admin: reached_at(self.pipe_admin),
            publisher: reached_at(self.publisher),
            subscriber: reached_at(self.subscriber),
        }
    }
}

/// Binds one of them.
///
/// # Errors
/// It is taken; the text names it and what moves it.
pub(super) fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    Ok(serve::bind_host(address, "--port-offset", "HOST")?)
}
