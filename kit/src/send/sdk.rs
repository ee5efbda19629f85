//! The way out for clients of the AWS SDK: the same connections as for all other calls, which
//! notice a peer that vanished. The SDK's own believe in it until the deadline.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::proxy::matcher::Matcher;

use super::allow::AllowTargets;
use super::client::{Issuers, client};
use super::connect::GuardedConnector;

/// The same configuration, for clients over such connections. To `https` they go through the
/// proxies that the environment names, as
/// [`Sender::through_proxies`](super::sender::Sender::through_proxies) does.
///
/// # Errors
/// The system's certificate authorities cannot be read.
pub fn with_keepalive(config: SdkConfig) -> std::io::Result<SdkConfig> {
    let connector = GuardedConnector::new(AllowTargets::anywhere()).through(Matcher::from_env());
    let client = SdkHttpClient {
        client: client(connector, IDLE, Issuers::System)?,
        patience: None,
    };
    Ok(config
        .into_builder()
        .http_client(SharedHttpClient::new(client))
        .build())
}

/// The SDK's own number: AWS keeps idle connections, and what meets their end is repeated.
const IDLE: Duration = Duration::from_secs(90);

/// A client with its pool.
#[derive(Debug, Clone)]
struct SdkHttpClient {
    client: Client<HttpsConnector<GuardedConnector>, SdkBody>,
    /// How long the head of an answer may take.
    patience: Option<Duration>,
}

impl HttpClient for SdkHttpClient {
    /// How long connecting may take is the connector's own business.
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(SdkHttpClient {
            client: self.client.clone(),
            patience: settings.read_timeout(),
        })
    }
}

impl HttpConnector for SdkHttpClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let SdkHttpClient { client, patience } = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request
                .try_into_http1x()
                .map_err(|error| ConnectorError::user(error.into()))?;
            let asked = client.request(request);
            let answer = match patience {
                None => asked.await,
                Some(patience) => {
                    let late = |_| {
                        ConnectorError::timeout(format!("no answer within {patience:?}").into())
                    };
                    tokio::time::timeout(patience, asked).await.map_err(late)?
                }
            };
            // A broken exchange is worth another try, as far as the caller retries.
            let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aws, program, serve};
    use axum::Router;
    use axum::routing::post;
    use tokio_util::sync::CancellationToken;

    #[tokio::test]
    async fn clients_of_the_sdk_go_this_way() {
        program::install_tls();
        let listener = serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                      <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
        let app = Router::new().route("/", post(async move || answer));
        let stop = CancellationToken::new();
        tokio::spawn(serve::serve(listener, app, stop.clone()));
        let config = with_keepalive(aws::local(&format!("http://{address}")).await).unwrap();
        let asked = aws_sdk_sts::Client::new(&config)
            .get_caller_identity()
            .send()
            .await
            .unwrap();
        assert_eq!(asked.account(), Some("123456789012"));
        let closed = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let config = with_keepalive(aws::local(&format!("http://{closed}")).await).unwrap();
        let refused = aws_sdk_sts::Client::new(&config)
            .get_caller_identity()
            .send()
            .await
            .unwrap_err();
        assert!(
            aws::explain(&refused).contains("refused"),
            "{}",
            aws::explain(&refused)
        );
    }
}
