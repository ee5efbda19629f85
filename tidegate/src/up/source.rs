//! Where the definition of a chain comes from. Plain data.

use std::net::{IpAddr, SocketAddr};

use kit::cloudformation::Account;
use kit::definition::DefinitionArgs;
use kit::send::AllowTarget;
use url::Url;

use super::own_apis::OwnCaller;

/// Where the definition of a chain comes from, and for what it is read.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub files: DefinitionArgs,
    pub account: Account,
    pub gateway: gateway::GatewayArgs,
    /// Where pipes reach the chain's own subscriber.
    pub subscriber: Url,
    /// Where the gateway is, if the chain has one.
    pub reached_gateway: Option<SocketAddr>,
    /// Who the pipes are to it.
    pub caller: OwnCaller,
    /// Targets that pipes and integrations may call, whatever the definition names.
    pub given: Vec<AllowTarget>,
    /// From where the chain can be reached.
    pub exposure: Exposure,
}

/// From where the ports of the chain can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exposure {
    /// From this machine only. A message from another machine cannot end up at a program here.
    Loopback,
    /// From other machines.
    Network,
}

impl Exposure {
    /// The exposure of ports that listen at `host`.
    pub(super) fn of(host: IpAddr) -> Exposure {
        if host.is_loopback() {
            Exposure::Loopback
        } else {
            Exposure::Network
        }
    }
}
