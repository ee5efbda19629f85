//! `batchItemFailures`: the messages of a batch that a Lambda function or a state machine reports
//! as failed. Pure.

use serde_json::Value;

/// Reads for each of `ids` whether it failed, by the answer to the batch:
/// `docs/aws/pipes.md#partial-failures`. An empty answer, `null`, an answer without the key, and an
/// empty list mean that none failed.
///
/// # Errors
/// The answer cannot be understood, so the whole batch failed; the text says why.
pub(super) fn failures(answer: &[u8], ids: &[&str]) -> Result<Vec<bool>, &'static str> {
    let mut failed = vec![false; ids.len()];
    if answer.trim_ascii().is_empty() {
        return Ok(failed);
    }
    let answer: Value = serde_json::from_slice(answer).map_err(|_| "the answer is not JSON")?;
    let items = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return Ok(failed),
        Some(Value::Array(items)) => items,
        Some(_) => return Err("batchItemFailures must be a list"),
    };
    for item in items {
        let id = item
            .get("itemIdentifier")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if id.is_empty() {
            return Err("an element of batchItemFailures has no itemIdentifier");
        }
        let index = ids.iter().position(|known| *known == id);
        failed[index.ok_or("an itemIdentifier is not in the batch")?] = true;
    }
    Ok(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answer: &str, expected: Result<[bool; 2], &str>) {
        assert_eq!(
            failures(answer.as_bytes(), &["a", "b"]),
            expected.map(Vec::from),
            "{answer}"
        );
    }

    #[test]
    fn nothing_said_means_that_all_went_well() {
        let answers = [
            "",
            " ",
            "null",
            "{}",
            "[]",
            "7",
            r#""ok""#,
            r#"{"batchItemFailures":[]}"#,
        ];
        answers
            .into_iter()
            .chain([r#"{"batchItemFailures":null}"#])
            .for_each(|answer| check(answer, Ok([false; 2])));
    }

    #[test]
    fn only_what_is_named_failed() {
        check(
            r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#,
            Ok([false, true]),
        );
    }

    #[test]
    fn what_cannot_be_understood_fails_all() {
        check("{", Err("the answer is not JSON"));
        check(
            r#"{"batchItemFailures":{}}"#,
            Err("batchItemFailures must be a list"),
        );
        let nameless = Err("an element of batchItemFailures has no itemIdentifier");
        for item in [
            r#"{"itemIdentifier":""}"#,
            r#"{"itemIdentifier":null}"#,
            r#"{"id":"a"}"#,
            r#""a""#,
        ] {
            check(&format!(r#"{{"batchItemFailures":[{item}]}}"#), nameless);
        }
        let unknown = Err("an itemIdentifier is not in the batch");
        check(
            r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"c"}]}"#,
            unknown,
        );
    }
}
