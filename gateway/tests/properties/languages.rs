//! The other languages in a template: regular expressions, JSON paths, and JSON itself.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Something like a regular expression of Java's.
pub fn regex() -> impl Strategy<Value = String> {
    let leaf = select(
        &[
            "a",
            "x",
            ".",
            "\\w",
            "\\D",
            "\\p{L}",
            "\\P{Lu}",
            "^",
            "$",
            "\\b",
            "\\1",
            "[a-z&&[^x]]",
            "[^\\w&&x]",
            "[]a]",
            "\\Q.\\E",
            "(?i)",
            "(?iu)é",
            "()",
            "[",
            "(",
            "|",
            "&&",
        ][..],
    );
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let quantifier = select(&["*", "+?", "?+", "{2}", "{0,1000}", "{1000}", "{3,}"][..]);
            let group = select(
                &[
                    "(", "(?:", "(?>", "(?=", "(?!", "(?<=", "(?<!", "(?<n>", "[",
                ][..],
            );
            prop_oneof![
                (inner.clone(), quantifier)
                    .prop_map(|(inner, quantifier)| format!("{inner}{quantifier}")),
                (group, inner.clone()).prop_map(|(group, inner)| format!(
                    "{group}{inner}{}",
                    if group == "[" { "]" } else { ")" }
                )),
                vec(inner.clone(), 1..3).prop_map(|parts| parts.concat()),
                (inner.clone(), inner).prop_map(|(one, two)| format!("{one}|{two}")),
            ]
        })
}

/// Something like a JSON path.
pub fn path() -> impl Strategy<Value = String> {
    let leaf = select(
        &[
            "$",
            "@",
            ".l",
            ".m",
            "..a",
            ".*",
            "..*",
            "[0]",
            "[0,1]",
            "[-2:]",
            "[*]",
            "['a','b']",
            ".length()",
            "[",
            "R&D",
            "..['m']",
        ][..],
    );
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let test = select(
                &[
                    "== 1",
                    "> 'a'",
                    "in ['x', 1]",
                    "=~ /(?=a)a.*/i",
                    "size 2",
                    "empty true",
                    "&& @.a",
                    "",
                ][..],
            );
            prop_oneof![
                (inner.clone(), test).prop_map(|(inner, test)| format!("[?(@{inner} {test})]")),
                inner
                    .clone()
                    .prop_map(|inner| format!("[?(!(@{inner}) || $..x)]")),
                vec(inner, 1..4).prop_map(|parts| parts.concat()),
            ]
        })
}

/// Text that is JSON, or nearly.
pub fn body() -> impl Strategy<Value = String> {
    let piece = select(
        &[
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"a\"",
            "'b'",
            "1",
            "-0.5e9",
            "null",
            "tru",
            "\"\\u00e9\"",
            "\\",
            "\"",
            " ",
            "1e400",
            "\"$serde_json::private::Number\"",
            "{\"a\":[1,{\"a\":2}]}",
        ][..],
    );
    vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}
