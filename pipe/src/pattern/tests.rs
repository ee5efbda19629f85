//! Rules of the language that the recorded cases do not show, and the refusals in AWS's words:
//! `docs/aws/pipes.md#refused-patterns`.

mod numbers;
mod refusals;

use super::*;

#[track_caller]
fn check(pattern: &str, event: &str, expected: bool) {
    let pattern = Pattern::parse(pattern).expect("a pattern");
    let event = serde_json::from_str(event).expect("an event");
    assert_eq!(pattern.matches(&event), expected);
    assert_eq!(
        pattern.misses(&event).is_empty(),
        expected,
        "a reason exactly when it does not match"
    );
}

#[track_caller]
fn refused(pattern: &str, reason: &str) {
    assert_eq!(
        Pattern::parse(pattern).expect_err("refused").reason,
        reason,
        "{pattern}"
    );
}

#[test]
fn fields_under_one_array_share_an_element() {
    check(
        r#"{"d":{"a":[1],"b":[2]}}"#,
        r#"{"d":[{"a":1},{"b":2}]}"#,
        false,
    );
    check(
        r#"{"d":{"a":[1],"b":[2]}}"#,
        r#"{"d":[{"a":0},[{"a":1,"b":2}]]}"#,
        true,
    );
}

#[test]
fn absence_must_hold_in_every_element_unless_a_field_chose_one() {
    check(
        r#"{"d":{"b":[{"exists":false}]}}"#,
        r#"{"d":[{"b":1},{"c":2}]}"#,
        false,
    );
    check(r#"{"d":{"b":[{"exists":false}]}}"#, r#"{"d":[]}"#, true);
    check(
        r#"{"d":{"a":[1],"b":[{"exists":false}]}}"#,
        r#"{"d":[{"a":1},{"b":2}]}"#,
        true,
    );
}

#[test]
fn a_path_may_be_written_with_dots_on_either_side() {
    check(r#"{"a":{"b":[1]}}"#, r#"{"a.b":1}"#, true);
    check(r#"{"a":{"b":{"c":[1]}}}"#, r#"{"a":{"b.c":1}}"#, true);
    check(
        r#"{"a.b":[1],"a":{"c":[2]}}"#,
        r#"{"a":{"c":2},"a.b":1}"#,
        true,
    );
    check(
        r#"{"state.status":{"status":[1]}}"#,
        r#"{"state.status":1}"#,
        false,
    );
    check(
        r#"{"state.status":[1]}"#,
        r#"{"state.status":{"status":1}}"#,
        false,
    );
}

#[test]
fn or_multiplies_and_later_fields_replace_earlier_ones() {
    let pattern = r#"{"a":["x"],"$or":[{"b":[1]},{"a":["y"]}]}"#;
    check(pattern, r#"{"a":"x","b":1}"#, true);
    check(pattern, r#"{"a":"y"}"#, true);
    check(pattern, r#"{"a":"x","b":2}"#, false);
}

#[test]
fn wildcards_match_the_empty_text() {
    check(r#"{"f":[{"wildcard":""}]}"#, r#"{"f":""}"#, true);
    check(r#"{"f":[{"wildcard":""}]}"#, r#"{"f":"x"}"#, false);
    check(
        r#"{"f":[{"anything-but":{"wildcard":""}}]}"#,
        r#"{"f":""}"#,
        false,
    );
}

#[test]
fn an_empty_list_of_exclusions_excludes_nothing_and_cannot_come_first() {
    for kind in ["prefix", "suffix", "equals-ignore-case", "wildcard"] {
        let behind = format!(r#"{{"f":["a",{{"anything-but":{{"{kind}":[]}}}}]}}"#);
        check(&behind, r#"{"f":"anything"}"#, true);
        check(&behind, r#"{"f":null}"#, true);
        check(&behind, "{}", false);
        let first = format!(r#"{{"f":[{{"anything-but":{{"{kind}":[]}}}}]}}"#);
        refused(
            &first,
            "An empty anything-but list needs another match value before it",
        );
    }
    let mixed = "Inside anything but list, either all values are number or string, mixed type is not supported";
    refused(r#"{"f":["a",{"anything-but":[]}]}"#, mixed);
}

/// The engine reads a pattern as a stream: both spellings of a repeated name are read.
#[test]
fn a_repeated_name_is_read_twice_and_its_last_list_counts() {
    check(r#"{"a":[1],"a":[2]}"#, r#"{"a":2}"#, true);
    check(r#"{"a":[1],"a":[2]}"#, r#"{"a":1}"#, false);
    check(
        r#"{"a":{"b":[1]},"a":{"c":[2]}}"#,
        r#"{"a":{"c":2}}"#,
        false,
    );
    check(
        r#"{"a":{"b":[1]},"a":{"c":[2]}}"#,
        r#"{"a":{"b":1,"c":2}}"#,
        true,
    );
    refused(r#"{"a":[],"a":[1]}"#, "Empty arrays are not allowed");
    refused(
        r#"{"a":"x","a":[1]}"#,
        "\"a\" must be an object or an array",
    );
    refused(
        r#"{"a":[{"prefix":"x","prefix":"y"}]}"#,
        "Only one key allowed in match expression",
    );
    refused(
        r#"{"a":[{"anything-but":{"prefix":"x","prefix":"y"}}]}"#,
        "Too many elements in numeric expression",
    );
}

#[test]
fn the_miss_names_field_and_expectation() {
    let pattern = Pattern::parse(r#"{"a":{"b":[{"prefix":"x"}]},"c":[1]}"#).unwrap();
    let misses = pattern.misses(&serde_json::json!({"a": {"b": "y"}, "c": 1}));
    assert_eq!(
        misses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [r#"a.b matches none of [{"prefix":"x"}]"#]
    );
    let apart = Pattern::parse(r#"{"d":{"a":[1],"b":[2]}}"#).unwrap();
    let misses = apart.misses(&serde_json::json!({"d": [{"a": 1}, {"b": 2}]}));
    assert_eq!(
        misses[0].to_string(),
        "each field matches, but no single array element has them all"
    );
}
