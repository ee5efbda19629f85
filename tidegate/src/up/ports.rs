//! Where the parts of the chain listen.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::ops::Range;

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

/// Offsets among which free ports are searched: below the ports that systems give to clients.
const OFFSETS: Range<u16> = 1_000..20_000;

/// Offsets that are tried before the search is given up.
const SEARCH: usize = 100;

/// The addresses of the parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub emulator: SocketAddr,
    pub gateway: SocketAddr,
    pub gateway_admin: SocketAddr,
    pub pipe_admin: SocketAddr,
    pub publisher: SocketAddr,
    pub subscriber: SocketAddr,
}

impl Ports {
    /// The default ports plus `offset`, at the address in `HOST`.
    ///
    /// # Errors
    /// A port would be above 65535, or `HOST` has no address.
    pub(super) fn shifted(offset: u16) -> anyhow::Result<Ports> {
        Ports::at(default_host()?, offset)
    }

    /// Ports at `host` of which none is taken at this moment, and their offset.
    pub(crate) fn free(host: IpAddr) -> Option<(u16, Ports)> {
        (0..SEARCH).find_map(|_| {
            let offset = fastrand::u16(OFFSETS);
            let ports = Ports::at(host, offset).ok()?;
            let is_free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
            ports.all().iter().all(is_free).then_some((offset, ports))
        })
    }

    fn all(&self) -> [SocketAddr; 6] {
        [
            self.emulator,
            self.gateway,
            self.gateway_admin,
            self.pipe_admin,
            self.publisher,
            self.subscriber,
        ]
    }

    fn at(host: IpAddr, offset: u16) -> anyhow::Result<Ports> {
        let at = |port: u16| {
            let shifted = port.checked_add(offset);
            let given = || kit::cli::given("--port-offset", "PORT_OFFSET", &offset);
            let port = shifted.with_context(|| {
                format!(
                    "{}: there is no port {port} + {offset}, the highest is 65535",
                    given()
                )
            })?;
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

    /// Where the parts reach each other.
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

/// Binds one of the addresses.
///
/// # Errors
/// The address is taken; the text names it and the setting that changes it.
pub(super) fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    Ok(serve::bind_host(address, "--port-offset", "HOST")?)
}
