//! The settings of `tidegate lint`.

use std::path::PathBuf;

use clap::ValueEnum;
use kit::definition::DefinitionArgs;

/// Find what loses data, is dangerous or differs from AWS in a definition, before it runs
///
/// Reads the files as gateway and pipe do, and reports each finding with its rule, the place in the
/// file and what to do. Mapping templates of forms are proved: they are rendered with hostile
/// bodies, decoded as SQS would, and the first body that does not come back is shown with the
/// corrected template. A comment "# tidegate-lint-disable RULE" on the line or the line before
/// turns a rule off there, and in JSON the Metadata of a resource:
/// {"tidegate-lint-disable": ["RULE"]}.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 nothing or warnings only, 1 errors, 2 wrong usage or a file that cannot be read. \
                  docs/lint.md explains every rule."
)]
pub(crate) struct Args {
    /// Definition files [default: what --definition or DEFINITION names, else the built-in
    /// template.yaml]
    #[arg(value_name = "FILE")]
    pub(super) file: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print JSON, as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write corrected templates into the files; everything else in them stays as it is
    #[arg(long)]
    pub(super) fix: bool,
    /// Check again whenever a file changes
    #[arg(long, conflicts_with = "fix")]
    pub(super) watch: bool,
    /// Definition files and parameters
    #[command(flatten)]
    pub(super) definition: DefinitionArgs,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: each finding with the line of the file
    Text,
    /// One JSON object with all findings
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

impl Args {
    pub(super) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }

    /// The definition settings, with the files that are given by themselves.
    pub(super) fn definition(&self) -> DefinitionArgs {
        let mut definition = self.definition.clone();
        if !self.file.is_empty() {
            definition.files.clone_from(&self.file);
        }
        definition
    }
}
