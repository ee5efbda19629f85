//! What is told about an import: what is in the definition, what is not, and what runs it. Pure.

use std::path::Path;

use super::parts::Parts;

/// The report for an import into a file, or to standard output.
pub(super) fn of(parts: &Parts, file: Option<&Path>) -> String {
    let shown = file.map(|file| file.display().to_string());
    let written = shown.as_deref().unwrap_or("the definition");
    let mut lines = vec![format!("{written} holds:")];
    lines.extend(parts.brought.iter().map(|line| format!("  {line}")));
    if !parts.missing.is_empty() {
        lines.push("not brought, or not as it is on AWS:".to_owned());
        lines.extend(parts.missing.iter().map(|line| format!("  {line}")));
    }
    lines.push(format!(
        "run it: tidegate up --definition {}",
        shown.as_deref().unwrap_or("FILE")
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_are_told() {
        let mut parts = Parts::of_region("e");
        parts.brought.push("pipe orders".into());
        let told = of(&parts, Some(Path::new("o.json")));
        assert_eq!(
            told,
            "o.json holds:\n  pipe orders\nrun it: tidegate up --definition o.json"
        );
        parts.miss("connection crm: x".into());
        let told = of(&parts, None);
        assert!(
            told.contains("not brought, or not as it is on AWS:\n  connection crm: x\n"),
            "{told}"
        );
    }
}
