//! `tidegate up`: emulator, gateway, pipe, publisher and subscriber in one process, each on a port
//! of its own. They reach each other over HTTP only, exactly as they do in processes of their own.

mod args;
mod banner;
mod chain;
mod own_apis;
mod plan;
pub(crate) mod ports;
mod provisioning;
mod reload;
mod resources;
mod services;
mod source;
mod undeclared;

pub use args::{Args, Part};
pub(crate) use chain::{Chain, run};

use kit::aws;

use plan::Plan;
use ports::Ports;
use source::Exposure;

/// Reads definitions and binds all ports.
///
/// # Errors
/// A definition or the data folder cannot be read, or a port is taken; the text names it and the
/// setting that changes it.
pub(crate) async fn prepare(args: Args) -> anyhow::Result<Chain> {
    args.hops.apply();
    args.admin.apply(None);
    let bound = Ports::shifted(args.port_offset)?;
    let reached = bound.reached();
    let key = args
        .emulator
        .credentials
        .as_ref()
        .map(emulator::Credentials::expose);
    let sdk = aws::local_as(&format!("http://{}", reached.emulator), key).await;
    aws::check_region(&sdk)?;
    let exposure = Exposure::of(bound.gateway.ip());
    Plan::read(&args, &reached, exposure, &sdk)?.build(args, &bound, sdk)
}
