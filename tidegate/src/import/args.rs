//! The settings of `tidegate import`, and the file that it writes.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use kit::console;
use serde_json::Value;

/// Ask AWS what is deployed, and write it as one definition that up, gateway and pipe run
///
/// Reads only: describe, list and get. A stack comes with its template, the values of its
/// parameters and the names of its resources; an API as its stage has it; a pipe with the queues,
/// API destinations and connections that it uses. What is in the file, and what cannot be brought
/// (secrets of connections, among others), is told on stderr. AWS settings are the SDK's own:
/// AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 the definition is written, 2 AWS does not say, or wrong usage.",
    group = clap::ArgGroup::new("what").required(true).multiple(true)
)]
pub(crate) struct Args {
    /// A stack of CloudFormation, with the stacks nested in it. Repeatable
    #[arg(long = "stack", value_name = "NAME", group = "what")]
    pub(super) stacks: Vec<String>,
    /// A REST API or an HTTP API by its id; of several stages with different deployments, the one
    /// that counts. Repeatable
    #[arg(long = "api", value_name = "ID[/STAGE]", group = "what")]
    pub(super) apis: Vec<String>,
    /// A pipe, with what it reads and calls. Repeatable
    #[arg(long = "pipe", value_name = "NAME", group = "what")]
    pub(super) pipes: Vec<String>,
    /// A queue, with its dead-letter queue. Repeatable
    #[arg(long = "queue", value_name = "NAME", group = "what")]
    pub(super) queues: Vec<String>,
    /// The file to write [default: standard output]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long, requires = "output")]
    pub(super) force: bool,
}

impl Args {
    /// Refuses a file that exists, before anything is asked.
    pub(super) fn check_output(&self) -> anyhow::Result<()> {
        match &self.output {
            Some(file) if !self.force && file.exists() => Err(self.exists()),
            _ => Ok(()),
        }
    }

    /// Writes the definition.
    pub(super) fn write(&self, definition: &Value) -> anyhow::Result<()> {
        let text = format!("{}\n", serde_json::to_string_pretty(definition)?);
        let Some(file) = &self.output else {
            console::print(format_args!("{text}"))?;
            return Ok(());
        };
        let mut options = OpenOptions::new();
        options.write(true);
        match self.force {
            true => options.create(true).truncate(true),
            false => options.create_new(true),
        };
        let opened = match options.open(file) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(self.exists());
            }
            opened => opened,
        };
        let cannot = || format!("cannot write {}", file.display());
        let mut written = opened.with_context(cannot)?;
        written.write_all(text.as_bytes()).with_context(cannot)
    }

    fn exists(&self) -> anyhow::Error {
        let file = self.output.as_deref().unwrap_or(std::path::Path::new(""));
        anyhow::anyhow!(
            "--output {}: the file exists: --force overwrites it",
            file.display()
        )
    }
}
