//! `tidegate invoke`: one request through an API of a definition, as API Gateway's "Test" button
//! plays it, or one message through a pipe; offline.
//!
//! Door: gateway and pipe play it; this room reads files and settings, prints and chooses the exit
//! code.

mod args;
mod of_pipe;
mod reply;
mod table;

use std::process::ExitCode;

use anyhow::bail;
use gateway::Outbound;
use gateway::api::Apis;
use gateway::config::load_apis;
use gateway::example::example;
use gateway::test_invoke::{Outcome, ReplySource, TestRequest, test_invoke};
use kit::{aws, console, program, telemetry};

use crate::cases::read_object;
pub(crate) use args::Args;

/// The body of the example request where a template takes any.
const EVENT: &str = r#"{"id": 10, "name": "example"}"#;

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
    let files = args.definition.clone();
    let (files, account) = match args.send {
        true => (
            files.completed_by_aws(&sdk).await?,
            aws::account(&sdk).await?,
        ),
        false => (files, aws::account_unasked(&sdk)?),
    };
    let outbound = Outbound::new(
        &args.outbound,
        kit::send::AllowTargets::new(args.allow_target.iter().cloned()),
    );
    let apis = load_apis(&files.load(&account)?, args.stage.clone(), &outbound)?;
    let mut test = args.request(&apis, &account.account_id)?;
    if let Some(file) = &args.authorizer {
        test.authorizer = read_object(file)?;
    }
    let source = match &args.reply {
        Some(file) => ReplySource::Given(reply::read(file)?),
        None if args.send => ReplySource::Send(Box::new(sdk), outbound),
        None => ReplySource::Nothing,
    };
    Ok(test_invoke(&apis, &account.account_id, test, source).await?)
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
