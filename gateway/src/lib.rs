#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

pub mod api;
pub mod config;
pub mod example;
pub mod exchange;
pub mod gateway_responses;
pub mod integration_request;
pub mod mapping;
pub mod method_request;
pub mod stage;
pub mod vtl;

mod authorization;
mod cloudformation;
mod integration_response;
mod load;
mod method_response;
mod openapi;
mod parameter_mapping;
mod payload;
mod readiness;
mod refusal;
mod reload;
mod request_ids;
mod server;
mod sqs;
mod trouble;

use std::sync::Arc;

use anyhow::Context as _;
use aws_sdk_sqs::error::SdkError;
use kit::aws;
use kit::serve::{serve, serve_admin};
use tokio_util::sync::CancellationToken;

pub use config::{Cli, GatewayArgs, Settings};
pub use reload::Reload;

/// Serves both ports until `stop` is cancelled, then finishes the requests under way.
///
/// # Errors
/// A port fails, or the system's certificate authorities cannot be read.
pub async fn run(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let Settings {
        apis,
        account_id,
        sdk,
        listener,
        admin,
        args: _,
        reload,
    } = settings;
    let sdk = kit::send::with_keepalive(sdk)
        .context("cannot read the system's certificate authorities")?;
    let gateway = Arc::new(server::Gateway::new(apis, account_id, &sdk)?);
    tokio::spawn(watch_sqs(
        gateway.clone(),
        aws_sdk_sqs::Client::new(&sdk),
        stop.clone(),
    ));
    if let Some(reload) = reload {
        let gateway = gateway.clone();
        reload.watch(move |apis| gateway.replace_apis(apis), stop.clone())?;
    }
    let readiness = Arc::new(readiness::Readiness::new(&gateway.apis(), &sdk));
    let ready = move || {
        let readiness = readiness.clone();
        async move { readiness.check().await }
    };
    let admin_routes = kit::admin::guarded(kit::admin::router("gateway", ready));
    let (public, admin) = tokio::join!(
        serve(listener, gateway.router(), stop.clone()),
        serve_admin(admin, admin_routes, stop)
    );
    public?;
    admin?;
    Ok(())
}

/// Reports an SQS that does not answer at its endpoint, before the first message comes.
async fn watch_sqs(
    gateway: Arc<server::Gateway>,
    client: aws_sdk_sqs::Client,
    stop: CancellationToken,
) {
    let ask = || {
        let asked = client.list_queues().max_results(1).send();
        async move {
            match asked.await {
                Ok(_) | Err(SdkError::ServiceError(_)) => Ok(()),
                Err(error) => Err(aws::explain(&error)),
            }
        }
    };
    gateway.sqs().watch(ask, &stop).await;
}
