//! Findings as text, JSON, SARIF and annotations of GitHub. Pure.

mod github;
mod json;
mod sarif;
mod text;

use super::args::Format;
use super::checked::Checked;

/// The whole output.
pub(super) fn of(format: Format, checked: &Checked) -> String {
    match format {
        Format::Text => text::of(checked),
        Format::Json => format!("{}\n", json::of(checked)),
        Format::Sarif => format!("{:#}\n", sarif::of(&checked.findings)),
        Format::Github => github::of(&checked.findings),
    }
}
