//! What AWS does not say, a line for each. Pure.

use std::fmt;

use kit::control_plane::{Refusal, RefusalKind};

/// The reasons so far.
#[derive(Debug, Default)]
pub(super) struct Errors(Vec<String>);

impl Errors {
    /// Keeps the reason of a failure, so that the next thing can be asked for.
    ///
    /// # Errors
    /// The reason is one that everything else would meet, too.
    pub(super) fn collect(&mut self, result: Result<(), Failure>) -> anyhow::Result<()> {
        let Err(failure) = result else {
            return Ok(());
        };
        if !self.0.contains(&failure.text) {
            self.0.push(failure.text);
        }
        match failure.is_general {
            true => std::mem::take(self).finish(),
            false => Ok(()),
        }
    }

    /// All reasons as one error.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        anyhow::ensure!(self.0.is_empty(), "{}", self.0.join("\n"));
        Ok(())
    }
}

/// Why one thing could not be imported.
#[derive(Debug)]
pub(super) struct Failure {
    text: String,
    /// Whether nothing else can be imported either.
    is_general: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Failure {
    /// A failure that is about one thing only.
    pub(super) fn new(text: String) -> Failure {
        Failure {
            text,
            is_general: false,
        }
    }

    /// Whether other things can be imported all the same.
    pub(super) fn is_about_one(&self) -> bool {
        !self.is_general
    }

    /// What a service refuses about `what`: `pipe orders`.
    pub(super) fn of(what: &str, region: &str, refusal: &Refusal) -> Failure {
        let hint = match refusal.kind {
            RefusalKind::NotFound => {
                format!(": check the name, AWS_REGION ({region}) and whose credentials these are")
            }
            _ => String::new(),
        };
        Failure {
            text: format!("{what}: {refusal}{hint}"),
            is_general: refusal.is_about_all(),
        }
    }
}
