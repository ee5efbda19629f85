//! Core: where a request came from, by its connection and by what trusted proxies say. See
//! `docs/aws/api-gateway.md#input`.

use std::net::{IpAddr, SocketAddr};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use kit::network::{Network, contain};
use kit::serve::Peer;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// Adds the headers that API Gateway adds, so that templates see them, and returns the client's
/// address. A client's own `X-Forwarded-For` is kept in front; the others are believed if a proxy
/// of the `trusted` networks sent them.
pub(super) fn forward(
    headers: &mut HeaderMap,
    host: &str,
    peer: &Peer,
    trusted: &[Network],
) -> IpAddr {
    let ip = peer.address.ip().to_canonical();
    let is_trusted = contain(trusted, ip);
    let before = chain(headers);
    let source = match is_trusted {
        true => client(&before, trusted).unwrap_or(ip),
        false => ip,
    };
    let whole = match before.as_str() {
        "" => ip.to_string(),
        before => format!("{before}, {ip}"),
    };
    let is_tls = peer.tls.is_some();
    let (proto, own_port) = if is_tls {
        ("https", "443")
    } else {
        ("http", "80")
    };
    let port = port_of(host).unwrap_or(own_port).to_owned();
    set(headers, FOR, &whole);
    for (name, value) in [(PROTO, proto), (PORT, port.as_str())] {
        if !is_trusted || !headers.contains_key(&name) {
            set(headers, name, value);
        }
    }
    source
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// All values of `X-Forwarded-For`, in one.
fn chain(headers: &HeaderMap) -> String {
    let values = headers.get_all(FOR).iter();
    let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    values.join(", ")
}

/// The last address that is no trusted proxy's: each proxy adds the one that it was asked by, and
/// what stands further in front may be anybody's. The first one if all are trusted.
fn client(chain: &str, trusted: &[Network]) -> Option<IpAddr> {
    let mut last = None;
    for entry in chain.rsplit(',') {
        let address = address(entry.trim())?.to_canonical();
        last = Some(address);
        if !contain(trusted, address) {
            break;
        }
    }
    last
}

/// An address, perhaps with a port, as proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let plain = bare.unwrap_or(text).parse().ok();
    plain.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

/// The port of a host that names one; the colons of an address in brackets are its own.
fn port_of(host: &str) -> Option<&str> {
    let (_, port) = host.rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(port)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// The three headers and the client's address, for a peer at 10.0.0.7 or 192.0.2.7, when
    /// 10.0.0.0/8 is trusted.
    fn forwarded(peer: &str, is_tls: bool, given: &[(&'static str, &str)]) -> [String; 4] {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(*name, value.parse().unwrap());
        }
        let peer = Peer {
            address: SocketAddr::new(peer.parse().unwrap(), 5000),
            tls: is_tls.then(Arc::default),
        };
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let host = headers
            .get("host")
            .map_or("x", |host| host.to_str().unwrap());
        let host = host.to_owned();
        let source = forward(&mut headers, &host, &peer, &trusted);
        let shown = |name: HeaderName| headers[name].to_str().unwrap().to_owned();
        [shown(FOR), shown(PROTO), shown(PORT), source.to_string()]
    }

    const PROXIED: [(&str, &str); 3] = [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "443"),
    ];

    #[test]
    fn a_client_is_what_its_connection_says() {
        let own = forwarded("192.0.2.7", false, &[("host", "x:8080")]);
        assert_eq!(own, ["192.0.2.7", "http", "8080", "192.0.2.7"]);
        let own = forwarded("::ffff:192.0.2.7", true, &[("host", "[::1]")]);
        assert_eq!(own, ["192.0.2.7", "https", "443", "192.0.2.7"]);
        let lies = forwarded("192.0.2.7", false, &PROXIED);
        assert_eq!(lies, ["203.0.113.9, 192.0.2.7", "http", "80", "192.0.2.7"]);
    }

    #[test]
    fn a_trusted_proxy_is_believed() {
        let told = forwarded("10.0.0.7", false, &PROXIED);
        assert_eq!(
            told,
            ["203.0.113.9, 10.0.0.7", "https", "443", "203.0.113.9"]
        );
        let silent = forwarded("10.0.0.7", false, &[]);
        assert_eq!(silent, ["10.0.0.7", "http", "80", "10.0.0.7"]);
    }

    #[test]
    fn only_what_trusted_proxies_added_is_believed() {
        for (chain, source) in [
            ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
            ("6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
            ("10.0.0.2, 10.0.0.1", "10.0.0.2"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("203.0.113.9, unknown", "10.0.0.7"),
            ("", "10.0.0.7"),
        ] {
            let [_, _, _, found] = forwarded("10.0.0.7", false, &[("x-forwarded-for", chain)]);
            assert_eq!(found, source, "{chain}");
        }
        let several = [
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-for", "203.0.113.9"),
        ];
        let [chain, _, _, found] = forwarded("10.0.0.7", false, &several);
        assert_eq!(
            (chain.as_str(), found.as_str()),
            ("6.6.6.6, 203.0.113.9, 10.0.0.7", "203.0.113.9")
        );
    }
}
