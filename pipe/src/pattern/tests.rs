//! Rules of the language that the recorded cases do not show, and the refusals in AWS's words:
//! `docs/aws/pipes.md#refused-patterns`.

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
fn or_beyond_a_thousand_combinations_is_refused() {
    let or = format!(
        "[{}]",
        (0..11)
            .map(|n| format!("{{\"f{n}\":[1]}}"))
            .collect::<Vec<_>>()
            .join(",")
    );
    let pattern = format!(r#"{{"a":{{"$or":{or}}},"b":{{"$or":{or}}},"c":{{"$or":{or}}}}}"#);
    refused(&pattern, "The combinations of $or are more than 1000.");
}

#[test]
fn text_that_is_an_address_matches_its_other_spellings() {
    check(r#"{"ip":["::1"]}"#, r#"{"ip":"0:0:0:0:0:0:0:1"}"#, true);
    check(
        r#"{"ip":[{"exactly":"::1"}]}"#,
        r#"{"ip":"0:0:0:0:0:0:0:1"}"#,
        false,
    );
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

#[test]
fn numbers_pass_for_addresses_unless_the_field_compares_numbers() {
    check(r#"{"ip":[{"cidr":"0.0.0.0/0"}]}"#, r#"{"ip":300.0}"#, true);
    check(r#"{"ip":[{"cidr":"::/0"}]}"#, r#"{"ip":300.0}"#, true);
    check(
        r#"{"ip":[{"cidr":"10.0.0.0/8"}]}"#,
        r#"{"ip":300.0}"#,
        false,
    );
    check(
        r#"{"ip":[{"cidr":"0.0.0.0/0"},1]}"#,
        r#"{"ip":300.0}"#,
        false,
    );
    check(
        r#"{"ip":[{"cidr":"0.0.0.0/0"},1]}"#,
        r#"{"ip":3000000000000}"#,
        true,
    );
    check(r#"{"ip":["48.0.0.1"]}"#, r#"{"ip":30000001}"#, true);
    check(r#"{"ip":[{"cidr":"0.0.0.0/0"}]}"#, r#"{"ip":true}"#, false);
}

#[test]
fn numbers_beyond_what_is_compared_match_their_own_spelling() {
    check(r#"{"n":[1000000000000]}"#, r#"{"n":1000000000000}"#, true);
    check(r#"{"n":[1000000000000]}"#, r#"{"n":1e12}"#, false);
    check(r#"{"n":[0.1234567]}"#, r#"{"n":0.1234567}"#, true);
    check(r#"{"n":[0.1234567]}"#, r#"{"n":0.12345670}"#, false);
    check(
        r#"{"n":[{"numeric":[">",0]}]}"#,
        r#"{"n":0.1234567}"#,
        false,
    );
    check(
        r#"{"n":[{"anything-but":0.123456}]}"#,
        r#"{"n":0.1234560001}"#,
        true,
    );
    refused(
        r#"{"n":[{"numeric":[">",0.1234567]}]}"#,
        "Only values upto 6 decimals are supported",
    );
    refused(
        r#"{"n":[{"numeric":[">",1e12]}]}"#,
        "Value must be between -5.0E11 and 5.0E11, inclusive",
    );
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
fn wildcards_are_too_complex_together_by_field() {
    let stacks = |names: &[&str]| {
        let list: Vec<String> = names
            .iter()
            .map(|name| format!(r#"{{"wildcard":"*:stack/{name}/*"}}"#))
            .collect();
        format!("[{}]", list.join(","))
    };
    let (two, three) = (
        stacks(&["Gamma", "Delta"]),
        stacks(&["Alpha", "Beta", "Gamma"]),
    );
    let four = stacks(&["Alpha", "Beta", "Gamma", "Delta"]);
    let reason = "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences \
                  after a wildcard character";
    assert!(
        Pattern::parse(&format!(r#"{{"a":{three},"b":{three}}}"#)).is_ok(),
        "each field has its own machine"
    );
    refused(&format!(r#"{{"a":{four}}}"#), reason);
    refused(r#"{"a":[{"wildcard":"*:*:*:*:*:event-bus/*"}]}"#, reason);
    refused(
        r#"{"a":[{"anything-but":{"wildcard":["*:*:*:*:*:event-bus/*"]}}]}"#,
        reason,
    );
    refused(
        &format!(r#"{{"$or":[{{"a":{three}}},{{"a":{two}}}]}}"#),
        reason,
    );
    assert!(
        Pattern::parse(&format!(
            r#"{{"$or":[{{"A":[1],"a":{three}}},{{"A":[2],"a":{two}}}]}}"#
        ))
        .is_ok()
    );
    assert!(Pattern::parse(&format!(r#"{{"A":[{{"exists":false}}],"a":{four}}}"#)).is_ok());
}

#[test]
fn a_pattern_has_at_most_256_fields() {
    let fields = |n: usize| {
        format!(
            "{{{}}}",
            (0..n)
                .map(|n| format!("\"f{n}\":[1]"))
                .collect::<Vec<_>>()
                .join(",")
        )
    };
    assert!(Pattern::parse(&fields(256)).is_ok());
    refused(&fields(257), "Size of rule exceeds max value of 256");
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

#[test]
fn refusals_say_what_aws_says() {
    let cases = [
        (r#"[]"#, "Filter is not an object"),
        (r#"{}"#, "Empty objects are not allowed"),
        (r#"{"f":"x"}"#, r#""f" must be an object or an array"#),
        (r#"{"f":[]}"#, "Empty arrays are not allowed"),
        (
            r#"{"f":[[1]]}"#,
            "Match value must be String, number, true, false, or null",
        ),
        (
            r#"{"f":[{"EXISTS":true}]}"#,
            "Unrecognized match type EXISTS",
        ),
        (
            r#"{"f":[{"prefix":"a","suffix":"b"}]}"#,
            "Only one key allowed in match expression",
        ),
        (
            r#"{"f":[{"prefix":["a"]}]}"#,
            "prefix match pattern must be a string",
        ),
        (
            r#"{"f":[{"suffix":123}]}"#,
            "suffix match pattern must be a string",
        ),
        (
            r#"{"f":[{"prefix":{"other":1}}]}"#,
            "Unsupported prefix pattern: other",
        ),
        (
            r#"{"f":[{"equals-ignore-case":["a"]}]}"#,
            "equals-ignore-case match pattern must be a string",
        ),
        (
            r#"{"f":[{"wildcard":123}]}"#,
            "wildcard match pattern must be a string",
        ),
        (
            r#"{"f":[{"cidr":["x"]}]}"#,
            "prefix match pattern must be a string",
        ),
        (
            r#"{"f":[{"numeric":10}]}"#,
            "Value of numeric must be an array.",
        ),
        (
            r#"{"f":[{"numeric":[">",0,">",0]}]}"#,
            "Bad numeric range operator: >",
        ),
        (
            r#"{"f":[{"numeric":[">",0,"<"]}]}"#,
            "Value of < must be numeric",
        ),
        (
            r#"{"f":[{"numeric":["=","5"]}]}"#,
            "Value of equals must be numeric",
        ),
        (
            r#"{"f":[{"numeric":["~",5]}]}"#,
            "Unrecognized numeric range operator: ~",
        ),
        (
            r#"{"f":[{"numeric":["=",5,6]}]}"#,
            "Too many elements in numeric expression",
        ),
        (
            r#"{"f":[{"numeric":[">",0,"<",5,6]}]}"#,
            "Too many terms in numeric range expression",
        ),
        (
            r#"{"f":[{"numeric":[]}]}"#,
            "Invalid member in numeric match: ]",
        ),
        (
            r#"{"f":[{"exists":"yes"}]}"#,
            "exists match pattern must be either true or false.",
        ),
        (
            r#"{"f":[{"anything-but":null}]}"#,
            "Value of anything-but must be an array or single string/number value.",
        ),
        (
            r#"{"f":[{"anything-but":{"prefix":{"equals-ignore-case":"a"}}}]}"#,
            "Value of anything-but must be an array or single string/number value.",
        ),
        (
            r#"{"f":[{"anything-but":["a",null]}]}"#,
            "Inside anything but list, start|null|boolean is not supported.",
        ),
        (
            r#"{"f":[{"anything-but":["a",1]}]}"#,
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (
            r#"{"f":[{"anything-but":{"foo":"a"}}]}"#,
            "Unsupported anything-but pattern: foo",
        ),
        (
            r#"{"f":[{"anything-but":{"equals-ignore-case":[1]}}]}"#,
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        ),
        (
            r#"{"f":[{"anything-but":{"suffix":[null]}}]}"#,
            "prefix/suffix match pattern must be a string",
        ),
        (
            r#"{"f":[{"anything-but":{"prefix":""}}]}"#,
            "Null prefix/suffix not allowed",
        ),
        (
            r#"{"f":[{"anything-but":{"wildcard":1}}]}"#,
            "wildcard match pattern must be a string",
        ),
        (r#"{"$or":{}}"#, "It must be an Array followed with $or."),
        (
            r#"{"$or":[1,2]}"#,
            "Only JSON object is allowed in array of $or relationship.",
        ),
        (
            r#"{"$or":[{"a":[1]}]}"#,
            "There must have at least 2 Objects in $or relationship.",
        ),
        (
            r#"{"$or":[{"prefix":["a"]},{"b":[1]}]}"#,
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
        ),
        (
            r#"{"$or":[{"=":["a"]},{"b":[1]}]}"#,
            "= is Ruler reserved fieldName which cannot be used inside $or.",
        ),
        (
            r#"{"$or":[{"regex":["a"]},{"b":[1]}]}"#,
            "regex is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ];
    for (pattern, reason) in cases {
        refused(pattern, reason);
    }
}
