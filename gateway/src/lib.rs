#![doc = include_str!("../README.md")]

pub mod api;
pub mod config;
pub mod fault;
pub mod integration;
pub mod mapping;
pub mod openapi;
pub mod request;
pub mod resources;
pub mod route;
pub mod server;
pub mod sqs;
pub mod vtl;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::error::SdkError;
use kit::aws;
use kit::serve::serve;
use tokio_util::sync::CancellationToken;

pub use config::{Cli, Settings};

/// Serves both ports until `stop` is cancelled, then finishes what is under way.
///
/// # Errors
/// A port broke, or the system's certificate authorities cannot be read.
pub async fn run(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let Settings { apis, account_id, sdk, listener, admin } = settings;
    let gateway = Arc::new(server::Gateway::new(apis, account_id, &sdk)?);
    let client = aws_sdk_sqs::Client::new(&sdk);
    let admin_routes = kit::admin::router(move || sqs_answers(client.clone()));
    let (public, admin) =
        tokio::join!(serve(listener, gateway.router(), stop.clone()), serve(admin, admin_routes, stop));
    public?;
    admin?;
    Ok(())
}

/// A refusal will do too: whether this role may list queues is not the question. A 5xx will not: that SQS takes no messages.
async fn sqs_answers(client: aws_sdk_sqs::Client) -> Result<(), String> {
    match tokio::time::timeout(Duration::from_secs(3), client.list_queues().max_results(1).send()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(SdkError::ServiceError(refusal))) if !refusal.raw().status().is_server_error() => Ok(()),
        Ok(Err(error)) => Err(format!("SQS does not answer: {}", aws::explain(&error))),
        Err(_) => Err("SQS does not answer within 3 seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_sqs_that_is_in_trouble_makes_the_gateway_unready() {
        let answers = async |status: u16| {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let endpoint = format!("http://{}", listener.local_addr().unwrap());
            let status = http::StatusCode::from_u16(status).unwrap();
            let app = axum::Router::new().fallback(async move || (status, "{}"));
            tokio::spawn(async move { axum::serve(listener, app).await });
            sqs_answers(aws_sdk_sqs::Client::new(&aws::local(&endpoint).await)).await
        };
        assert_eq!((answers(200).await, answers(403).await), (Ok(()), Ok(())));
        assert!(answers(503).await.unwrap_err().starts_with("SQS does not answer"));
    }
}
