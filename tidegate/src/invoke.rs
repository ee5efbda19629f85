//! `tidegate invoke`: one request through an API of a definition, as API Gateway's "Test" button plays it, or one
//! message through a pipe; offline.
//!
//! Door: gateway and pipe play it; this file reads files and settings, prints and chooses the
//! exit code.

mod of_pipe;
mod reply;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use gateway::api::Apis;
use gateway::config::load_apis;
use gateway::example::example;
use gateway::test_invoke::{Outcome, ReplySource, TestRequest, test_invoke};
use gateway::{Outbound, OutboundArgs};
use kit::cloudformation::Account;
use kit::definition::DefinitionArgs;
use kit::send::AllowTarget;
use kit::{aws, console, program, telemetry};
use serde_json::{Map, Value};

use crate::cases::read;

/// The body of the example request where a template takes any.
const EVENT: &str = r#"{"id": 10, "name": "example"}"#;

/// Play one request, or one message, through a definition without sending anything
///
/// Of a request, shows the route, what a validator finds, the integration request that API Gateway would make,
/// and, with --reply, the response that the client would get for that reply. Access, API keys and
/// throttles are not checked, as in API Gateway's own test. Without --path, an example request for
/// the definition is played. With --pipe, the body is a message's: shows what the filter says, the
/// event, the body that the input template makes, and the request to the target.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 the request reaches its backend, 1 the gateway refuses it, 2 wrong usage or unreadable input."
)]
pub(crate) struct Args {
    /// Definition files
    #[command(flatten)]
    definition: DefinitionArgs,
    /// Path and query as on the gateway's port, for example /events/sub?page=2
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// The HTTP method [default: POST with a body, else GET]
    #[arg(long, short = 'X', value_name = "METHOD", requires = "path")]
    method: Option<String>,
    /// A header; repeatable
    #[arg(
        long,
        short = 'H',
        value_name = "NAME: VALUE",
        value_parser = header,
        requires = "path"
    )]
    header: Vec<(String, String)>,
    /// The body as text
    #[arg(long, short = 'd', value_name = "TEXT")]
    data: Option<String>,
    /// The body from a file, byte for byte
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    body: Option<PathBuf>,
    /// What an authorizer adds to $context.authorizer, a JSON object
    #[arg(long, value_name = "FILE")]
    authorizer: Option<PathBuf>,
    /// The stage for a path that names none [default: the only one]
    #[arg(long, env = "GATEWAY_STAGE")]
    stage: Option<String>,
    /// The pipe that a message goes through, by its name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["path", "send", "authorizer"])]
    pipe: Option<String>,
    /// With --pipe, the whole record of the message, a JSON file, in place of its body
    #[arg(long, value_name = "FILE", requires = "pipe", conflicts_with_all = ["data", "body"])]
    record: Option<PathBuf>,
    /// The reply of the backend, or of the pipe's enrichment: an HTTP message (HTTP/1.1 200 OK …),
    /// or JSON with status, headers and body
    #[arg(long, value_name = "FILE", conflicts_with = "send")]
    reply: Option<PathBuf>,
    /// Send the integration request, to AWS or to the endpoint of AWS_ENDPOINT_URL
    #[arg(long)]
    send: bool,
    /// With --send, a private address that HTTP integrations may call; repeatable
    #[arg(long, value_name = "TARGET")]
    allow_target: Vec<AllowTarget>,
    /// What integrations call
    #[command(flatten)]
    outbound: OutboundArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
///
/// # Errors
/// A definition or a file that cannot be read, or a request that is not allowed in HTTP.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    program::install_tls();
    telemetry::init()?;
    if let Some(name) = &args.pipe {
        return of_pipe::run(args, name);
    }
    let outcome = tokio::runtime::Runtime::new()?.block_on(play(args))?;
    if args.json {
        console::print(format_args!("{}\n", serde_json::to_string(&outcome)?))?;
    } else {
        console::print(format_args!("{}", table::of(&outcome)))?;
    }
    let is_refused = outcome.route.is_none() || outcome.refusal.is_some();
    Ok(ExitCode::from(u8::from(is_refused)))
}

async fn play(args: &Args) -> anyhow::Result<Outcome> {
    let sdk = aws::config().await?;
    let account = match args.send {
        true => aws::account(&sdk).await?,
        false => aws::account_unasked(&sdk)?,
    };
    let outbound = Outbound::new(&args.outbound, args.allow_target.clone());
    let apis = apis(args, &account, &outbound)?;
    let mut test = args.request(&apis, &account.account_id)?;
    if let Some(file) = &args.authorizer {
        test.authorizer = object(file)?;
    }
    let source = match &args.reply {
        Some(file) => ReplySource::Given(reply::read(file)?),
        None if args.send => ReplySource::Send(Box::new(sdk), outbound),
        None => ReplySource::Nothing,
    };
    Ok(test_invoke(&apis, &account.account_id, test, source).await?)
}

fn apis(args: &Args, account: &Account, outbound: &Outbound) -> anyhow::Result<Apis> {
    let definition = args.definition.load(account)?;
    load_apis(&definition, args.stage.clone(), outbound)
}

fn object(file: &PathBuf) -> anyhow::Result<Map<String, Value>> {
    let value: Value =
        serde_json::from_str(&read(file)?).with_context(|| file.display().to_string())?;
    match value {
        Value::Object(members) => Ok(members),
        _ => bail!("{}: expected a JSON object", file.display()),
    }
}

impl Args {
    /// The request that is asked for, or an example.
    fn request(&self, apis: &Apis, account_id: &str) -> anyhow::Result<TestRequest> {
        let Some(path) = &self.path else {
            let is_alone = self.data.is_none() && self.body.is_none();
            anyhow::ensure!(is_alone, "a body needs a --path or a --pipe to go to");
            return example_request(apis, account_id);
        };
        let body = self.body()?;
        let usual = if body.is_some() { "POST" } else { "GET" };
        let method = self.method.as_deref().unwrap_or(usual);
        TestRequest::new(method, path, &self.header, body.unwrap_or_default())
            .map_err(anyhow::Error::msg)
    }

    /// The body, as text or from a file.
    fn body(&self) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(match (&self.data, &self.body) {
            (Some(text), _) => Some(text.clone().into_bytes()),
            (None, Some(file)) => {
                Some(std::fs::read(file).with_context(|| file.display().to_string())?)
            }
            (None, None) => None,
        })
    }
}

fn example_request(apis: &Apis, account_id: &str) -> anyhow::Result<TestRequest> {
    let Some(example) = example(apis, account_id, EVENT) else {
        bail!("no method of this definition can be reached: give --path");
    };
    let mut headers = example.headers;
    headers.extend(example.host.map(|host| ("Host".to_owned(), host)));
    let (method, body) = (example.method.as_str(), example.body.unwrap_or_default());
    TestRequest::new(method, &example.path, &headers, body).map_err(anyhow::Error::msg)
}

/// `Name: value`.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
