//! The VPC endpoints by which private APIs are reached: `docs/aws/api-gateway.md#routing`. Which
//! requests come through one is seen by where they come from.

use std::net::IpAddr;
use std::str::FromStr;

use kit::network::Network;

/// One `--vpc-endpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// `vpce-0a1b2c3d`
    pub id: String,
    /// The VPC that it belongs to.
    pub vpc: Option<String>,
    /// The network whose requests come through it.
    pub network: Network,
}

impl VpcEndpoint {
    /// The endpoint through which requests from this address come. Where several networks hold
    /// it, the one that was given first counts.
    pub(crate) fn of(endpoints: &[VpcEndpoint], address: IpAddr) -> Option<&VpcEndpoint> {
        endpoints
            .iter()
            .find(|endpoint| endpoint.network.contains(address))
    }
}

impl FromStr for VpcEndpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<VpcEndpoint, String> {
        let wrong = || "expected ID=NETWORK or ID@VPC=NETWORK, such as vpce-1@vpc-1=10.0.0.0/16";
        let (name, network) = text.split_once('=').ok_or_else(wrong)?;
        let (id, vpc) = match name.split_once('@') {
            Some((id, vpc)) => (id, Some(vpc)),
            None => (name, None),
        };
        if id.is_empty() || vpc == Some("") {
            return Err(wrong().to_owned());
        }
        Ok(VpcEndpoint {
            id: id.to_owned(),
            vpc: vpc.map(ToOwned::to_owned),
            network: network.parse().map_err(|_| wrong().to_owned())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_found_by_where_a_request_comes_from() {
        let endpoints: Vec<VpcEndpoint> = ["vpce-1@vpc-1=10.1.0.0/16", "vpce-2=10.0.0.0/8"]
            .map(|text| text.parse().unwrap())
            .into();
        let found = |address: &str| {
            let found = VpcEndpoint::of(&endpoints, address.parse().unwrap())?;
            Some((found.id.as_str(), found.vpc.as_deref()))
        };
        assert_eq!(found("10.1.2.3"), Some(("vpce-1", Some("vpc-1"))));
        assert_eq!(found("::ffff:10.2.0.1"), Some(("vpce-2", None)));
        assert_eq!(found("192.0.2.1"), None);
        for wrong in ["", "vpce-1", "=10.0.0.0/8", "a@=10.0.0.0/8", "a=ten"] {
            assert!(wrong.parse::<VpcEndpoint>().is_err(), "{wrong}");
        }
    }
}
