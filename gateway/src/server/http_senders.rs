//! Door: calls to HTTP endpoints, over pooled connections.

use std::collections::HashMap;
use std::time::Duration;

use kit::call::{Call, Reply};
use kit::lock::Mutex;
use kit::send::{SendError, Sender, Way};

use crate::api::CertificateCheck;
use crate::gateway_responses::PAYLOAD_LIMIT;
use crate::integration_request::HttpWay;
use crate::outbound::Outbound;

/// A sender for each way that calls take.
#[derive(Debug)]
pub(super) struct HttpSenders {
    outbound: Outbound,
    senders: Mutex<HashMap<HttpWay, Sender>>,
}

impl HttpSenders {
    /// Senders to what `outbound` allows.
    pub(super) fn new(outbound: Outbound) -> HttpSenders {
        HttpSenders {
            outbound,
            senders: Mutex::default(),
        }
    }

    /// Sends a call on its way, within `timeout`.
    ///
    /// # Errors
    /// See [`SendError`].
    pub(super) async fn send(
        &self,
        call: Call,
        way: HttpWay,
        timeout: Duration,
    ) -> Result<Reply, SendError> {
        let sender = self.sender(way)?;
        sender.send(call, timeout, PAYLOAD_LIMIT).await
    }

    /// The ways are those of definitions, so there are few.
    fn sender(&self, way: HttpWay) -> Result<Sender, SendError> {
        if let Some(sender) = self.senders.lock().get(&way) {
            return Ok(sender.clone());
        }
        let reached = match &way.link {
            None => Way::to(self.outbound.allowed.clone()),
            Some(id) => {
                let link = self.outbound.link(id);
                let link = link.ok_or_else(|| SendError::Refused(no_address(id)))?;
                Way::over(&link.host, link.port)
            }
        };
        let reached = match way.certificates {
            CertificateCheck::Trusted => reached,
            CertificateCheck::AnyIssuer => reached.with_any_issuer(),
        };
        let sender = Sender::by_way(reached).map_err(|error| {
            SendError::Unsendable(format!("no certificate authorities: {error}"))
        })?;
        self.senders.lock().insert(way, sender.clone());
        Ok(sender)
    }
}

/// The text for a VPC link that leads nowhere.
fn no_address(id: &str) -> String {
    format!("the VPC link {id} has no address: give it one with --vpc-link {id}=HOST:PORT")
}
