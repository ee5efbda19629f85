//! What render, match and transform share: reading files, and answering cases line by line
//! (`--jsonl`).

use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

/// Reads a text file; an error names the file.
pub(crate) fn read(file: impl AsRef<Path>) -> Result<String> {
    let file = file.as_ref();
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    String::from_utf8(bytes).with_context(|| format!("{} is not valid UTF-8", file.display()))
}

/// Reads the members of a JSON object; an error names the file.
pub(crate) fn read_object(file: &Path) -> Result<Map<String, Value>> {
    match serde_json::from_str(&read(file)?).with_context(|| file.display().to_string())? {
        Value::Object(members) => Ok(members),
        other => bail!(
            "{}: expected a JSON object, found {other:.40}",
            file.display()
        ),
    }
}

/// Answers each case of `input`, one JSON object a line, with one line: the case's name and the
/// members of the answer, which may take the case apart. A case that cannot be answered, and a line
/// that is not a case, get their answer from `broken` with the reason; the run goes on. Empty lines
/// are skipped.
///
/// # Errors
/// Input that cannot be read, or output that cannot be written.
pub(crate) fn answer_lines(
    mut input: impl BufRead,
    mut output: impl Write,
    answer: impl Fn(&mut Value) -> Result<Value>,
    broken: impl Fn(&str) -> Value,
) -> Result<()> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let mut answered = json!({ "name": null });
        let outcome = read_case(&line).and_then(|mut case| {
            answered["name"] = case["name"].clone();
            answer(&mut case)
        });
        let outcome = outcome.unwrap_or_else(|error| broken(&format!("line {number}: {error:#}")));
        if let (Some(answered), Value::Object(outcome)) = (answered.as_object_mut(), outcome) {
            answered.extend(outcome);
        }
        writeln!(output, "{answered}")?;
    }
    Ok(())
}

fn read_case(line: &[u8]) -> Result<Value> {
    let case: Value = serde_json::from_slice(line).context("invalid JSON")?;
    if case.is_object() {
        Ok(case)
    } else {
        bail!("invalid case {case:.40}: expected a JSON object")
    }
}

/// The answer to a broken case, for tools whose answers have no other member for it.
pub(crate) fn error(why: &str) -> Value {
    json!({ "error": why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_answered_in_order_and_a_broken_one_does_not_end_the_run() {
        let double = |case: &mut Value| {
            Ok(json!({"twice": case["n"].as_i64().context("n is no number")? * 2}))
        };
        let mut output = Vec::new();
        let input = b"{\"name\":\"a\",\"n\":1}\n\n{\"name\":\"b\",\"n\":\"x\"}\nnonsense\n\xff\n[1]\n{\"n\":2}";
        answer_lines(&input[..], &mut output, double, error).unwrap();
        let output = String::from_utf8(output).unwrap();
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines.len(), 6, "{output}");
        assert_eq!(lines[0], r#"{"name":"a","twice":2}"#);
        assert_eq!(lines[1], r#"{"name":"b","error":"line 3: n is no number"}"#);
        assert!(
            lines[2].starts_with(r#"{"name":null,"error":"line 4: invalid JSON: "#),
            "{}",
            lines[2]
        );
        assert!(
            lines[3].starts_with(r#"{"name":null,"error":"line 5: invalid JSON: "#),
            "{}",
            lines[3]
        );
        assert_eq!(
            lines[4],
            r#"{"name":null,"error":"line 6: invalid case [1]: expected a JSON object"}"#
        );
        assert_eq!(lines[5], r#"{"name":null,"twice":4}"#);
    }
}
