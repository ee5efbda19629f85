//! What a health check asks: an address, perhaps with a path.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use crate::listen::{Listen, reached_at};

/// An address that a health check asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    at: Listen,
    path: Option<String>,
}

impl Address {
    /// This path of a program with this listen setting.
    pub fn new(at: Listen, path: &str) -> Address {
        Address {
            at,
            path: Some(path.to_owned()),
        }
    }

    /// The path, if the address names one.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The socket address. A listen setting of all addresses (0.0.0.0) is reached at loopback.
    ///
    /// # Errors
    /// The host has no address.
    pub fn resolve(&self) -> anyhow::Result<SocketAddr> {
        Ok(reached_at(self.at.address()?))
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Address, String> {
        let rest = text.strip_prefix("http://").unwrap_or(text);
        let (at, path) = match rest.find('/') {
            Some(slash) => (&rest[..slash], Some(rest[slash..].to_owned())),
            None => (rest, None),
        };
        let at = at.parse().map_err(|_| {
            "expected host:port, :port or a port, perhaps with a path, such as 127.0.0.1:8081/readyz"
        })?;
        let is_plain = |path: &String| path.bytes().all(|byte| byte.is_ascii_graphic());
        if !path.as_ref().is_none_or(is_plain) {
            return Err("expected a path without spaces and control characters".to_owned());
        }
        let path = path.filter(|path| path != "/");
        Ok(Address { at, path })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.at, self.path.as_deref().unwrap_or_default())
    }
}
