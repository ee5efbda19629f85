//! The verb `health`: asks a running program whether it is ready. Images need neither a shell nor
//! curl for their health checks.

mod address;

use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Collected, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

pub use address::Address;

use crate::{cli, console};

/// Paths that are asked one after the other until one is not answered by 404, where the address
/// names none. Programs with an admin port have `/readyz`, the emulator has `/healthz`, publisher
/// and subscriber have `/ping`.
const PATHS: [&str; 3] = ["/readyz", "/healthz", "/ping"];

/// The most bytes that are read of an answer.
const LONGEST: usize = 64 * 1024;

/// The most characters that are shown of an answer.
const SHOWN: usize = 300;

/// Ask a running program whether it is ready: exit code 0 if it is, else 1 and the reason
#[derive(Debug, Clone, clap::Args)]
pub struct HealthArgs {
    /// Where the program listens: host:port, :port or port. Without a path (as in :3001/ping), asks
    /// /readyz; where that is not found, /healthz, then /ping
    #[arg(value_name = "ADDRESS")]
    pub address: Option<Address>,
    /// Seconds within which the answer must arrive
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = cli::number(1_u64..=300, "seconds"))]
    pub timeout: u64,
}

impl HealthArgs {
    /// Asks, and prints one line. `own` is the address of the program that has this verb, for when
    /// the command line names none.
    ///
    /// Exit codes: 0 the program is ready, 1 it is not or does not answer, 2 there is no address to
    /// ask.
    pub fn run(&self, program: &str, own: Option<Address>) -> ExitCode {
        let code = match self.ask(own) {
            Ok(line) => {
                // Without a reader, the exit code is all there is to report.
                let _ = console::print(format_args!("{line}\n"));
                0
            }
            Err((code, reason)) => {
                console::error(format_args!("{program}: {reason}"));
                code
            }
        };
        console::flush();
        ExitCode::from(code)
    }

    fn ask(&self, own: Option<Address>) -> Result<String, (u8, String)> {
        let address = self.address.clone().or(own);
        let address = address.ok_or((2, "health: name the ADDRESS to ask".to_owned()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| (1, error.to_string()))?;
        let limit = Duration::from_secs(self.timeout);
        runtime
            .block_on(check(&address, limit))
            .map_err(|reason| (1, reason))
    }
}

/// Asks the program at `address` whether it is ready; the line to print. The whole check takes at
/// most `limit`.
///
/// # Errors
/// The program is not ready or does not answer in time; the text says which, and where it was
/// asked.
pub async fn check(address: &Address, limit: Duration) -> Result<String, String> {
    let checked = timeout(limit, check_paths(address)).await;
    checked.unwrap_or_else(|_| {
        let within = crate::counted::counted(limit.as_secs(), "second");
        Err(format!("{address} did not answer within {within}"))
    })
}

async fn check_paths(address: &Address) -> Result<String, String> {
    let paths = address.path().map_or(PATHS.to_vec(), |path| vec![path]);
    let mut last = None;
    for path in paths {
        let (url, status, text) = get(address, path).await?;
        if status.is_success() {
            return Ok(format!("{url}: {text}"));
        }
        last = Some(format!("{url} answered {}: {text}", status.as_u16()));
        if status != StatusCode::NOT_FOUND {
            break;
        }
    }
    Err(last.expect("there is at least one path"))
}

/// One GET: the URL, the status, and the first line of the answer.
async fn get(address: &Address, path: &str) -> Result<(String, StatusCode, String), String> {
    let at = address.resolve().map_err(|error| format!("{error:#}"))?;
    let url = format!("http://{at}{path}");
    let stream = TcpStream::connect(at)
        .await
        .map_err(|error| format!("cannot connect to {at}: {error}"))?;
    let failed = |error: hyper::Error| format!("{url} did not answer: {error}");
    let (mut client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let connection = tokio::spawn(connection);
    let request = Request::get(path)
        .header(header::HOST, at.to_string())
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| format!("{url}: {error}"))?;
    let answer = client.send_request(request).await.map_err(failed)?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), LONGEST).collect().await;
    connection.abort();
    let body = body.map_or_else(|_| Bytes::new(), Collected::to_bytes);
    let text = String::from_utf8_lossy(&body);
    let line = text.lines().next().unwrap_or_default();
    Ok((url, status, line.chars().take(SHOWN).collect()))
}

#[cfg(test)]
mod tests;
