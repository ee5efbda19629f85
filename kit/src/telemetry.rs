//! Logs, set up once by each `main`.
//!
//! Lines go to standard error and never hold up the program: their reader may be slow or gone, see
//! [`console`](crate::console). They hold no message and no secret, at no level: our own lines
//! leave them out, and libraries, which print whole requests, bodies and signing keys, are kept
//! below [`caps`] whatever `RUST_LOG` asks for.

mod filter;
mod json;

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::console;
use crate::env::{self, EnvError};

use filter::caps;

/// The filter without `RUST_LOG`: what an operator of the chain wants to see.
const DEFAULT_FILTER: &str = "info";

/// The log settings of the environment.
struct LogSettings {
    filter: EnvFilter,
    format: Format,
    colours: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

/// Sends logs to stderr, filtered by `RUST_LOG`, as text on a terminal and as JSON elsewhere unless
/// `LOG_FORMAT` is `text` or `json`. Sends panics to the log too. Has no effect when a log is set
/// up already.
///
/// # Errors
/// `RUST_LOG` or `LOG_FORMAT` is invalid.
pub fn init() -> Result<(), EnvError> {
    install(LogSettings::read(DEFAULT_FILTER)?);
    if env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        tracing::warn!(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but this build does not export traces yet"
        );
    }
    Ok(())
}

/// For tests: as [`init`], with another filter for when `RUST_LOG` is unset or invalid.
pub fn init_with(default_filter: &str) {
    let plain = || LogSettings {
        filter: EnvFilter::new(default_filter),
        format: Format::Text,
        colours: false,
    };
    install(LogSettings::read(default_filter).unwrap_or_else(|_| plain()));
}

fn install(settings: LogSettings) {
    // An error means that a subscriber is set already, for example by a test.
    if Registry::default()
        .with(lines(&settings))
        .with(settings.filter)
        .with(caps())
        .try_init()
        .is_ok()
    {
        std::panic::set_hook(Box::new(panicked));
    }
}

fn lines<S>(settings: &LogSettings) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // The library's own words about a log that cannot be written would be written there, and panic
    // when they cannot be.
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(console::errors)
        .log_internal_errors(false);
    let layer = layer.with_ansi(settings.colours);
    match settings.format {
        Format::Text => layer.boxed(),
        // Each line of ours names what it is about; what spans of libraries hold is not repeated in
        // it.
        Format::Json => {
            let layer = layer
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false);
            layer
                .map_event_format(|of_log| json::JsonLines { of_log })
                .boxed()
        }
    }
}

/// Logs a panic. The standard library's own hook would wait for the reader of stderr.
fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no text");
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or_default().to_owned();
    match std::backtrace::Backtrace::capture() {
        trace if trace.status() == std::backtrace::BacktraceStatus::Captured => {
            tracing::error!(thread, place, "panicked, this is a bug: {message}\n{trace}");
        }
        _ => tracing::error!(thread, place, "panicked, this is a bug: {message}"),
    }
}

impl LogSettings {
    fn read(default_filter: &str) -> Result<LogSettings, EnvError> {
        let filter = filter::parse(env::var("RUST_LOG")?.as_deref().unwrap_or(default_filter))?;
        let format = match env::var("LOG_FORMAT")? {
            Some(text) => format(&text)?,
            None if console::is_error_terminal() => Format::Text,
            None => Format::Json,
        };
        Ok(LogSettings {
            filter,
            format,
            colours: console::has_colours(),
        })
    }
}

fn format(text: &str) -> Result<Format, EnvError> {
    match text.to_ascii_lowercase().as_str() {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err(EnvError {
            name: "LOG_FORMAT".into(),
            value: text.into(),
            reason: "expected text or json".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_text_and_json() {
        assert_eq!(
            (format("text").unwrap(), format("JSON").unwrap()),
            (Format::Text, Format::Json)
        );
        assert_eq!(
            format("yaml").unwrap_err().to_string(),
            "LOG_FORMAT=yaml: expected text or json"
        );
    }
}
