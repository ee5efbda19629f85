//! Core: for which host a request is, and whether its connection may ask for it.

use http::Version;
use http::header::{HOST, HeaderValue};
use http::request::Parts;
use http::uri::Authority;
use kit::serve::Peer;

use crate::api::Apis;
use crate::gateway_responses::Fault;
use crate::stage::host_name;

/// The host: the authority of the URL, where it has one, else the header.
pub(super) fn of(parts: &Parts) -> Option<HeaderValue> {
    let authority = parts.uri.authority().map(Authority::as_str);
    authority
        .and_then(|authority| HeaderValue::from_str(authority).ok())
        .or_else(|| parts.headers.get(HOST).cloned())
}

/// Checks what HTTP/2 says of the host: there is one, there are not two, and it is well formed. The
/// server has checked HTTP/1 already.
///
/// # Errors
/// The request is malformed (RFC 9113, section 8.3.1).
pub(super) fn check(parts: &Parts) -> Result<(), Fault> {
    if parts.version < Version::HTTP_2 {
        return Ok(());
    }
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (named, second) = (hosts.next(), hosts.next());
    let authority = parts.uri.authority().map(Authority::as_str);
    let is_right = match (authority, named.map(HeaderValue::as_bytes)) {
        (Some(authority), Some(named)) => authority.as_bytes().eq_ignore_ascii_case(named),
        (Some(_), None) | (None, Some(_)) => true,
        (None, None) => false,
    };
    let is_host = of(parts).is_some_and(|host| kit::serve::is_host(host.as_bytes()));
    if is_right && is_host && second.is_none() {
        Ok(())
    } else {
        Err(Fault::BadRequest)
    }
}

/// Checks that a domain with mutual TLS is asked for on a connection whose handshake was for that
/// domain: on another one, the client need not have shown a certificate.
///
/// # Errors
/// It was not.
pub(super) fn check_mutual(apis: &Apis, host: &str, peer: &Peer) -> Result<(), Fault> {
    if apis.mutual_tls.is_empty() {
        return Ok(());
    }
    let domain = host_name(host).to_lowercase();
    let domain = domain.trim_end_matches('.');
    let shown = peer.tls.as_ref().filter(|tls| tls.certificate.is_some());
    let name = shown.and_then(|tls| tls.server_name.as_deref());
    match apis.mutual_tls.contains_key(domain) && name != Some(domain) {
        true => Err(Fault::Forbidden),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kit::serve::{ClientCertificate, TlsPeer};

    use super::*;
    use crate::api::MutualTls;

    fn head(version: Version, url: &str, hosts: &[&str]) -> Parts {
        let mut request = http::Request::builder().version(version).uri(url);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_authority_of_the_url_wins() {
        for (url, hosts, expected) in [
            ("/", ["a"].as_slice(), Some("a")),
            ("http://b:80/", &["a"], Some("b:80")),
            ("/", &[], None),
        ] {
            let host = of(&head(Version::HTTP_11, url, hosts));
            assert_eq!(host.as_ref().map(|host| host.to_str().unwrap()), expected);
        }
    }

    #[test]
    fn http_2_has_one_host() {
        for (url, hosts, is_right) in [
            ("https://a/", [].as_slice(), true),
            ("https://A:1/", &["a:1"], true),
            ("https://a/", &["b"], false),
            ("https://a/", &["a", "a"], false),
            ("https://u@a/", &[], false),
            ("/", &["a"], true),
            ("/", &["a b"], false),
            ("/", &[""], false),
            ("/", &[], false),
        ] {
            let checked = check(&head(Version::HTTP_2, url, hosts));
            assert_eq!(checked.is_ok(), is_right, "{url} {hosts:?}");
        }
        assert!(check(&head(Version::HTTP_10, "/", &[])).is_ok());
    }

    #[test]
    fn a_domain_with_mutual_tls_is_asked_for_by_its_name_and_with_a_certificate() {
        let mut apis = Apis::default();
        apis.mutual_tls
            .insert("m.example".into(), MutualTls::default());
        let peer = |name: &str, is_known: bool| {
            let certificate = is_known.then(|| ClientCertificate {
                pem: String::new(),
                subject: String::new(),
                issuer: String::new(),
                serial_number: String::new(),
                not_before: String::new(),
                not_after: String::new(),
            });
            Peer {
                tls: Some(Arc::new(TlsPeer {
                    server_name: Some(name.to_owned()),
                    certificate,
                })),
                ..Peer::plain(([127, 0, 0, 1], 1).into())
            }
        };
        let plain = Peer::plain(([127, 0, 0, 1], 1).into());
        for (host, peer, is_right) in [
            ("m.example", &peer("m.example", true), true),
            ("M.Example.:443", &peer("m.example", true), true),
            ("m.example", &peer("m.example", false), false),
            ("M.example.:443", &peer("o.example", true), false),
            ("m.example", &plain, false),
            ("o.example", &plain, true),
        ] {
            assert_eq!(
                check_mutual(&apis, host, peer).is_ok(),
                is_right,
                "{host} {peer:?}"
            );
        }
    }
}
