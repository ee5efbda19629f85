//! What integrations may reach, and as whom: private targets, VPC links, roles.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use kit::cli;
use kit::send::AllowTargets;

/// Settings of what integrations call, in the gateway's own program and in `tidegate up`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct OutboundArgs {
    /// The address that a VPC link leads to: its id, and host:port. Repeatable; in the environment,
    /// separate values with commas
    #[arg(
        long,
        value_name = "ID=HOST:PORT",
        env = "GATEWAY_VPC_LINK",
        value_delimiter = ','
    )]
    pub vpc_link: Vec<VpcLink>,
    /// A client certificate that a stage names (ClientCertificateId), and a PEM file with the
    /// certificate and its key: HTTP integrations present it to endpoints that ask for one.
    /// Repeatable; in the environment, separate values with commas
    #[arg(
        long,
        value_name = "ID=FILE",
        env = "GATEWAY_CLIENT_CERTIFICATE",
        value_delimiter = ','
    )]
    pub client_certificate: Vec<ClientCertificate>,
    /// Assume the roles of integrations also where an endpoint is set (AWS_ENDPOINT_URL). Calls to
    /// AWS itself always assume them
    #[arg(long, env = "GATEWAY_ASSUME_ROLES", value_parser = cli::boolean)]
    pub assume_roles: bool,
}

/// One `--vpc-link`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcLink {
    /// The id by which integrations name it: `connectionId`.
    pub id: String,
    /// A host name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// One `--client-certificate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The id by which stages name it: `ClientCertificateId`.
    pub id: String,
    /// A PEM file with the certificate and its key.
    pub file: PathBuf,
}

impl FromStr for ClientCertificate {
    type Err = String;

    fn from_str(text: &str) -> Result<ClientCertificate, String> {
        match text.split_once('=') {
            Some((id, file)) if !id.is_empty() && !file.is_empty() => Ok(ClientCertificate {
                id: id.to_owned(),
                file: file.into(),
            }),
            _ => Err("expected ID=FILE, such as a1b2c3=gateway.pem".to_owned()),
        }
    }
}

/// What integrations may reach, and as whom.
#[derive(Debug, Clone, Default)]
pub struct Outbound {
    /// Targets that are allowed in addition to public addresses.
    pub allowed: AllowTargets,
    links: Vec<VpcLink>,
    certificates: Vec<ClientCertificate>,
    /// Whether roles are assumed where an endpoint is set, too.
    pub assumes_roles_at_endpoints: bool,
}

impl Outbound {
    /// What `args` say, with these targets in addition to public addresses.
    pub fn new(args: &OutboundArgs, allowed: AllowTargets) -> Outbound {
        Outbound {
            allowed,
            links: args.vpc_link.clone(),
            certificates: args.client_certificate.clone(),
            assumes_roles_at_endpoints: args.assume_roles,
        }
    }

    /// The file of the client certificate with this id.
    pub(crate) fn certificate(&self, id: &str) -> Option<&Path> {
        let found = self.certificates.iter().rev().find(|one| one.id == id);
        found.map(|one| one.file.as_path())
    }

    /// The VPC link with this id. Where several have it, the last one given counts.
    pub(crate) fn link(&self, id: &str) -> Option<&VpcLink> {
        self.links.iter().rev().find(|link| link.id == id)
    }
}

impl FromStr for VpcLink {
    type Err = String;

    fn from_str(text: &str) -> Result<VpcLink, String> {
        let wrong =
            || "expected ID=HOST:PORT, such as abc123=10.0.0.5:8080 or abc123=[::1]:80".to_owned();
        let (id, address) = text.split_once('=').ok_or_else(wrong)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let is_host = match bare {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => {
                let is_known =
                    |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
                !host.is_empty() && host.bytes().all(is_known)
            }
        };
        let port = port.parse().ok().filter(|port| *port != 0);
        let port = port
            .filter(|_| is_host && !id.is_empty())
            .ok_or_else(wrong)?;
        Ok(VpcLink {
            id: id.to_owned(),
            host: bare.unwrap_or(host).to_owned(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read() {
        let read = |text: &str| {
            let link = text.parse::<VpcLink>().ok()?;
            Some((link.id, link.host, link.port))
        };
        let is = |id: &str, host: &str, port| Some((id.to_owned(), host.to_owned(), port));
        assert_eq!(read("a1=10.0.0.5:8080"), is("a1", "10.0.0.5", 8080));
        assert_eq!(read("Link=nlb.internal:80"), is("Link", "nlb.internal", 80));
        assert_eq!(read("a=[::1]:443"), is("a", "::1", 443));
        for wrong in [
            "a",
            "a=",
            "a=host",
            "=host:1",
            "a=host:0",
            "a=:80",
            "a=[x]:1",
            "a=http://h:1",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
