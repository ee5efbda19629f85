//! Patterns that are refused, in the words of AWS.

use super::*;

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
