//! Settings of the public port: limits, TLS, proxies in front, stopping.
//!
//! Where API Gateway documents a limit, the default is its value:
//! `docs/aws/api-gateway.md#limits-of-a-request`.

pub(crate) mod tls;

use std::path::PathBuf;
use std::time::Duration;

use kit::cli::number;
use kit::network::Network;

/// Settings of the public port.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Public port of the gateway")]
pub struct ServingArgs {
    /// A certificate chain in PEM: the port then speaks TLS. The gateway shows a client the first
    /// certificate that is valid for the name that the client asks for, else the first of all, and
    /// reads the files again when they change. Repeatable; in the environment, separate values with
    /// commas
    #[arg(
        long,
        value_name = "FILE",
        env = "GATEWAY_TLS_CERT",
        value_delimiter = ','
    )]
    pub tls_cert: Vec<PathBuf>,
    /// The private key of a certificate, in PEM: give as many as certificates, in the same order.
    /// Repeatable; in the environment, separate values with commas
    #[arg(
        long,
        value_name = "FILE",
        env = "GATEWAY_TLS_KEY",
        value_delimiter = ','
    )]
    pub tls_key: Vec<PathBuf>,
    /// Authorities in PEM whose clients are trusted: a file for all domains, DOMAIN=FILE for one,
    /// or s3://BUCKET/KEY=FILE for the truststore that a domain of the definition names.
    /// Repeatable; in the environment, separate values with commas
    #[arg(
        long,
        value_name = "[WHOSE=]FILE",
        env = "GATEWAY_TRUST_STORE",
        value_delimiter = ','
    )]
    pub trust_store: Vec<Trust>,
    /// A network of proxies, such as 10.0.0.0/8, whose X-Forwarded-For, -Proto and -Port headers
    /// and PROXY protocol the gateway trusts. Repeatable; in the environment, separate values with
    /// commas
    #[arg(
        long,
        value_name = "NETWORK",
        env = "GATEWAY_TRUSTED_PROXY",
        value_delimiter = ','
    )]
    pub trusted_proxy: Vec<Network>,
    /// Seconds between a stop signal, at which the gateway stops being ready, and the moment it
    /// closes its ports
    #[arg(
        long,
        value_name = "SECONDS",
        env = "GATEWAY_DRAIN_DELAY",
        default_value = "0",
        value_parser = seconds_from(0)
    )]
    pub drain_delay: Duration,
    /// Seconds that requests under way have to finish after the ports are closed
    #[arg(
        long,
        value_name = "SECONDS",
        env = "GATEWAY_DRAIN_TIMEOUT",
        default_value = "30",
        value_parser = seconds_from(0)
    )]
    pub drain_timeout: Duration,
    /// The limits of the port
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Limits of the public port.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Limits of the gateway")]
pub struct LimitArgs {
    /// The largest payload of a request, in bytes
    #[arg(
        long,
        value_name = "BYTES",
        env = "GATEWAY_MAX_PAYLOAD",
        default_value = "10485760",
        value_parser = number(1..=1_073_741_824_usize, "bytes")
    )]
    pub max_payload: usize,
    /// The most bytes in all header values of a request together
    #[arg(
        long,
        value_name = "BYTES",
        env = "GATEWAY_MAX_HEADER_BYTES",
        default_value = "10240",
        value_parser = number(256..=1_048_576_usize, "bytes")
    )]
    pub max_header_bytes: usize,
    /// The longest URL, in characters
    #[arg(
        long,
        value_name = "BYTES",
        env = "GATEWAY_MAX_URL",
        default_value = "10240",
        value_parser = number(256..=1_048_576_usize, "bytes")
    )]
    pub max_url: usize,
    /// The most connections at once [default: half of the limit of open files, or all but 4096 of
    /// it]
    #[arg(
        long,
        value_name = "COUNT",
        env = "GATEWAY_MAX_CONNECTIONS",
        value_parser = number(1..=1_000_000_usize, "connections")
    )]
    pub max_connections: Option<usize>,
    /// The most connections from one address that is not a trusted proxy [default: three quarters
    /// of all]
    #[arg(
        long,
        value_name = "COUNT",
        env = "GATEWAY_MAX_CONNECTIONS_PER_ADDRESS",
        value_parser = number(1..=1_000_000_usize, "connections")
    )]
    pub max_connections_per_address: Option<usize>,
    /// The most requests at once on one HTTP/2 connection
    #[arg(
        long,
        value_name = "COUNT",
        env = "GATEWAY_MAX_STREAMS",
        default_value = "128",
        value_parser = number(1..=10_000_u32, "requests")
    )]
    pub max_streams: u32,
    /// The most requests that are received and not yet answered
    #[arg(
        long,
        value_name = "COUNT",
        env = "GATEWAY_MAX_REQUESTS",
        default_value = "5000",
        value_parser = number(1..=1_000_000_usize, "requests")
    )]
    pub max_requests: usize,
    /// Seconds within which the head of a request must arrive, and a TLS handshake must end
    #[arg(
        long,
        value_name = "SECONDS",
        env = "GATEWAY_HEAD_TIMEOUT",
        default_value = "30",
        value_parser = seconds_from(1)
    )]
    pub head_timeout: Duration,
    /// Seconds after which a connection without a request is closed
    #[arg(
        long,
        value_name = "SECONDS",
        env = "GATEWAY_IDLE_TIMEOUT",
        default_value = "60",
        value_parser = seconds_from(1)
    )]
    pub idle_timeout: Duration,
    /// Seconds within which the whole payload of a request must arrive
    #[arg(
        long,
        value_name = "SECONDS",
        env = "GATEWAY_BODY_TIMEOUT",
        default_value = "120",
        value_parser = seconds_from(1)
    )]
    pub body_timeout: Duration,
    /// The longest pause of a client within a payload, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        env = "GATEWAY_BODY_PAUSE",
        default_value = "10",
        value_parser = seconds_from(1)
    )]
    pub body_pause: Duration,
    /// Seconds after which a client that reads nothing of its response is disconnected
    #[arg(
        long,
        value_name = "SECONDS",
        env = "GATEWAY_WRITE_TIMEOUT",
        default_value = "30",
        value_parser = seconds_from(1)
    )]
    pub write_timeout: Duration,
    /// The most memory for payloads, in bytes; requests beyond it wait
    #[arg(
        long,
        value_name = "BYTES",
        env = "GATEWAY_PAYLOAD_MEMORY",
        default_value = "134217728",
        value_parser = number(1_048_576..=1_099_511_627_776_usize, "bytes")
    )]
    pub payload_memory: usize,
    /// The most disk space for payloads that are still arriving, in bytes
    #[arg(
        long,
        value_name = "BYTES",
        env = "GATEWAY_SPOOL_LIMIT",
        default_value = "4294967296",
        value_parser = number(0..=1_099_511_627_776_usize, "bytes")
    )]
    pub spool_limit: usize,
    /// The folder for large payloads that are still arriving [default: the system's for temporary
    /// files]
    #[arg(long, value_name = "FOLDER", env = "GATEWAY_SPOOL")]
    pub spool: Option<PathBuf>,
}

impl LimitArgs {
    /// Checks that the limits fit each other.
    ///
    /// # Errors
    /// They do not; the text names them.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.payload_memory >= self.max_payload,
            "--payload-memory or GATEWAY_PAYLOAD_MEMORY: {} is less than one payload of --max-payload or \
             GATEWAY_MAX_PAYLOAD: expected at least {}",
            self.payload_memory,
            self.max_payload
        );
        if let Some(folder) = &self.spool {
            anyhow::ensure!(
                folder.is_dir(),
                "--spool or GATEWAY_SPOOL: {}: expected a folder",
                folder.display()
            );
        }
        Ok(())
    }
}

/// A trust store as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// A domain in lower case, or the URI of a truststore; none for all domains.
    pub whose: Option<String>,
    /// Its authorities, in PEM.
    pub file: PathBuf,
}

impl std::str::FromStr for Trust {
    type Err = String;

    fn from_str(text: &str) -> Result<Trust, String> {
        let (whose, file) = match text.rsplit_once('=') {
            Some((whose, file)) if whose.starts_with("s3://") => (Some(whose.to_owned()), file),
            Some((domain, file)) => (Some(domain.to_lowercase()), file),
            None => (None, text),
        };
        if file.is_empty() || whose.as_deref() == Some("") {
            return Err("expected FILE, DOMAIN=FILE or s3://BUCKET/KEY=FILE".to_owned());
        }
        Ok(Trust {
            whose,
            file: PathBuf::from(file),
        })
    }
}

/// Whole seconds, for the `value_parser` of an argument.
fn seconds_from(
    least: u64,
) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync + 'static {
    move |text| number(least..=86_400, "seconds")(text).map(Duration::from_secs)
}
