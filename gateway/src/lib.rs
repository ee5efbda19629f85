#![doc = include_str!("../README.md")]

pub mod api;
pub mod config;
pub mod fault;
pub mod integration;
pub mod mapping;
pub mod openapi;
mod readiness;
pub mod request;
pub mod resources;
pub mod route;
pub mod server;
pub mod sqs;
pub mod vtl;

use std::sync::Arc;

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
    let readiness = Arc::new(readiness::Readiness::new(&gateway.apis, &sdk));
    let ready = move || {
        let readiness = readiness.clone();
        async move { readiness.look().await }
    };
    let admin_routes = kit::admin::router("gateway", ready);
    let (public, admin) =
        tokio::join!(serve(listener, gateway.router(), stop.clone()), serve(admin, admin_routes, stop));
    public?;
    admin?;
    Ok(())
}
