//! What the tools that try one thing have in common: files to read, and cases to answer line by line (`--jsonl`).

use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// Reads a file; the error names it.
pub(crate) fn read(file: impl AsRef<Path>) -> Result<String> {
    let file = file.as_ref();
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    String::from_utf8(bytes).with_context(|| format!("{} is no UTF-8", file.display()))
}

/// Answers each case of `input`, one JSON object a line, by one line: the case's name and the members of what `answer`
/// makes of it, which may take the case apart. Empty lines are passed over; an error names the line.
pub(crate) fn answer_lines(
    input: impl BufRead,
    mut output: impl Write,
    answer: impl Fn(&mut Value) -> Result<Value>,
) -> Result<()> {
    for (index, line) in input.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let place = || format!("standard input, line {}", index + 1);
        let mut case: Value = serde_json::from_str(&line).with_context(place)?;
        let mut answered = json!({ "name": case["name"] });
        let outcome = answer(&mut case).with_context(place)?;
        if let (Some(answered), Value::Object(outcome)) = (answered.as_object_mut(), outcome) {
            answered.extend(outcome);
        }
        writeln!(output, "{answered}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_answered_in_order_and_errors_name_theirs() {
        let double = |case: &mut Value| Ok(json!({"twice": case["n"].as_i64().context("n is a number")? * 2}));
        let mut output = Vec::new();
        answer_lines("{\"name\":\"a\",\"n\":1}\n\n{\"n\":2}".as_bytes(), &mut output, double).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), "{\"name\":\"a\",\"twice\":2}\n{\"name\":null,\"twice\":4}\n");
        let error = answer_lines("{\"n\":1}\n{}".as_bytes(), Vec::new(), double).unwrap_err();
        assert_eq!(format!("{error:#}"), "standard input, line 2: n is a number");
        assert!(answer_lines("nonsense".as_bytes(), Vec::new(), double).is_err());
    }
}
