//! The settings of `tidegate invoke`.

use std::path::PathBuf;

use anyhow::Context as _;
use gateway::OutboundArgs;
use kit::definition::DefinitionArgs;
use kit::send::AllowTarget;

/// Play one request, or one message, through a definition without sending anything
///
/// For a request, prints the route, the finding of the request validator, the integration request
/// that API Gateway would make and, with --reply, the response that the client would get for that
/// reply. Access, API keys and throttles are not checked, as in API Gateway's own test. Without
/// --path, plays an example request for the definition. With --pipe, the body is that of a message:
/// prints the filter's verdict, the event, the body that the input template makes, and the request
/// to the target.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 the request or message reaches its backend or target, 1 it is \
                  refused or filtered out, 2 wrong usage or unreadable input."
)]
pub(crate) struct Args {
    /// Definition files
    #[command(flatten)]
    pub(super) definition: DefinitionArgs,
    /// The path and query of the request, as on the gateway's port, for example /events/sub?page=2
    #[arg(long, value_name = "PATH")]
    pub(super) path: Option<String>,
    /// The HTTP method [default: POST with a body, else GET]
    #[arg(long, short = 'X', value_name = "METHOD", requires = "path")]
    pub(super) method: Option<String>,
    /// A header of the request. Repeatable
    #[arg(
        long,
        short = 'H',
        value_name = "NAME: VALUE",
        value_parser = header,
        requires = "path"
    )]
    pub(super) header: Vec<(String, String)>,
    /// The body, as text
    #[arg(long, short = 'd', value_name = "TEXT")]
    pub(super) data: Option<String>,
    /// The file with the body, sent byte for byte
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pub(super) body: Option<PathBuf>,
    /// A JSON file with the members that an authorizer adds to $context.authorizer
    #[arg(long, value_name = "FILE")]
    pub(super) authorizer: Option<PathBuf>,
    /// The stage for a path that names none [default: the only one]
    #[arg(long, env = "GATEWAY_STAGE")]
    pub(super) stage: Option<String>,
    /// The name of the pipe that the message goes through
    #[arg(long, value_name = "NAME", conflicts_with_all = ["path", "send", "authorizer"])]
    pub(super) pipe: Option<String>,
    /// With --pipe, a JSON file with the whole SQS record, in place of --data or --body
    #[arg(long, value_name = "FILE", requires = "pipe", conflicts_with_all = ["data", "body"])]
    pub(super) record: Option<PathBuf>,
    /// A file with the reply of the backend, or of the pipe's enrichment: an HTTP message (HTTP/1.1
    /// 200 OK …), or JSON with status, headers and body
    #[arg(long, value_name = "FILE", conflicts_with = "send")]
    pub(super) reply: Option<PathBuf>,
    /// Send the integration request, to AWS or to the endpoint of AWS_ENDPOINT_URL
    #[arg(long)]
    pub(super) send: bool,
    /// With --send, a private address that HTTP integrations may call. Repeatable
    #[arg(long, value_name = "TARGET")]
    pub(super) allow_target: Vec<AllowTarget>,
    /// What integrations call
    #[command(flatten)]
    pub(super) outbound: OutboundArgs,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Args {
    /// The body, as text or from a file.
    pub(super) fn body(&self) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(match (&self.data, &self.body) {
            (Some(text), _) => Some(text.clone().into_bytes()),
            (None, Some(file)) => {
                Some(std::fs::read(file).with_context(|| file.display().to_string())?)
            }
            (None, None) => None,
        })
    }
}

/// `Name: value`.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
