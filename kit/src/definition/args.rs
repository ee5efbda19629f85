//! The definition settings, and the files that they name.

use std::path::{Path, PathBuf};

use super::declarations::{Declarations, Sources};
use super::error::LoadError;
use crate::cloudformation::{Account, Overrides};
use crate::document::Node;
use crate::suggest::nearest;

/// The repository's own `template.yaml`, used when no file is named.
const BUILT_IN: &str = include_str!("../../../template.yaml");

/// The largest file that is read: an import into API Gateway has 6 MB at most.
const LARGEST: u64 = 6 * 1024 * 1024;

/// The definition settings, the same for every program that takes them.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Definition")]
pub struct DefinitionArgs {
    /// A definition: a CloudFormation template, an OpenAPI document, or the JSON output of
    /// `aws pipes describe-pipe`, `aws events describe-api-destination` or
    /// `aws events describe-connection`. Can be repeated; in the environment, separate files with
    /// commas. Default: the built-in template.yaml
    #[arg(
        long = "definition",
        value_name = "FILE",
        env = "DEFINITION",
        value_delimiter = ','
    )]
    pub files: Vec<PathBuf>,
    /// Values for template parameters, as Key=Value [env: PARAMETER_OVERRIDES, separated by spaces]
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    pub parameter_overrides: Vec<String>,
    /// Warn about what a definition asks for and Tidegate does not support, and start without it
    #[arg(long, env = "LENIENT", value_parser = crate::cli::boolean)]
    pub lenient: bool,
    /// Values for parameters that the operator does not override, in place of the template's own
    /// defaults.
    #[arg(skip)]
    pub defaults: Overrides,
}

impl DefinitionArgs {
    /// Reads all files for `account`.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(&self, account: &Account) -> Result<Declarations, LoadError> {
        Ok(self.read()?.load(account))
    }

    /// Reads all files before the account is known, which may take a request to find out.
    ///
    /// # Errors
    /// A file cannot be read, or an override names a parameter that no template has.
    pub fn read(&self) -> Result<Sources, LoadError> {
        let mut errors = Vec::new();
        let given = self.given(&mut errors);
        let roots = self.roots(&mut errors);
        if errors.is_empty() {
            errors.extend(given.keys().filter_map(|name| unknown(name, &roots)));
        }
        LoadError::all(errors)?;
        let overrides = self.defaults.clone().into_iter().chain(given).collect();
        Ok(Sources::new(roots, overrides, self.lenient))
    }

    /// Whether no file is named, so that the built-in template runs.
    pub fn is_built_in(&self) -> bool {
        self.files.is_empty()
    }

    fn roots(&self, errors: &mut Vec<LoadError>) -> Vec<Node> {
        let parsed: Vec<Result<Node, LoadError>> = match self.files.as_slice() {
            [] => vec![Node::parse("template.yaml (built in)", BUILT_IN).map_err(LoadError::from)],
            files => files
                .iter()
                .map(|file| Ok(Node::parse(&file.display().to_string(), &read(file)?)?))
                .collect(),
        };
        parsed
            .into_iter()
            .filter_map(|root| root.map_err(|error| errors.push(error)).ok())
            .collect()
    }

    /// The values that the operator gives to parameters.
    fn given(&self, errors: &mut Vec<LoadError>) -> Overrides {
        let environment = std::env::var("PARAMETER_OVERRIDES").unwrap_or_default();
        let given: Vec<&str> = match self.parameter_overrides.as_slice() {
            [] => environment.split_whitespace().collect(),
            flags => flags.iter().map(String::as_str).collect(),
        };
        let mut overrides = Overrides::new();
        for text in given {
            match text.split_once('=') {
                Some((key, value)) if !key.is_empty() => {
                    _ = overrides.insert(key.to_owned(), value.to_owned());
                }
                // What follows the `=` may be a secret.
                _ => errors.push(LoadError::Override(
                    text.split('=').next().unwrap_or_default().to_owned(),
                )),
            }
        }
        overrides
    }
}

/// The error for an override whose parameter no template has.
fn unknown(name: &str, roots: &[Node]) -> Option<LoadError> {
    if roots.iter().any(|root| declares(root, name)) {
        return None;
    }
    let entries = roots
        .iter()
        .filter_map(|root| root.get("Parameters")?.entries().ok())
        .flatten();
    let meant = nearest(name, entries.map(|entry| entry.key.as_str())).map(ToOwned::to_owned);
    Some(LoadError::NoSuchParameter {
        name: name.to_owned(),
        meant,
    })
}

fn declares(root: &Node, parameter: &str) -> bool {
    root.get("Parameters")
        .is_some_and(|parameters| parameters.get(parameter).is_some())
}

fn read(file: &Path) -> Result<String, LoadError> {
    let unreadable = |cause: std::io::Error| LoadError::Unreadable {
        file: file.to_owned(),
        setting: crate::cli::written("--definition", "DEFINITION"),
        cause: cause.to_string(),
    };
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(unreadable(std::io::Error::other(format!(
            "the file has {length} bytes, a definition has {LARGEST} at most"
        ))));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}
