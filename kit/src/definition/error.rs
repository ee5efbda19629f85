//! Why definitions could not be loaded.

use std::path::PathBuf;

use crate::document::Problem;

/// Why definitions could not be loaded. The text has one line for each cause.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("cannot read {}: {cause} (named by {setting})", file.display())]
    Unreadable {
        /// The file as it was named.
        file: PathBuf,
        /// The setting that names it.
        setting: String,
        /// The system's own words. They are part of the text, so this is not a source.
        cause: String,
    },
    /// A file is not a document.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// All that is wrong or not supported.
    #[error("{}", lines(.0))]
    Problems(Vec<Problem>),
    /// A `--parameter-overrides` value is not `Key=Value`.
    #[error("invalid --parameter-overrides or PARAMETER_OVERRIDES: expected Key=Value, got {0:?}")]
    Override(String),
    /// A `--parameter-overrides` key that no template declares. CloudFormation rejects those too.
    #[error("--parameter-overrides or PARAMETER_OVERRIDES: no template has a parameter {name}{}", hint(.meant.as_deref()))]
    NoSuchParameter {
        /// The name as it was given.
        name: String,
        /// A declared parameter with a similar name.
        meant: Option<String>,
    },
    /// A secret is not `NAME=VALUE`. Where it stands; what it holds is not shown.
    #[error("{0}: expected NAME=VALUE")]
    Secret(String),
    /// A `--stack` chooses from nothing.
    #[error(
        "--stack or DEFINITION_STACK: {0}: no definition is a folder with stacks, as `cdk synth` writes it"
    )]
    NoStacks(String),
    /// A `--physical` value is not `LogicalId=name`.
    #[error("invalid --physical or PHYSICAL: expected LogicalId=name, got {0:?}")]
    Physical(String),
    /// A `--physical` value names a resource that no template has.
    #[error("--physical or PHYSICAL: {0}: no template has such a resource")]
    NoSuchResource(String),
    /// Several errors.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<LoadError>),
}

impl LoadError {
    /// Turns a list of errors into one.
    ///
    /// # Errors
    /// The list is not empty.
    pub(super) fn all(mut errors: Vec<LoadError>) -> Result<(), LoadError> {
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(LoadError::Several(errors)),
        }
    }
}

fn hint(meant: Option<&str>) -> String {
    meant
        .map(|meant| format!("; did you mean {meant}?"))
        .unwrap_or_default()
}

fn lines(problems: &[Problem]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for problem in problems.iter().map(ToString::to_string) {
        // Several resources may refer to the same missing thing.
        if !lines.contains(&problem) {
            lines.push(problem);
        }
    }
    if problems.iter().any(Problem::is_tolerable) {
        lines.push("(use --lenient to start without what is not supported)".to_owned());
    }
    lines.join("\n")
}
