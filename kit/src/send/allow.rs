//! Which addresses may be connected to. Pure: names and addresses in, a verdict out.
//!
//! Public addresses always; private, loopback, link-local and other special ones only when the
//! operator allowed them by name or by network.

mod public;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use url::{Host as UrlHost, Url};

use crate::lock::RwLock;
use public::is_public;

/// One `--allow-target`: a host name, an address or a network in CIDR form, each with an optional
/// `:port` (`sub`, `127.0.0.1:3001`, `10.0.0.0/8`, `[::1]:3001`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowTarget {
    host: AllowedHost,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum AllowedHost {
    Name(String),
    Network(IpAddr, u8),
}

/// Everything that is allowed beside public addresses. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct AllowTargets(Arc<RwLock<Vec<AllowTarget>>>);

impl AllowTargets {
    /// Collects what was allowed.
    pub fn new(targets: impl IntoIterator<Item = AllowTarget>) -> AllowTargets {
        AllowTargets(Arc::new(RwLock::new(targets.into_iter().collect())))
    }

    /// Every address: for URLs that the operator gave, which need no further permission.
    pub fn anywhere() -> AllowTargets {
        let network = |address: IpAddr| AllowTarget {
            host: AllowedHost::Network(address, 0),
            port: None,
        };
        AllowTargets::new([
            network(Ipv4Addr::UNSPECIFIED.into()),
            network(Ipv6Addr::UNSPECIFIED.into()),
        ])
    }

    /// Allows further targets, for everyone who asks this list or a clone of it.
    pub fn add(&self, targets: impl IntoIterator<Item = AllowTarget>) {
        let mut allowed = self.0.write();
        for target in targets {
            if !allowed.contains(&target) {
                allowed.push(target);
            }
        }
    }

    /// Whether `address`, which `host` resolved to, may be connected to.
    pub fn permit(&self, host: &str, port: u16, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address)
            || self
                .0
                .read()
                .iter()
                .any(|allowed| allowed.covers(host, port, address))
    }

    /// Whether one of these targets names the host of a URL: by its name, or by a network that its
    /// address, when that is written out, lies in.
    pub fn name(&self, url: &Url) -> bool {
        let (host, addresses) = literal(url);
        let port = url.port_or_known_default().unwrap_or_default();
        let everything = [
            IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Ipv6Addr::UNSPECIFIED.into(),
        ];
        let covers = |allowed: &AllowTarget| match &allowed.host {
            AllowedHost::Name(_) => allowed.covers(&host, port, everything[0]),
            AllowedHost::Network(network, 0) => everything.contains(network),
            AllowedHost::Network(..) => {
                let mut addresses = addresses.iter();
                addresses.any(|address| allowed.covers(&host, port, address.to_canonical()))
            }
        };
        self.0.read().iter().any(covers)
    }

    /// Whether it is plain from a URL alone, without looking up a name, that it leads to addresses
    /// none of which may be connected to: its host is an address, or `localhost`.
    pub fn refuse(&self, url: &Url) -> bool {
        let (host, addresses) = literal(url);
        let port = url.port_or_known_default().unwrap_or_default();
        !addresses.is_empty()
            && !addresses
                .into_iter()
                .any(|address| self.permit(&host, port, address))
    }
}

/// The host as `--allow-target` has it, and the addresses that it is known to have.
fn literal(url: &Url) -> (String, Vec<IpAddr>) {
    match url.host() {
        Some(UrlHost::Ipv4(address)) => (address.to_string(), vec![address.into()]),
        Some(UrlHost::Ipv6(address)) => (address.to_string(), vec![address.into()]),
        Some(UrlHost::Domain(name)) => {
            let name = name.trim_end_matches('.').to_lowercase();
            let is_local = name == "localhost" || name.ends_with(".localhost");
            let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            (
                name,
                if is_local {
                    addresses.to_vec()
                } else {
                    Vec::new()
                },
            )
        }
        None => (String::new(), Vec::new()),
    }
}

impl AllowTarget {
    /// What allows a URL whose host is this machine itself; nothing for any other.
    pub fn loopback(url: &Url) -> Vec<AllowTarget> {
        let port = url.port_or_known_default();
        let addresses = literal(url)
            .1
            .into_iter()
            .map(|address| address.to_canonical());
        let allow = |address: IpAddr| AllowTarget {
            host: AllowedHost::Network(address, whole(address)),
            port,
        };
        addresses.filter(IpAddr::is_loopback).map(allow).collect()
    }

    /// What allows the host and port of a URL, as an operator would write it.
    pub fn text_for(url: &Url) -> String {
        let host = url.host_str().unwrap_or_default();
        url.port_or_known_default()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    fn covers(&self, host: &str, port: u16, address: IpAddr) -> bool {
        let here = match &self.host {
            AllowedHost::Name(name) => name.eq_ignore_ascii_case(host.trim_end_matches('.')),
            AllowedHost::Network(network, bits) => contains(*network, *bits, address),
        };
        here && self.port.is_none_or(|allowed| allowed == port)
    }
}

impl FromStr for AllowTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<AllowTarget, String> {
        let (host, port) = split_port(text)?;
        let (address, bits) = host
            .split_once('/')
            .map_or((host, None), |(address, bits)| (address, Some(bits)));
        let host = match (address.parse::<IpAddr>(), bits) {
            (Ok(address), bits) => network(address, bits).ok_or_else(wrong)?,
            (Err(_), None) if is_name(address) => {
                AllowedHost::Name(address.trim_end_matches('.').to_owned())
            }
            (Err(_), _) => return Err(wrong()),
        };
        Ok(AllowTarget { host, port })
    }
}

fn wrong() -> String {
    "expected a host name, an address or a network, such as sub, 127.0.0.1:3001 or 10.0.0.0/8"
        .to_owned()
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, tail) = rest.split_once(']').ok_or_else(wrong)?;
        return match tail.strip_prefix(':') {
            Some(port) => Ok((address, Some(port.parse().map_err(|_| wrong())?))),
            None if tail.is_empty() => Ok((address, None)),
            None => Err(wrong()),
        };
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => {
            Ok((host, Some(port.parse().map_err(|_| wrong())?)))
        }
        _ => Ok((text, None)),
    }
}

/// `::ffff:10.0.0.0/104` is 10.0.0.0/8 as IPv6 spells it. Addresses are judged as IPv4 then, so the
/// network must be, too; one that holds more than the mapped addresses is no network that anybody
/// means.
fn network(address: IpAddr, bits: Option<&str>) -> Option<AllowedHost> {
    let bits = prefix(address, bits)?;
    match (address, address.to_canonical()) {
        (IpAddr::V6(_), mapped @ IpAddr::V4(_)) => {
            Some(AllowedHost::Network(mapped, bits.checked_sub(96)?))
        }
        _ => Some(AllowedHost::Network(address, bits)),
    }
}

fn whole(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn prefix(address: IpAddr, bits: Option<&str>) -> Option<u8> {
    let most = whole(address);
    match bits {
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= most),
        None => Some(most),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => same(
            network.to_bits().into(),
            address.to_bits().into(),
            32 - bits,
        ),
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            same(network.to_bits(), address.to_bits(), 128 - bits)
        }
        _ => false,
    }
}

fn same(a: u128, b: u128, ignored: u8) -> bool {
    let kept = |bits: u128| bits.checked_shr(ignored.into()).unwrap_or(0);
    kept(a) == kept(b)
}
