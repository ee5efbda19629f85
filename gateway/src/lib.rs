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
pub mod service;
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

/// Any answer will do, a refusal too: whether this role may list queues is not the question.
async fn sqs_answers(client: aws_sdk_sqs::Client) -> Result<(), String> {
    match tokio::time::timeout(Duration::from_secs(3), client.list_queues().max_results(1).send()).await {
        Ok(Ok(_) | Err(SdkError::ServiceError(_))) => Ok(()),
        Ok(Err(error)) => Err(format!("SQS does not answer: {}", aws::explain(&error))),
        Err(_) => Err("SQS does not answer within 3 seconds".to_owned()),
    }
}
