//! Door: `--fix` writes corrections into the files, and checks that they are what was meant.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use kit::cloudformation::Account;
use kit::counted::counted;

use super::args::Args;
use super::checked::{Checked, check};
use super::finding::{Finding, Severity};

/// Writes all corrections, and checks the files again. A file whose correction does not remove its
/// findings, or adds an error, is put back as it was.
///
/// # Errors
/// A file cannot be written or read.
pub(super) fn apply(args: &Args, account: &Account, before: &Checked) -> anyhow::Result<Checked> {
    let mut edits: BTreeMap<Arc<str>, Vec<_>> = BTreeMap::new();
    for fix in before
        .findings
        .iter()
        .filter_map(|finding| finding.fix.as_ref())
    {
        let edits = edits.entry(fix.file.clone()).or_default();
        edits.extend(fix.edits.iter().cloned());
    }
    let mut done = Vec::new();
    for (file, mut edits) in edits {
        let Some(text) = text(before, &file) else {
            continue;
        };
        edits.sort_by_key(|(range, _)| range.start);
        edits.dedup();
        let corrected = corrected(text, &edits);
        write(&file, &corrected)?;
        let after = check(args, account);
        let is_better = after
            .as_ref()
            .is_ok_and(|after| is_better(before, after, &file));
        if is_better {
            done.push(format!(
                "{file}: {} corrected",
                counted(edits.len(), "reference")
            ));
        } else {
            write(&file, text)?;
            done.push(format!(
                "{file}: left as it was, because its correction would not be right"
            ));
        }
    }
    let after = check(args, account)?;
    Ok(Checked { done, ..after })
}

fn text<'c>(checked: &'c Checked, file: &str) -> Option<&'c str> {
    // The built-in template is no file.
    let subject = checked.loaded.subject.as_ref()?;
    std::path::Path::new(file)
        .is_file()
        .then(|| subject.sources.text(file))?
}

/// The text with its edits, which do not overlap; everything else stays byte for byte.
fn corrected(text: &str, edits: &[(std::ops::Range<usize>, String)]) -> String {
    let (mut corrected, mut at) = (String::with_capacity(text.len() + 64), 0);
    for (range, new) in edits {
        if range.start < at {
            continue;
        }
        corrected += text.get(at..range.start).unwrap_or_default();
        corrected += new;
        at = range.end;
    }
    corrected + text.get(at..).unwrap_or_default()
}

/// Whether nothing is left to correct in the file, and no error came in.
fn is_better(before: &Checked, after: &Checked, file: &str) -> bool {
    let errors = |checked: &Checked| checked.count(Severity::Error);
    let is_left = |finding: &Finding| finding.fix.is_some() && *finding.place.file == *file;
    errors(after) < errors(before) && !after.findings.iter().any(is_left)
}

fn write(file: &str, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("cannot write {file}"))
}

#[cfg(test)]
mod tests {
    use super::corrected;

    #[test]
    fn edits_change_nothing_else() {
        let edits = [
            (2..4, "XYZ".to_owned()),
            (3..5, "no".to_owned()),
            (6..6, "!".to_owned()),
        ];
        assert_eq!(corrected("a\r\nbcd\n", &edits[..1]), "a\rXYZcd\n");
        assert_eq!(corrected("abcdefg", &edits), "abXYZef!g");
    }
}
