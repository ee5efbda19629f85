//! `tidegate import`: asks AWS what is deployed, with read-only calls, and writes it as one
//! definition.
//!
//! Door: this room asks, service by service; what becomes of the answers is decided in `parts`,
//! `template`, `connections` and `texts`, which are pure.

mod args;
mod connections;
mod destinations;
mod errors;
mod http_apis;
mod parts;
mod pipes;
mod queues;
mod report;
mod rest_apis;
mod stacks;
mod stages;
mod template;
mod texts;
mod usage_plans;

use std::process::ExitCode;

use kit::control_plane::ControlPlane;
use kit::{aws, console, program, telemetry};

pub(crate) use args::Args;
use errors::Errors;
use parts::Parts;

/// Runs the verb.
///
/// # Errors
/// AWS does not say what was asked for, or the file cannot be written: a line for each reason.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    program::install_tls();
    telemetry::init()?;
    args.check_output()?;
    let parts = tokio::runtime::Runtime::new()?.block_on(import(args))?;
    let report = report::of(&parts, args.output.as_deref());
    args.write(&template::definition(parts))?;
    console::error(report);
    Ok(ExitCode::SUCCESS)
}

/// Asks for everything that is named.
async fn import(args: &Args) -> anyhow::Result<Parts> {
    let sdk = aws::config().await?;
    let plane = ControlPlane::new(&sdk)?;
    let mut importer = Importer {
        parts: Parts::of_region(plane.region()),
        plane,
    };
    let mut errors = Errors::default();
    for name in &args.stacks {
        errors.collect(importer.stack(name).await)?;
    }
    for name in &args.pipes {
        errors.collect(importer.pipe(last_part(name)).await)?;
    }
    for name in &args.queues {
        errors.collect(importer.queue(last_part(name)).await.map(drop))?;
    }
    for name in &args.apis {
        errors.collect(importer.api(name).await)?;
    }
    errors.finish()?;
    Ok(importer.parts)
}

/// A name, also of a text that ends with it: an ARN, or the URL of a queue.
fn last_part(text: &str) -> &str {
    text.rsplit([':', '/']).next().unwrap_or(text)
}

/// Asks AWS, and keeps what it says.
#[derive(Debug)]
struct Importer {
    plane: ControlPlane,
    parts: Parts,
}
