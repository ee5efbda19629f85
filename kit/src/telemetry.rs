//! Logs, set up once by each `main`.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Used when `RUST_LOG` says nothing: what people running the chain want to see, without the libraries' chatter.
/// The S3 library tells as errors what its clients did wrong; what goes wrong here, the emulator tells itself.
const DEFAULT_FILTER: &str = "info,aws_config=error,aws_sdk_sqs=warn,aws_sdk_s3=warn,hyper=warn,s3s=off";

/// Sends logs to stderr, filtered by `RUST_LOG`, as text on a terminal and as JSON elsewhere unless `LOG_FORMAT` says
/// `text` or `json`. A second call has no effect.
pub fn init() {
    init_with(DEFAULT_FILTER);
}

/// As [`init`], with another filter for when `RUST_LOG` says nothing.
pub fn init_with(default_filter: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let terminal = std::io::stderr().is_terminal();
    let text = match std::env::var("LOG_FORMAT").as_deref() {
        Ok("text") => true,
        Ok("json") => false,
        _ => terminal,
    };
    let builder = builder.with_ansi(terminal);
    // An error means that a subscriber is set already, for example by a test.
    let _ = if text { builder.try_init() } else { builder.json().flatten_event(true).try_init() };
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        tracing::warn!("OTEL_EXPORTER_OTLP_ENDPOINT is set, but this build does not export traces yet");
    }
}
