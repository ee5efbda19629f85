//! Rules of the language that the recorded cases do not show, and the refusals in AWS's words (fact sheet, section 7).

use super::*;

#[track_caller]
fn check(pattern: &str, event: &str, expected: bool) {
    let pattern = Pattern::parse(pattern).expect("a pattern");
    let event = serde_json::from_str(event).expect("an event");
    assert_eq!(pattern.matches(&event), expected);
    assert_eq!(pattern.misses(&event).is_empty(), expected, "a reason exactly when it does not match");
}

#[track_caller]
fn refused(pattern: &str, reason: &str) {
    assert_eq!(Pattern::parse(pattern).expect_err("refused").reason, reason, "{pattern}");
}

#[test]
fn fields_under_one_array_share_an_element() {
    check(r#"{"d":{"a":[1],"b":[2]}}"#, r#"{"d":[{"a":1},{"b":2}]}"#, false);
    check(r#"{"d":{"a":[1],"b":[2]}}"#, r#"{"d":[{"a":0},[{"a":1,"b":2}]]}"#, true);
}

#[test]
fn absence_must_hold_in_every_element_unless_a_field_chose_one() {
    check(r#"{"d":{"b":[{"exists":false}]}}"#, r#"{"d":[{"b":1},{"c":2}]}"#, false);
    check(r#"{"d":{"b":[{"exists":false}]}}"#, r#"{"d":[]}"#, true);
    check(r#"{"d":{"a":[1],"b":[{"exists":false}]}}"#, r#"{"d":[{"a":1},{"b":2}]}"#, true);
}

#[test]
fn a_path_may_be_written_with_dots_on_either_side() {
    check(r#"{"a":{"b":[1]}}"#, r#"{"a.b":1}"#, true);
    check(r#"{"a":{"b":{"c":[1]}}}"#, r#"{"a":{"b.c":1}}"#, true);
    check(r#"{"a.b":[1],"a":{"c":[2]}}"#, r#"{"a":{"c":2},"a.b":1}"#, true);
    check(r#"{"state.status":{"status":[1]}}"#, r#"{"state.status":1}"#, false);
    check(r#"{"state.status":[1]}"#, r#"{"state.status":{"status":1}}"#, false);
}

#[test]
fn or_multiplies_and_later_fields_replace_earlier_ones() {
    let pattern = r#"{"a":["x"],"$or":[{"b":[1]},{"a":["y"]}]}"#;
    check(pattern, r#"{"a":"x","b":1}"#, true);
    check(pattern, r#"{"a":"y"}"#, true);
    check(pattern, r#"{"a":"x","b":2}"#, false);
}

#[test]
fn or_beyond_a_thousand_combinations_is_refused() {
    let or = format!("[{}]", (0..11).map(|n| format!("{{\"f{n}\":[1]}}")).collect::<Vec<_>>().join(","));
    let pattern = format!(r#"{{"a":{{"$or":{or}}},"b":{{"$or":{or}}},"c":{{"$or":{or}}}}}"#);
    refused(&pattern, "The combinations of $or are more than 1000.");
}

#[test]
fn text_that_is_an_address_matches_its_other_spellings() {
    check(r#"{"ip":["::1"]}"#, r#"{"ip":"0:0:0:0:0:0:0:1"}"#, true);
    check(r#"{"ip":[{"exactly":"::1"}]}"#, r#"{"ip":"0:0:0:0:0:0:0:1"}"#, false);
}

#[test]
fn the_miss_names_field_and_expectation() {
    let pattern = Pattern::parse(r#"{"a":{"b":[{"prefix":"x"}]},"c":[1]}"#).unwrap();
    let misses = pattern.misses(&serde_json::json!({"a": {"b": "y"}, "c": 1}));
    assert_eq!(misses.iter().map(ToString::to_string).collect::<Vec<_>>(), [r#"a.b matches none of [{"prefix":"x"}]"#]);
    let apart = Pattern::parse(r#"{"d":{"a":[1],"b":[2]}}"#).unwrap();
    let misses = apart.misses(&serde_json::json!({"d": [{"a": 1}, {"b": 2}]}));
    assert_eq!(misses[0].to_string(), "each field matches, but no single array element has them all");
}

#[test]
fn refusals_say_what_aws_says() {
    let cases = [
        (r#"[]"#, "Filter is not an object"),
        (r#"{}"#, "Empty objects are not allowed"),
        (r#"{"f":"x"}"#, r#""f" must be an object or an array"#),
        (r#"{"f":[]}"#, "Empty arrays are not allowed"),
        (r#"{"f":[[1]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"f":[{"EXISTS":true}]}"#, "Unrecognized match type EXISTS"),
        (r#"{"f":[{"prefix":"a","suffix":"b"}]}"#, "Only one key allowed in match expression"),
        (r#"{"f":[{"prefix":["a"]}]}"#, "prefix match pattern must be a string"),
        (r#"{"f":[{"suffix":123}]}"#, "suffix match pattern must be a string"),
        (r#"{"f":[{"prefix":{"other":1}}]}"#, "Unsupported prefix pattern: other"),
        (r#"{"f":[{"equals-ignore-case":["a"]}]}"#, "equals-ignore-case match pattern must be a string"),
        (r#"{"f":[{"wildcard":123}]}"#, "wildcard match pattern must be a string"),
        (r#"{"f":[{"cidr":["x"]}]}"#, "prefix match pattern must be a string"),
        (r#"{"f":[{"numeric":10}]}"#, "Value of numeric must be an array."),
        (r#"{"f":[{"numeric":[">",0,">",0]}]}"#, "Bad numeric range operator: >"),
        (r#"{"f":[{"numeric":[">",0,"<"]}]}"#, "Value of < must be numeric"),
        (r#"{"f":[{"numeric":["=","5"]}]}"#, "Value of equals must be numeric"),
        (r#"{"f":[{"numeric":["~",5]}]}"#, "Unrecognized numeric range operator: ~"),
        (r#"{"f":[{"numeric":["=",5,6]}]}"#, "Too many elements in numeric expression"),
        (r#"{"f":[{"numeric":[">",0,"<",5,6]}]}"#, "Too many terms in numeric range expression"),
        (r#"{"f":[{"numeric":[]}]}"#, "Invalid member in numeric match: ]"),
        (r#"{"f":[{"exists":"yes"}]}"#, "exists match pattern must be either true or false."),
        (r#"{"f":[{"anything-but":null}]}"#, "Value of anything-but must be an array or single string/number value."),
        (
            r#"{"f":[{"anything-but":{"prefix":{"equals-ignore-case":"a"}}}]}"#,
            "Value of anything-but must be an array or single string/number value.",
        ),
        (r#"{"f":[{"anything-but":["a",null]}]}"#, "Inside anything but list, start|null|boolean is not supported."),
        (
            r#"{"f":[{"anything-but":["a",1]}]}"#,
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (r#"{"f":[{"anything-but":{"foo":"a"}}]}"#, "Unsupported anything-but pattern: foo"),
        (
            r#"{"f":[{"anything-but":{"equals-ignore-case":[1]}}]}"#,
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        ),
        (r#"{"f":[{"anything-but":{"suffix":[null]}}]}"#, "prefix/suffix match pattern must be a string"),
        (r#"{"f":[{"anything-but":{"prefix":""}}]}"#, "Null prefix/suffix not allowed"),
        (r#"{"f":[{"anything-but":{"wildcard":1}}]}"#, "wildcard match pattern must be a string"),
        (r#"{"$or":{}}"#, "It must be an Array followed with $or."),
        (r#"{"$or":[1,2]}"#, "Only JSON object is allowed in array of $or relationship."),
        (r#"{"$or":[{"a":[1]}]}"#, "There must have at least 2 Objects in $or relationship."),
        (
            r#"{"$or":[{"prefix":["a"]},{"b":[1]}]}"#,
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ];
    for (pattern, reason) in cases {
        refused(pattern, reason);
    }
}
