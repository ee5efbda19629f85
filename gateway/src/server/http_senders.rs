//! Door: calls to HTTP endpoints, over pooled connections.

use std::collections::HashMap;
use std::time::Duration;

use kit::call::{Call, Reply};
use kit::lock::Mutex;
use kit::send::{ClientIdentity, SendError, Sender, Way};

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
        let reached = match &way.client_certificate {
            None => reached,
            Some(id) => reached.with_identity(self.identity(id)?),
        };
        let sender = Sender::by_way(reached)
            .map_err(|error| SendError::Unsendable(format!("no TLS: {error}")))?;
        self.senders.lock().insert(way, sender.clone());
        Ok(sender)
    }
}

impl HttpSenders {
    /// The client certificate with this id.
    fn identity(&self, id: &str) -> Result<ClientIdentity, SendError> {
        let file = self.outbound.certificate(id).ok_or_else(|| {
            SendError::Unsendable(format!(
                "the client certificate {id} has no file: give it one with --client-certificate {id}=FILE"
            ))
        })?;
        ClientIdentity::read(file).map_err(|error| {
            SendError::Unsendable(format!(
                "the client certificate {id}: {}: {error}",
                file.display()
            ))
        })
    }
}

/// The text for a VPC link that leads nowhere.
fn no_address(id: &str) -> String {
    format!("the VPC link {id} has no address: give it one with --vpc-link {id}=HOST:PORT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::OutboundArgs;
    use axum::Router;
    use http::{HeaderMap, Method};

    fn call(url: &str) -> Call {
        Call {
            method: Method::GET,
            url: url.parse().unwrap(),
            headers: HeaderMap::new(),
            body: bytes::Bytes::new(),
        }
    }

    fn over(link: Option<&str>) -> HttpWay {
        HttpWay {
            link: link.map(ToOwned::to_owned),
            client_certificate: None,
            certificates: CertificateCheck::default(),
        }
    }

    /// An endpoint that answers with the host that it was asked for.
    async fn endpoint() -> std::net::SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(async |headers: HeaderMap| {
            headers["host"].to_str().unwrap_or_default().to_owned()
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }

    const LATE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn private_addresses_need_permission_in_every_spelling() {
        let port = endpoint().await.port();
        let open = [format!("127.0.0.1:{port}").parse().unwrap()];
        let allowed = HttpSenders::new(Outbound::new(
            &OutboundArgs::default(),
            kit::send::AllowTargets::new(open),
        ));
        let url = format!("http://127.0.0.1:{port}/");
        let reply = allowed.send(call(&url), over(None), LATE).await.unwrap();
        assert_eq!(reply.body, format!("127.0.0.1:{port}"));
        let closed = HttpSenders::new(Outbound::default());
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "localhost",
            "[::ffff:127.0.0.1]",
        ] {
            let url = format!("http://{host}:{port}/");
            let refused = closed.send(call(&url), over(None), LATE).await.unwrap_err();
            assert!(
                refused.to_string().contains("--allow-target"),
                "{host}: {refused}"
            );
        }
    }

    #[tokio::test]
    async fn a_link_leads_to_its_address_and_keeps_the_host() {
        let address = endpoint().await;
        let args = OutboundArgs {
            vpc_link: vec![format!("a1={address}").parse().unwrap()],
            ..OutboundArgs::default()
        };
        let senders = HttpSenders::new(Outbound::new(&args, kit::send::AllowTargets::default()));
        let reply = senders.send(call("http://inner.example:81/"), over(Some("a1")), LATE);
        assert_eq!(reply.await.unwrap().body, "inner.example:81");
        let nowhere = senders.send(call("http://inner.example/"), over(Some("b2")), LATE);
        let text = nowhere.await.unwrap_err().to_string();
        assert!(text.contains("--vpc-link b2=HOST:PORT"), "{text}");
    }
}
