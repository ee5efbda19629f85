//! Which addresses may be spoken to. Pure: names and addresses in, a verdict out.
//!
//! Public addresses always; private, loopback, link-local and other special ones only when the
//! operator allowed them by name or by network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use url::{Host as UrlHost, Url};

/// One `--allow-target`: a host name, an address or a network in CIDR form, each with an optional
/// `:port` (`sub`, `127.0.0.1:3001`, `10.0.0.0/8`, `[::1]:3001`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowTarget {
    host: Host,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Name(String),
    Network(IpAddr, u8),
}

/// Everything that is allowed beside public addresses.
#[derive(Debug, Clone, Default)]
pub struct AllowTargets(Arc<[AllowTarget]>);

impl AllowTargets {
    /// Collects what was allowed.
    pub fn new(targets: impl IntoIterator<Item = AllowTarget>) -> AllowTargets {
        AllowTargets(targets.into_iter().collect())
    }

    /// Every address: for URLs that the operator gave, which need no further permission.
    pub fn anywhere() -> AllowTargets {
        let network = |address: IpAddr| AllowTarget {
            host: Host::Network(address, 0),
            port: None,
        };
        AllowTargets::new([
            network(Ipv4Addr::UNSPECIFIED.into()),
            network(Ipv6Addr::UNSPECIFIED.into()),
        ])
    }

    /// Whether `address`, which `host` resolved to, may be connected to.
    pub fn permit(&self, host: &str, port: u16, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address)
            || self
                .0
                .iter()
                .any(|allowed| allowed.covers(host, port, address))
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
            host: Host::Network(address, whole(address)),
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
            Host::Name(name) => name.eq_ignore_ascii_case(host.trim_end_matches('.')),
            Host::Network(network, bits) => contains(*network, *bits, address),
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
            (Ok(address), bits) => network(address, bits).ok_or_else(|| wrong(text))?,
            (Err(_), None) if is_name(address) => {
                Host::Name(address.trim_end_matches('.').to_owned())
            }
            (Err(_), _) => return Err(wrong(text)),
        };
        Ok(AllowTarget { host, port })
    }
}

fn wrong(text: &str) -> String {
    format!(
        "{text:?} is not a host name, an address or a network (examples: sub, 127.0.0.1:3001, 10.0.0.0/8)"
    )
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, tail) = rest.split_once(']').ok_or_else(|| wrong(text))?;
        return match tail.strip_prefix(':') {
            Some(port) => Ok((address, Some(port.parse().map_err(|_| wrong(text))?))),
            None if tail.is_empty() => Ok((address, None)),
            None => Err(wrong(text)),
        };
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => {
            Ok((host, Some(port.parse().map_err(|_| wrong(text))?)))
        }
        _ => Ok((text, None)),
    }
}

/// `::ffff:10.0.0.0/104` is 10.0.0.0/8 as IPv6 spells it. Addresses are judged as IPv4 then, so the
/// network must be, too; one that holds more than the mapped addresses is no network that anybody
/// means.
fn network(address: IpAddr, bits: Option<&str>) -> Option<Host> {
    let bits = prefix(address, bits)?;
    match (address, address.to_canonical()) {
        (IpAddr::V6(_), mapped @ IpAddr::V4(_)) => {
            Some(Host::Network(mapped, bits.checked_sub(96)?))
        }
        _ => Some(Host::Network(address, bits)),
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

/// Reachable over the internet, by IANA's special-purpose registries.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    let special = match a {
        0 | 10 | 127 | 224..=255 => true,
        100 => (64..128).contains(&b),
        169 => b == 254,
        // Azure's metadata and agent, at an address that is public by the registries.
        168 => [b, c, d] == [63, 129, 16],
        172 => (16..32).contains(&b),
        192 => b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99),
        198 => b == 18 || b == 19 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded =
        |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match segments {
        // NAT64 and 6to4 lead to an IPv4 address, so that one is judged.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(embedded(high, low))
        }
        [0x2001, 0xdb8, ..] | [0x2001, 0..0x200, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(allowed: &[&str], host: &str, port: u16, address: &str, expected: bool) {
        let targets = AllowTargets::new(allowed.iter().map(|text| text.parse().expect("valid")));
        assert_eq!(
            targets.permit(host, port, address.parse().unwrap()),
            expected,
            "{allowed:?} {host}:{port} {address}"
        );
    }

    #[test]
    fn special_addresses_need_permission() {
        for address in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            check(&[], "x", 443, address, true);
        }
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "198.18.0.1",
            "168.63.129.16",
        ] {
            check(&[], "x", 443, address, false);
        }
    }

    #[test]
    fn permission_is_by_name_network_and_port() {
        check(&["sub"], "SUB", 3001, "172.18.0.5", true);
        check(&["sub"], "other", 3001, "172.18.0.5", false);
        check(&["127.0.0.1:3001"], "localhost", 3001, "127.0.0.1", true);
        check(&["127.0.0.1:3001"], "localhost", 3002, "127.0.0.1", false);
        check(&["10.0.0.0/8"], "x", 80, "10.200.0.1", true);
        check(&["10.0.0.0/8"], "x", 80, "11.0.0.1", true);
        check(&["10.0.0.0/8"], "x", 80, "192.168.0.1", false);
        check(&["10.0.0.0/8"], "x", 80, "::ffff:10.0.0.1", true);
        check(&["[::1]:80"], "x", 80, "::1", true);
        check(&["fd00::/8"], "x", 80, "fd12::1", true);
        check(&["0.0.0.0/0"], "x", 80, "127.0.0.1", true);
    }

    #[test]
    fn a_network_of_mapped_addresses_is_the_ipv4_network_and_no_more() {
        for allowed in [
            "::ffff:10.0.0.1",
            "::ffff:a00:1/128",
            "[::ffff:10.0.0.1]:80",
        ] {
            check(&[allowed], "x", 80, "10.0.0.1", true);
            check(&[allowed], "x", 80, "::ffff:10.0.0.1", true);
            check(&[allowed], "x", 80, "10.0.0.2", false);
            check(&[allowed], "x", 80, "169.254.169.254", false);
        }
        check(&["::ffff:10.0.0.0/104"], "x", 80, "10.9.9.9", true);
        check(&["::ffff:10.0.0.0/104"], "x", 80, "127.0.0.1", false);
        check(&["::ffff:10.0.0.0/104"], "x", 80, "::1", false);
        check(&["::ffff:0:0/96"], "x", 80, "127.0.0.1", true);
    }

    #[test]
    fn anywhere_is_anywhere() {
        for address in ["127.0.0.1", "169.254.169.254", "::1", "fe80::1"] {
            assert!(
                AllowTargets::anywhere().permit("x", 80, address.parse().unwrap()),
                "{address}"
            );
        }
    }

    #[test]
    fn a_private_url_is_known_without_a_look_up() {
        let refuse = |allowed: &[&str], url: &str| {
            let targets =
                AllowTargets::new(allowed.iter().map(|text| text.parse().expect("valid")));
            targets.refuse(&url.parse().expect("a URL"))
        };
        for url in [
            "http://127.0.0.1:9/x",
            "http://localhost/x",
            "https://LocalHost./",
            "http://app.localhost:3000",
            "http://10.0.0.1",
            "http://[::1]:80/",
            "http://[fe80::1]/",
            "http://169.254.169.254/latest",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::ffff:192.168.0.1]/",
        ] {
            assert!(refuse(&[], url), "{url}");
        }
        for url in [
            "https://8.8.8.8/",
            "https://example.com/",
            "http://sub:3001/",
            "http://localhost.example.com/",
        ] {
            assert!(
                !refuse(&[], url),
                "{url}: public, or only known when it is looked up"
            );
        }
        assert!(
            !refuse(&["127.0.0.1:9"], "http://localhost:9/")
                && refuse(&["127.0.0.1:9"], "http://localhost:8/")
        );
        assert!(
            !refuse(&["localhost"], "http://localhost:9/")
                && !refuse(&["10.0.0.0/8"], "http://10.1.1.1/")
        );
        assert!(
            !refuse(&["127.0.0.1:80"], "http://127.0.0.1/")
                && refuse(&["127.0.0.1:80"], "https://127.0.0.1/")
        );
    }

    #[test]
    fn what_is_on_this_machine_can_be_allowed_as_it_is_named() {
        let allowed = |url: &str| AllowTarget::loopback(&url.parse().expect("a URL"));
        let url: Url = "http://localhost:9000/hook".parse().unwrap();
        let targets = AllowTargets::new(allowed(url.as_str()));
        assert!(
            !targets.refuse(&url) && targets.permit("localhost", 9000, Ipv6Addr::LOCALHOST.into())
        );
        assert!(!targets.permit("localhost", 9001, Ipv4Addr::LOCALHOST.into()));
        assert_eq!(allowed("http://10.0.0.1/"), []);
        assert_eq!(allowed("https://example.com/"), []);
        assert_eq!(AllowTarget::text_for(&url), "localhost:9000");
        assert_eq!(
            AllowTarget::text_for(&"https://[::1]/".parse().unwrap()),
            "[::1]:443"
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "a b",
            "x:99999",
            "[::1",
            "name/8",
            "[::1]x",
            "::ffff:0:0/95",
            "::ffff:10.0.0.1/8",
        ] {
            assert!(text.parse::<AllowTarget>().is_err(), "{text}");
        }
    }
}
