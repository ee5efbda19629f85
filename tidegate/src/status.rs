//! `tidegate status`: the chain on one screen.

mod chain;
mod metrics;
mod screen;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use kit::call::Call;
use kit::send::{AllowTargets, Sender};
use kit::{aws, console};
use serde_json::Value;
use url::Url;

use crate::queues::Queues;
use chain::{Chain, ProgramState, QueueState};
use screen::screen;

/// How long a program may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of an answer.
const LONGEST: usize = 8 << 20;

/// The time between two screens.
const PAUSE: Duration = Duration::from_secs(2);

/// Clears the screen and moves the cursor to its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Show the chain on one screen: programs, routes, pipes and queues
///
/// Asks the admin ports of gateway and pipe, and SQS for its queues.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    tidegate status\n  \
    tidegate status --watch\n  \
    tidegate status --port-offset 10000 --json | jq .queues\n\n\
    Exit code: 0 all is well; 1 something is down, or a dead-letter queue holds messages; 2 wrong usage.")]
pub(crate) struct Args {
    /// The admin port of the gateway
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8081")]
    gateway: Url,
    /// The admin port of the pipe
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8082")]
    pipe: Url,
    /// A program that is not part of the chain: gateway or pipe. Repeatable
    #[arg(long, value_name = "PART", value_parser = ["gateway", "pipe"])]
    without: Vec<String>,
    /// What is added to these ports and to that of the emulator, as for tidegate up
    #[arg(long, value_name = "N", env = "PORT_OFFSET", default_value_t = 0)]
    port_offset: u16,
    /// Show it again every two seconds
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
///
/// # Errors
/// The environment cannot be read.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let asker = Asker::new(&args).await?;
    loop {
        let chain = asker.chain().await;
        let code = ExitCode::from(u8::from(!chain.is_well()));
        if args.json {
            let text = serde_json::to_string_pretty(&chain)?;
            console::print(format_args!("{text}\n"))?;
            return Ok(code);
        }
        let clear = if args.watch { CLEAR } else { "" };
        console::print(format_args!("{clear}{}", screen(&chain)))?;
        if !args.watch {
            return Ok(code);
        }
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(code),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Asks programs and SQS.
struct Asker {
    sender: Sender,
    gateway: Option<String>,
    pipe: Option<String>,
    queues: Queues,
}

impl Asker {
    async fn new(args: &Args) -> Result<Asker> {
        let config = aws::config().await?;
        let config = match aws::has_endpoint(&config, "SQS") {
            true => config,
            false => aws::local(&format!("http://127.0.0.1:{}", 4566 + args.port_offset)).await,
        };
        let address = |part: &str, url: &Url| {
            let mut url = url.clone();
            let port = url.port_or_known_default().unwrap_or_default();
            // A port that does not exist is found to be down.
            let _ = url.set_port(Some(port.saturating_add(args.port_offset)));
            let is_asked = !args.without.iter().any(|without| without == part);
            is_asked.then(|| url.as_str().trim_end_matches('/').to_owned())
        };
        Ok(Asker {
            sender: Sender::new(AllowTargets::anywhere())?,
            gateway: address("gateway", &args.gateway),
            pipe: address("pipe", &args.pipe),
            queues: Queues::new(config)?,
        })
    }

    async fn chain(&self) -> Chain {
        let mut chain = Chain::default();
        if let Some(url) = &self.gateway {
            chain.programs.push(self.program("gateway", url).await);
            let metrics = self.text(url, "/metrics").await.unwrap_or_default();
            chain.routes = chain::routes(&metrics);
        }
        if let Some(url) = &self.pipe {
            chain.programs.push(self.program("pipe", url).await);
            let metrics = self.text(url, "/metrics").await.unwrap_or_default();
            let listed = self.text(url, "/v1/pipes").await.unwrap_or_default();
            let listed: Value = serde_json::from_str(&listed).unwrap_or_default();
            chain.pipes = chain::pipes(&listed, &metrics);
        }
        let (sqs, queues) = self.sqs().await;
        chain.programs.push(sqs);
        chain.queues = queues;
        chain
    }

    /// Whether a program is ready, and what it says.
    async fn program(&self, name: &'static str, url: &str) -> ProgramState {
        let asked = self.get(url, "/readyz").await;
        let (is_well, says) = match asked {
            Ok((StatusCode::OK, _)) => (true, String::new()),
            Ok((_, says)) => (false, says.trim().to_owned()),
            Err(reason) => (false, reason),
        };
        ProgramState {
            name,
            url: url.to_owned(),
            is_well,
            says,
        }
    }

    /// SQS, and its queues.
    async fn sqs(&self) -> (ProgramState, Vec<QueueState>) {
        let found = self.queues.all().await;
        let (is_well, says) = match &found {
            Ok(_) => (true, String::new()),
            Err(error) => (false, aws::one_line(error)),
        };
        let state = ProgramState {
            name: "SQS",
            url: self
                .queues
                .endpoint()
                .url
                .clone()
                .unwrap_or_else(|| "AWS".to_owned()),
            is_well,
            says,
        };
        let found = found.unwrap_or_default();
        let queues = found.iter().map(|queue| QueueState {
            name: queue.name.clone(),
            counts: queue.counts.clone(),
            dead_letters_of: found
                .iter()
                .filter(|other| other.dead_letter_arn.as_deref() == Some(&queue.arn))
                .map(|other| other.name.clone())
                .collect(),
        });
        (state, queues.collect())
    }

    async fn text(&self, url: &str, path: &str) -> Option<String> {
        let answer = self.get(url, path).await.ok();
        answer
            .filter(|(status, _)| *status == StatusCode::OK)
            .map(|(_, text)| text)
    }

    async fn get(&self, url: &str, path: &str) -> Result<(StatusCode, String), String> {
        let url = format!("{url}{path}")
            .parse()
            .map_err(|_| format!("{url} is no URL"))?;
        let call = Call {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let reply = self.sender.send(call, PATIENCE, LONGEST).await;
        let reply = reply.map_err(|error| error.to_string())?;
        Ok((
            reply.status,
            String::from_utf8_lossy(&reply.body).into_owned(),
        ))
    }
}
