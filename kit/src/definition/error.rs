//! Why definitions could not be loaded.

use std::path::PathBuf;

use crate::document::Problem;

/// Why definitions could not be loaded. Prints one line for each cause.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{}: {cause} (named by {setting})", file.display())]
    Unreadable {
        /// The file as it was named.
        file: PathBuf,
        /// What named it.
        setting: String,
        /// What the system said; not a source, for the text above has it already.
        cause: String,
    },
    /// A file is not what it should be.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// All that is wrong or not supported; `--lenient` passes over the latter.
    #[error("{}", lines(.0))]
    Problems(Vec<Problem>),
    /// A `--parameter-overrides` value is not `Key=Value`.
    #[error("--parameter-overrides or PARAMETER_OVERRIDES: {0:?} is not Key=Value")]
    Override(String),
    /// A `--parameter-overrides` key that no template knows; CloudFormation refuses those too.
    #[error("--parameter-overrides or PARAMETER_OVERRIDES: no template has a parameter {name}{}", hint(.meant.as_deref()))]
    NoSuchParameter {
        /// As it was given.
        name: String,
        /// A parameter that is near.
        meant: Option<String>,
    },
    /// Several of these.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<LoadError>),
}

impl LoadError {
    /// All of these errors as one, if there are any.
    ///
    /// # Errors
    /// There are.
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
        // Several resources may refer to the same thing that is not there.
        if !lines.contains(&problem) {
            lines.push(problem);
        }
    }
    if problems.iter().any(Problem::is_tolerable) {
        lines.push("(--lenient goes on without what is not supported)".to_owned());
    }
    lines.join("\n")
}
