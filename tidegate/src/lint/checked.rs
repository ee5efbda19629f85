//! Door: files are read, and all rules are applied to them.

use std::process::ExitCode;

use kit::cloudformation::Account;

use super::args::Args;
use super::finding::{Finding, Severity};
use super::load::{self, Loaded};
use super::rules;

/// What was found in the files, with their texts.
pub(super) struct Checked {
    /// The files.
    pub(super) loaded: Loaded,
    /// The findings, in the order of files and lines.
    pub(super) findings: Vec<Finding>,
    /// Whether a file is neither YAML nor JSON.
    pub(super) is_unreadable: bool,
    /// What `--fix` did, in words.
    pub(super) done: Vec<String>,
}

impl Checked {
    /// How many findings are so bad.
    pub(super) fn count(&self, severity: Severity) -> usize {
        let is_it = |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(is_it).count()
    }

    /// 2: a file is neither YAML nor JSON; 1: there is an error; 0: there is none.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match (self.is_unreadable, self.count(Severity::Error)) {
            (true, _) => 2,
            (false, 0) => 0,
            (false, _) => 1,
        })
    }
}

/// Reads the files and applies all rules.
///
/// # Errors
/// A file cannot be read at all, or a setting is wrong.
pub(super) fn check(args: &Args, account: &Account) -> anyhow::Result<Checked> {
    let mut loaded = load::load(args, account)?;
    let mut findings = std::mem::take(&mut loaded.unreadable);
    let is_unreadable = !findings.is_empty();
    findings.extend(loaded.subject.iter().flat_map(rules::apply));
    Ok(Checked {
        loaded,
        findings,
        is_unreadable,
        done: Vec::new(),
    })
}
