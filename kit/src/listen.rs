//! Where a program listens: `host:port`, `:port` or `port`, as listen settings have it.
//!
//! A setting that names no host listens on the host of `HOST`: 127.0.0.1 unless it is set.
//! Containers set 0.0.0.0.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

use crate::env;

/// What a listen setting holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    host: Option<Host>,
    port: u16,
}

/// The host of an address: a name or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(String);

impl Listen {
    /// This port, on the host that `HOST` names.
    pub fn port(port: u16) -> Listen {
        Listen { host: None, port }
    }

    /// This port at this host.
    pub fn at(host: Host, port: u16) -> Listen {
        Listen {
            host: Some(host),
            port,
        }
    }

    /// Whether it names a host itself.
    pub fn has_host(&self) -> bool {
        self.host.is_some()
    }

    /// The host that it names, if it names one.
    pub fn host(&self) -> Option<&str> {
        self.host.as_ref().map(|Host(host)| host.as_str())
    }

    /// The address to bind.
    ///
    /// # Errors
    /// The host has no address. The text names the variable when it is that of `HOST`.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        match &self.host {
            Some(host) => Ok(SocketAddr::new(host.address()?, self.port)),
            None => Ok(SocketAddr::new(default_host()?, self.port)),
        }
    }
}

/// The address that `HOST` names.
///
/// # Errors
/// `HOST` is not a host, or has no address.
pub fn default_host() -> anyhow::Result<IpAddr> {
    let Some(text) = env::var("HOST")? else {
        return Ok(Ipv4Addr::LOCALHOST.into());
    };
    let host = text.parse::<Host>().map_err(anyhow::Error::msg);
    host.and_then(|host| host.address())
        .map_err(|error| anyhow::anyhow!("HOST={text}: {error:#}"))
}

/// Where others on this machine reach what listens at `address`: no address at all stands for each
/// of them.
pub fn reached_at(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

impl Host {
    /// Its address; that of IPv4 when it has both, for that is where clients look that are given
    /// `127.0.0.1`.
    fn address(&self) -> anyhow::Result<IpAddr> {
        let resolved = (self.0.as_str(), 0).to_socket_addrs();
        let named = |error: io::Error| anyhow::anyhow!("cannot resolve host {}: {error}", self.0);
        let mut all: Vec<IpAddr> = resolved
            .map_err(named)?
            .map(|address| address.ip())
            .collect();
        all.sort_by_key(IpAddr::is_ipv6);
        all.first()
            .copied()
            .ok_or_else(|| anyhow::anyhow!("cannot resolve host {}: it has no address", self.0))
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Listen, String> {
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let expected = || "expected host:port, :port or a port, such as 127.0.0.1:8080 (write IPv6 addresses in brackets)";
        let port = port.parse().map_err(|_| expected().to_owned())?;
        if host.contains(':') && !host.starts_with('[') {
            return Err(expected().to_owned());
        }
        let host = if host.is_empty() {
            None
        } else {
            Some(host.parse().map_err(|_| expected().to_owned())?)
        };
        Ok(Listen { host, port })
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Host, String> {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let is_bracketed_address = bare.is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok());
        let is_name = |text: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !text.is_empty() && text.bytes().all(known)
        };
        match bare {
            Some(inner) if is_bracketed_address => Ok(Host(inner.to_owned())),
            None if text.parse::<IpAddr>().is_ok() || is_name(text) => Ok(Host(text.to_owned())),
            _ => Err("expected a host name or an address".to_owned()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            None => write!(f, ":{}", self.port),
            Some(Host(host)) if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            Some(Host(host)) => write!(f, "{host}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_address() {
        for (text, shown) in [
            ("127.0.0.1:4566", "127.0.0.1:4566"),
            ("localhost:4566", "localhost:4566"),
            (":4566", ":4566"),
            ("4566", ":4566"),
            ("[::1]:80", "[::1]:80"),
            ("my-host.example:0", "my-host.example:0"),
        ] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            "localhost",
            "localhost:",
            "1.2.3.4",
            "::1:80",
            "[::1]",
            "a b:80",
            "x:65536",
            "http://x:80",
            "[a]:1",
        ] {
            assert!(
                text.parse::<Listen>()
                    .unwrap_err()
                    .starts_with("expected host:port, :port or a port"),
                "{text}"
            );
        }
    }

    #[test]
    fn names_are_found_and_ipv4_comes_first() {
        let address = |text: &str| text.parse::<Listen>().unwrap().address();
        assert_eq!(
            address("localhost:80").unwrap(),
            ([127, 0, 0, 1], 80).into()
        );
        assert_eq!(address("[::1]:80").unwrap().to_string(), "[::1]:80");
        let message = address("no-such-host.invalid:80").unwrap_err().to_string();
        assert!(
            message.starts_with("cannot resolve host no-such-host.invalid"),
            "{message}"
        );
    }

    #[test]
    fn all_addresses_are_reached_at_this_machines_own() {
        let reached = |text: &str| reached_at(text.parse().unwrap()).to_string();
        assert_eq!(
            (reached("0.0.0.0:1"), reached("[::]:1")),
            ("127.0.0.1:1".into(), "[::1]:1".into())
        );
        assert_eq!(reached("10.0.0.1:1"), "10.0.0.1:1");
    }
}
