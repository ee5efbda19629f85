//! Door: the secrets that the operator gives, on the command line and in a file.

use std::path::{Path, PathBuf};

use super::error::LoadError;
use crate::cloudformation::Secrets;

/// Values for the dynamic references of templates.
#[derive(Clone, Default, clap::Args)]
pub struct SecretArgs {
    /// A value for a dynamic reference such as {{resolve:secretsmanager:NAME:SecretString:key}} or
    /// {{resolve:ssm:NAME}}, as NAME=VALUE, NAME:key=VALUE, or NAME= and a JSON object with the
    /// keys. Repeatable; in the environment, TIDEGATE_SECRET_NAME holds the value of the secret
    /// called name
    #[arg(long, value_name = "NAME=VALUE")]
    pub secret: Vec<String>,
    /// A file with values for dynamic references: lines of NAME=VALUE, or one JSON object
    #[arg(long, value_name = "FILE", env = "SECRETS_FILE")]
    pub secrets_file: Option<PathBuf>,
}

/// Values are not printed.
impl std::fmt::Debug for SecretArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretArgs")
            .field("secrets", &self.secret.len())
            .field("secrets_file", &self.secrets_file)
            .finish()
    }
}

impl SecretArgs {
    /// All of them; those of the command line win.
    pub(super) fn read(&self, errors: &mut Vec<LoadError>) -> Secrets {
        let mut all = Vec::new();
        if let Some(file) = &self.secrets_file {
            match of_file(file) {
                Ok(read) => all.extend(read),
                Err(error) => errors.push(error),
            }
        }
        for text in &self.secret {
            match line(text) {
                Some(secret) => all.push(secret),
                None => errors.push(LoadError::Secret("--secret".to_owned())),
            }
        }
        all.into_iter().collect()
    }
}

fn of_file(file: &Path) -> Result<Vec<(String, String)>, LoadError> {
    let text = std::fs::read_to_string(file).map_err(|cause| LoadError::Unreadable {
        file: file.to_owned(),
        setting: crate::cli::written("--secrets-file", "SECRETS_FILE"),
        cause: cause.to_string(),
    })?;
    let wrong = |at: String| LoadError::Secret(format!("{}{at}", file.display()));
    if text.trim_start().starts_with('{') {
        let members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).map_err(|error| wrong(format!(":{}", error.line())))?;
        let value = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        return Ok(members
            .into_iter()
            .map(|(name, of)| (name, value(of)))
            .collect());
    }
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(at, text)| line(text).ok_or_else(|| wrong(format!(":{}", at + 1))))
        .collect()
}

/// `NAME=VALUE`.
fn line(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_both_forms_are_read_and_flags_win() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets");
        for (text, told) in [
            ("# mine\na=1\n\nb:key=x=y\n", None),
            (r#"{"a": {"k": 1}, "b:key": "x=y"}"#, None),
            ("a=1\nhunter2\n", Some(":2: expected NAME=VALUE")),
            ("{\n\"a\": hunter2}", Some(":2: expected NAME=VALUE")),
        ] {
            std::fs::write(&file, text).unwrap();
            let args = SecretArgs {
                secret: vec!["c=3".to_owned()],
                secrets_file: Some(file.clone()),
            };
            let mut errors = Vec::new();
            let secrets = args.read(&mut errors);
            match told {
                Some(told) => {
                    let error = errors[0].to_string();
                    assert!(
                        error.contains(told) && !error.contains("hunter2"),
                        "{error}"
                    );
                }
                None => assert_eq!(
                    (
                        secrets.get("b:key").as_deref(),
                        secrets.get("c").as_deref(),
                        errors.len()
                    ),
                    (Some("x=y"), Some("3"), 0)
                ),
            }
        }
    }
}
